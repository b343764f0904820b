/** `deno task train`: a coordinator and its workers on this machine, from one command. */
import { parseOptions, runMain } from "../common/cli/cli.ts";
import { shareOut, usableCores } from "../common/process/cores.ts";
import { interruptSignal } from "../common/process/interrupt.ts";
import type { UserError } from "../common/errors.ts";
import type { Values } from "../common/cli/options.ts";
import { keepFilesPrivate } from "../common/process/private_files.ts";
import { type Door, removeTokens, tellHowToJoin, tellOfPage } from "../coordinator/terminal/invitation.ts";
import { coordinate, type Opening } from "../coordinator/coordinate.ts";
import { type Console, stderrScreen } from "../coordinator/terminal/console.ts";
import { describeEnding, printLastWords, sayStopping } from "../coordinator/ending.ts";
import { TRAIN_COMMAND, type TRAIN_OPTIONS } from "../coordinator/config/options.ts";
import { loopbackFor } from "../coordinator/terminal/addresses.ts";
import { startOptions } from "../coordinator/start_options.ts";
import { SYSTEM_CLOCK } from "../wire/clock.ts";
import { chooseReadToken, chooseToken, tokenPlace } from "../coordinator/terminal/token.ts";
import { wantedDevices } from "../worker/worker_options.ts";
import { LocalWorkers } from "./local_workers.ts";

/** Options that let in workers of others. */
const DOOR_OPTIONS = ["host", "port", "token_file"] as const;

/** Options of each local worker: the cores are shared out, GPUs are handed on. */
function workersArgs(
  { workers, gpu, cpu, host }: Values<typeof TRAIN_OPTIONS>,
  { port, shards }: Opening,
): string[][] {
  const threads = Math.max(1, Math.floor(navigator.hardwareConcurrency / workers));
  const on_cpu = gpu === undefined || cpu;
  const cores = on_cpu ? shareOut(usableCores() ?? [], { workers, threads, shards }) : null;
  return Array.from({ length: workers }, (_, i) => [
    ...["--coordinator", `ws://${loopbackFor(host)}:${port}`, "--threads", String(threads)],
    ...on_cpu ? ["--cpu"] : ["--gpu", gpu],
    ...cores === null ? [] : ["--cores", cores[i]!.join(",")],
  ]);
}

async function train(args: readonly string[]): Promise<number> {
  const { values, given } = parseOptions(TRAIN_COMMAND, args);
  const { gpu, cpu } = values;
  // The workers check this, too, but by then there is a run folder.
  wantedDevices({ gpu, cpu, require_gpu: false });
  if (!values.readable) keepFilesPrivate();
  const screen = stderrScreen();
  let opened: Console | null = null;
  const interrupt = interruptSignal(() => sayStopping(opened, screen)).signal;
  const failure = new AbortController();
  const { host, port, token_file } = values;
  const token = await chooseToken(token_file);
  const is_open = DOOR_OPTIONS.some((name) => given[name] !== undefined);
  let workers: LocalWorkers | null = null;
  const read_token = await chooseReadToken(values.read_token_file, token);
  let door: Door | null = null;
  const startWorkers = async (opening: Opening, terminal: Console) => {
    opened = terminal;
    door = { host, port: opening.port, interactive: screen.interactive };
    if (is_open) await tellHowToJoin(terminal, door, { token, file: token_file });
    await tellOfPage(terminal, door, { token: read_token, file: values.read_token_file });
    workers = new LocalWorkers({
      token,
      onLine: (name, line) => terminal.line(`  ${name}: ${line}`),
      onFailure: (error: UserError) => failure.abort(error),
    });
    for (const [i, args] of workersArgs(values, opening).entries()) workers.start(`local-${i + 1}`, args);
  };
  const ending = await coordinate({
    ...await startOptions(values, given, { fetch, clock: SYSTEM_CLOCK, env: (name) => Deno.env.get(name) }),
    exact: true,
    now: new Date(),
    host,
    port,
    token,
    token_place: tokenPlace(token_file, screen.interactive),
    read_token,
    task: "train",
    min_workers: values.workers,
    rendezvous: is_open,
    listening: startWorkers,
    signal: AbortSignal.any([interrupt, failure.signal]),
  }, screen).finally(async () => {
    await workers?.stop();
    if (door !== null) await removeTokens(door);
    await screen.drained();
  });
  const { lines, commands, exit_code } = describeEnding(ending, "train", interrupt);
  if (failure.signal.aborted) throw failure.signal.reason;
  printLastWords(screen, lines, commands);
  await screen.drained();
  return exit_code;
}

await runMain(train, { own_signals: true });
// A reader that does not read would keep the process alive.
Deno.exit();
