/** `deno task worker`. */
import { hostname } from "node:os";
import { join } from "node:path";
import { complain, parseOptions, runMain } from "../common/cli/cli.ts";
import { keepToCores, usableCores } from "../common/process/cores.ts";
import { endAtOnce } from "../common/process/end_at_once.ts";
import { UserError } from "../common/errors.ts";
import { cleanLine } from "../common/text/foreign_text.ts";
import { endAtDebugSignal, interruptSignal, STOPPED } from "../common/process/interrupt.ts";
import { lastingScreen } from "../common/terminal/lasting_screen.ts";
import { readRendezvous, stateFolder } from "../common/process/rendezvous.ts";
import { columnsOf } from "../common/terminal/terminal.ts";
import { wrapLine } from "../common/text/wrap.ts";
import { readTrusted } from "../common/tls/tls_files.ts";
import { type Named, readNamed } from "../common/files/named_file.ts";
import { SYSTEM_CLOCK } from "../wire/clock.ts";
import { isCoordinator, isOpen } from "../wire/connecting/port_probe.ts";
import { connect } from "../wire/ws_socket.ts";
import { WorkerConsole } from "./console.ts";
import { adapterOf } from "./devices/adapters.ts";
import { asObject, asText, canCompute, reportDevices } from "./devices/device_report.ts";
import { findDevices } from "./find_devices.ts";
import { inThread, loadRuntime } from "./compute/thread_client.ts";
import { Locator } from "./connection/locator.ts";
import { ShardCache } from "./connection/shard_cache.ts";
import { openNothing, openSharedMemory } from "./compute/shared_memory.ts";
import { checkTrust, checkUrl, wantedCores, wantedDevices, WORKER_COMMAND } from "./worker_options.ts";
import { readKeyFile } from "./key_file.ts";
import { STANDARD_INPUT, StandardInput } from "./standard_input.ts";
import { Stuck } from "./compute/watchdog.ts";
import { work } from "./work.ts";

const MB = 1024 * 1024;
/** Shards that this user's workers leave on disk at most. */
const CACHE_BYTES = 16 * 1024 * MB;

function openCache(): ShardCache | null {
  const folder = stateFolder((name) => Deno.env.get(name), Deno.build.os);
  return folder === undefined ? null : new ShardCache(join(folder, "shards"), CACHE_BYTES);
}

/**
 * The first signal asks to leave, the second ends at once. A terminal sends Ctrl-C to whoever runs in it: a worker
 * that leaves with its standard input lets the one at the other end finish the step and decide.
 */
function stopWhenAsked(leave_with: StandardInput | null): AbortSignal {
  const controller = interruptSignal(() => {}, leave_with !== null);
  void leave_with?.ended.finally(() => controller.abort());
  return controller.signal;
}

/** It comes once, as from a pipe. */
async function tokenFrom(input: StandardInput): Promise<Named> {
  return { text: await input.firstLine(), is_pipe: true };
}

/** Prints the devices that this machine can compute on. Returns the exit code: 0 if at least the processor works. */
async function runDevices(json: boolean): Promise<number> {
  const { os } = Deno.build;
  const report = await reportDevices({
    os,
    checkDevice: (device) => inThread("check_device", device),
    adapterOf,
    attempt: (device) => inThread("benchmark", device),
  });
  const text = () => asText(report, os).split("\n").flatMap((line) => wrapLine(line, columnsOf(Deno.stdout)));
  console.log(json ? JSON.stringify(asObject(report, os), null, 2) : text().join("\n"));
  return canCompute(report) ? 0 : 1;
}

/** On standard error, which `deno task train` hands on: a warning must reach the person who asked for a GPU. */
function warn(text: string): void {
  complain(text);
}

async function main(args: readonly string[]): Promise<number | void> {
  const { values } = parseOptions(WORKER_COMMAND, args);
  // Read when the library is loaded: without it CUDA rounds float32 products to 10 bits of fraction.
  Deno.env.set("NVIDIA_TF32_OVERRIDE", "0");
  if (values.json && !values.devices) throw new UserError("Option --json needs --devices: give both");
  if (values.devices) {
    endAtDebugSignal();
    return await runDevices(values.json);
  }
  const wanted = wantedDevices(values);
  // Before any thread is started that computes: it keeps to them, too.
  const cores = values.cores === undefined ? null : wantedCores(values.cores, usableCores());
  if (cores !== null && !keepToCores(cores)) {
    warn(`Warning: the system refused to keep this worker on cores ${values.cores}: continuing on all cores`);
  }
  const { leave_with_stdin, token_file, tls_ca } = values;
  checkTrust(values);
  const trusted = tls_ca === undefined ? null : await readTrusted(tls_ca);
  const input = leave_with_stdin || token_file === STANDARD_INPUT
    ? new StandardInput(Deno.stdin.readable, SYSTEM_CLOCK)
    : null;
  const stop = stopWhenAsked(leave_with_stdin ? input : null);
  const locator = new Locator({
    coordinator: values.coordinator === undefined ? undefined : checkUrl(values.coordinator),
    token_file,
    token_variable: Deno.env.get("WAGON_TOKEN"),
  }, {
    readNamed: (path) => path === STANDARD_INPUT ? tokenFrom(input!) : readNamed(path),
    readRendezvous,
    isOpen: (url) => isOpen(url, SYSTEM_CLOCK),
    isCoordinator,
  });
  await locator.locate();
  const screen = lastingScreen(Deno.stdout);
  const terminal = new WorkerConsole(screen, () => SYSTEM_CLOCK.now_ms());
  const runtime = await loadRuntime();
  const threads = values.threads ?? cores?.length ?? navigator.hardwareConcurrency;
  const ended = await work({
    locate: () => locator.locate(),
    key: values.key === undefined ? null : await readKeyFile(values.key),
    connect: (url) => connect(url, { trusted }),
    name: values.name ?? `${hostname()}-${Deno.pid}`,
    runtime_version: runtime,
    devices: await findDevices(wanted, threads, { line: warn }),
    memory_bytes: values.memory * MB,
    cache: openCache(),
    openShared: values.share ? openSharedMemory : openNothing,
    console: terminal,
    stop,
  }).catch(endIfStuck).finally(() => screen.drained());
  if (values.fail_when_stopped && ended === "stopped") return STOPPED;
}

/** One line, and exit code 1: nothing that its user did. `deno task train` starts such a worker again. */
function endIfStuck(error: unknown): never {
  if (!(error instanceof Stuck)) throw error;
  warn(cleanLine(error.message));
  endAtOnce(1);
}

if (import.meta.main) {
  await runMain(main, { own_signals: true });
  // Signal listeners would keep the process alive.
  Deno.exit();
}
