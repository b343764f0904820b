/** The workers of `deno task train`: those on this machine, and those on the machines of its `--hosts` file. */
import { fileURLToPath } from "node:url";
import { shareOut, usableCores } from "../../common/process/cores.ts";
import { UserError } from "../../common/errors.ts";
import { readNamed } from "../../common/files/named_file.ts";
import type { Values } from "../../common/cli/options.ts";
import type { TRAIN_OPTIONS } from "../../coordinator/config/options/options.ts";
import type { Opening } from "../../coordinator/coordinate.ts";
import type { Console } from "../../coordinator/terminal/console.ts";
import { SYSTEM_CLOCK } from "../../wire/clock.ts";
import { type Host, readHosts } from "./hosts_file.ts";
import { RemoteWorkers } from "./remote_workers.ts";
import { startSsh } from "./ssh.ts";
import { LocalWorkers } from "./local_workers.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

type TrainValues = Values<typeof TRAIN_OPTIONS>;

/** The machines of `--hosts`, none without the option. Throws {@linkcode UserError}. */
export async function hostsFor({ hosts, ssh_config, workers }: TrainValues): Promise<Host[]> {
  if (hosts === undefined) {
    if (ssh_config !== undefined) throw new UserError("Option --ssh-config needs --hosts: give both");
    if (workers > 0) return [];
    throw new UserError("Option --workers must be at least 1 without --hosts: found 0");
  }
  const { text } = await readNamed(hosts).catch((error: Error) => {
    throw new UserError(
      `Cannot read ${hosts}: a readable file is required, found ${error.message}; check --hosts`,
    );
  });
  return readHosts(text, hosts);
}

/** Options of each local worker: the cores are shared out, GPUs are handed on. */
function workersArgs({ workers, gpu, cpu }: TrainValues, { local_url, shards }: Opening): string[][] {
  if (workers === 0) return [];
  const threads = Math.max(1, Math.floor(navigator.hardwareConcurrency / workers));
  const on_cpu = gpu === undefined || cpu;
  const cores = on_cpu ? shareOut(usableCores() ?? [], { workers, threads, shards }) : null;
  return Array.from({ length: workers }, (_, i) => [
    ...["--coordinator", local_url, "--threads", String(threads)],
    ...on_cpu ? ["--cpu"] : ["--gpu", gpu],
    ...cores === null ? [] : ["--cores", cores[i]!.join(",")],
  ]);
}

export interface CrewOptions {
  readonly values: TrainValues;
  readonly hosts: readonly Host[];
  readonly opening: Opening;
  readonly token: string;
  readonly terminal: Pick<Console, "line">;
  /** Called when workers cannot take part at all. */
  readonly onFailure: (error: UserError) => void;
}

/** All workers of a run. */
export interface Crew {
  /** Has all leave, and waits for that. */
  stop(): Promise<void>;
}

/** Starts them. */
export function startCrew({ values, hosts, opening, token, terminal, onFailure }: CrewOptions): Crew {
  const onLine = (name: string, line: string) => terminal.line(`  ${name}: ${line}`);
  const local = new LocalWorkers({ token, onLine, onFailure });
  for (const [i, args] of workersArgs(values, opening).entries()) local.start(`local-${i + 1}`, args);
  const remote = new RemoteWorkers({
    token,
    // ssh encrypts what goes through its tunnels.
    coordinator: new URL(opening.local_url).host,
    dir: ROOT,
    ssh_config: values.ssh_config,
    start: startSsh,
    clock: SYSTEM_CLOCK,
    onLine,
    onNobodyLeft: (error) => values.workers === 0 && onFailure(error),
  });
  remote.start(hosts);
  return { stop: async () => void await Promise.all([local.stop(), remote.stop()]) };
}
