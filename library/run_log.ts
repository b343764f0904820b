/** A run's log for a program: its summary, once or while the run trains. */
import { UserError } from "../common/errors.ts";
import { isRecent, summarize } from "../inspect/run_folders.ts";
import { RunReading } from "../runlog/log/fold_run.ts";
import { noneSkipped } from "../runlog/log/reader.ts";
import { RunFold, type Summary } from "../runlog/summary/summary.ts";
import { type Clock, SYSTEM_CLOCK } from "../wire/clock.ts";

/**
 * Returns the summary of the log of the run in `folder`.
 *
 * @throws {UserError} if the folder is not the folder of a run.
 *
 * @example
 * ```ts
 * import { train } from "@wagon/wagon";
 * import { readSummary } from "@wagon/wagon/runlog";
 *
 * const out = await Deno.makeTempDir();
 * await train({ data: "8gaussians", steps: 5, out });
 * const { state, steps, wasserstein_estimate } = await readSummary(out);
 * console.log(state, steps, wasserstein_estimate);
 * ```
 */
export async function readSummary(folder: string): Promise<Summary> {
  return await summarize(folder, Date.now());
}

/**
 * Options of {@linkcode followRun}.
 *
 * @example
 * ```ts
 * import type { FollowOptions } from "@wagon/wagon/runlog";
 *
 * const options: FollowOptions = { every_ms: 5000, signal: AbortSignal.timeout(60_000) };
 * console.log(options.every_ms);
 * ```
 */
export interface FollowOptions {
  /** Time between two reads of the log, in milliseconds. Default: 1000. */
  readonly every_ms?: number;
  /** Stops following the run. */
  readonly signal?: AbortSignal;
  /** Clock for tests. Default: the system's. */
  readonly clock?: Clock;
}

/**
 * Yields the summary of the run in `folder`: now, and whenever its log has grown, until the run ends, its log no longer
 * grows, or `signal` is aborted.
 *
 * @throws {UserError} if the folder is not the folder of a run.
 *
 * @example
 * ```ts
 * import { train } from "@wagon/wagon";
 * import { followRun } from "@wagon/wagon/runlog";
 *
 * const out = await Deno.makeTempDir();
 * await train({ data: "8gaussians", steps: 5, out });
 * for await (const { steps, wasserstein_estimate } of followRun(out)) {
 *   console.log(steps, wasserstein_estimate);
 * }
 * ```
 */
export async function* followRun(folder: string, options: FollowOptions = {}): AsyncGenerator<Summary> {
  const { every_ms = 1000, signal, clock = SYSTEM_CLOCK } = options;
  if (!(every_ms > 0)) {
    throw new UserError(`Cannot follow a run: every_ms must be above 0, found ${every_ms}`);
  }
  const fold = new RunFold();
  const oddities = noneSkipped();
  using reading = await RunReading.open(folder, fold, oddities);
  let last = "";
  while (!signal?.aborted) {
    await reading.readMore();
    const summary = fold.summary(await isRecent(folder, Date.now()), { ...oddities });
    const now = `${summary.state} ${summary.steps} ${summary.seconds}`;
    if (now !== last) yield summary;
    last = now;
    if (summary.state !== "running") return;
    await pause(every_ms, signal, clock);
  }
}

function pause(every_ms: number, signal: AbortSignal | undefined, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(every_ms, done);
    signal?.addEventListener("abort", done);
    if (signal?.aborted) done();
  });
}
