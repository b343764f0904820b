/** Training from a program: `deno task train` without its command line, folder, page and port. */
import { checkOption } from "../common/cli/options.ts";
import { type Around, conduct, type OpenRun } from "../coordinator/conduct.ts";
import { TRAIN_OPTIONS } from "../coordinator/config/options/options.ts";
import { SYSTEM_CLOCK } from "../wire/clock.ts";
import { coordinate, type DoorOptions } from "./coordinate.ts";
import { LocalWorkers } from "./local_workers.ts";
import { type RunOptions, startOf } from "./run_options.ts";
import { openSinksOf, RunWatch } from "./run_watch.ts";
import { silentScreen } from "../common/terminal/silent_screen.ts";
import { endedWell, type Trained } from "./trained.ts";

/** On the command line 0 goes with --hosts; here nobody would compute. */
const WORKERS = { ...TRAIN_OPTIONS.workers, min: 1 };

/**
 * Options of {@linkcode train}.
 *
 * @example
 * ```ts
 * import type { TrainOptions } from "@wagon/wagon";
 *
 * const options: TrainOptions = { data: "8gaussians", steps: 2000, seed: 2, workers: 2 };
 * console.log(options.steps);
 * ```
 */
export interface TrainOptions extends RunOptions {
  /** Workers inside this process, which share its cores. The result does not depend on it. Default: 1. */
  readonly workers?: number;
  /** Also opens a port for workers on other machines and for the live page; needs `out` or `resume`. */
  readonly listen?: DoorOptions;
}

/**
 * Trains inside this process, without a port, a folder or output, unless you ask for them. Resolves to the weights, the
 * generator and the summary, at the last step or when `signal` stopped the run (`finished` says which). The same options
 * give the same bits as `deno task train`.
 *
 * @throws {UserError} with a message of one line, if options or data are wrong.
 *
 * @example
 * ```ts
 * import { train } from "@wagon/wagon";
 *
 * const { generator, sha256, summary, sample } = await train({ data: "8gaussians", steps: 20 });
 * console.log(summary.wasserstein_estimate, sha256, generator.length);
 * const points = await sample(4); // Float32Array of 4 x 2
 * console.assert(points.length === 8);
 * ```
 */
export async function train(options: TrainOptions = {}): Promise<Trained> {
  const { workers = 1, listen, ...run } = options;
  checkOption("Option workers", WORKERS, workers);
  if (listen !== undefined) return await coordinate({ ...run, ...listen, workers, min_workers: workers });
  const start = startOf(run);
  const token = crypto.randomUUID();
  const watch = new RunWatch(run);
  const local = new LocalWorkers(workers, token);
  const around: Around = {
    sinks: await openSinksOf(run, watch),
    opened: ({ run, fleet }: OpenRun) =>
      local.start(run.config.shards, (socket, peer) => void fleet.accept(socket, peer)),
    committed: () => watch.committed(),
  };
  try {
    const conducted = await conduct(
      {
        ...start,
        token,
        min_workers: workers,
        give_up_after_s: null,
        advice: "",
        shares_memory: false,
        signal: local.orFailed(run.signal),
      },
      around,
      silentScreen(),
      SYSTEM_CLOCK,
    );
    return endedWell(conducted, local, watch);
  } finally {
    await local.stop();
  }
}
