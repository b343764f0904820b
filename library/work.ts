/** A worker from a program: `deno task worker` without its command line and terminal. */
import { checkOptions } from "../common/cli/options.ts";
import { UserError } from "../common/errors.ts";
import { loadRuntime } from "../worker/compute/thread_client.ts";
import { openNothing } from "../worker/compute/shared_memory.ts";
import { findDevices } from "../worker/find_devices.ts";
import { work as workFor } from "../worker/work.ts";
import { checkTrust, checkUrl, wantedDevices, WORKER_COMMAND } from "../worker/worker_options.ts";
import { connect } from "./connect.ts";
import { workerLines } from "./worker_lines.ts";

/**
 * Options of {@linkcode work}.
 *
 * @example
 * ```ts
 * import type { WorkOptions } from "@wagon/wagon";
 *
 * const options: WorkOptions = { coordinator: "ws://10.0.0.5:7700", token: "a secret of 16 characters", threads: 2 };
 * console.log(options.coordinator);
 * ```
 */
export interface WorkOptions {
  /** Address of the coordinator, e.g. "ws://10.0.0.5:7700". */
  readonly coordinator: string;
  /** The run's token. */
  readonly token: string;
  /** File with the certificates to trust for `wss://`: a copy of the coordinator's. Default: those that Deno trusts. */
  readonly tls_ca?: string;
  /** Name that the coordinator shows for this worker. Default: "worker". */
  readonly name?: string;
  /** GPUs to compute on: "0", "0,1" or "all". Default: none. */
  readonly gpu?: string;
  /** Threads on the CPU. Default: one for each core. */
  readonly threads?: number;
  /** Training data to keep in memory, in MB. Default: 1024. */
  readonly memory?: number;
  /** Stops the worker. */
  readonly signal?: AbortSignal;
  /** Called with each line that `deno task worker` would print. */
  readonly onLine?: (line: string) => void;
}

/**
 * Computes gradients for a coordinator until its run ends, or until `signal` is aborted. If the connection is lost, it
 * connects again.
 *
 * @throws {UserError} with a message of one line, if options are wrong, or the coordinator refuses the worker for good.
 *
 * @example
 * ```ts
 * import { coordinate, work } from "@wagon/wagon";
 *
 * const token = "a secret of 16 characters or more";
 * // On another machine, the program would only call work(), with the coordinator's address.
 * const onListening = ({ url }: { url: string }) => void work({ coordinator: url, token, name: "helper" });
 * const out = await Deno.makeTempDir();
 * const { summary } = await coordinate({ data: "8gaussians", steps: 5, out, port: 0, token, onListening });
 * console.assert(summary.workers[0]?.name === "helper");
 * ```
 */
export async function work(options: WorkOptions): Promise<void> {
  const { token, signal = new AbortController().signal, onLine = () => {}, ...given } = options;
  if (typeof token !== "string" || token === "") {
    throw new UserError("Cannot work: the run's token is required, found none; give token");
  }
  const values = checkOptions(OPTIONS, given, "the options");
  if (values.coordinator === undefined) {
    throw new UserError("Cannot work: the coordinator's address is required, found none; give coordinator");
  }
  const url = checkUrl(values.coordinator);
  checkTrust({ coordinator: url, tls_ca: values.tls_ca });
  const wanted = wantedDevices({ gpu: values.gpu, cpu: values.gpu === undefined, require_gpu: false });
  const runtime_version = await loadRuntime();
  await workFor({
    name: values.name ?? "worker",
    runtime_version,
    devices: await findDevices(wanted, values.threads ?? navigator.hardwareConcurrency, { line: onLine }),
    memory_bytes: (values.memory ?? WORKER_COMMAND.options.memory.default) * 1024 * 1024,
    cache: null,
    locate: () => Promise.resolve({ url, token }),
    connect: (to) => connect(to, values.tls_ca),
    openShared: openNothing,
    console: workerLines(onLine),
    stop: signal,
  });
}

const { coordinator, tls_ca, name, gpu, threads, memory } = WORKER_COMMAND.options;
const OPTIONS = { coordinator, tls_ca, name, gpu, threads, memory };
