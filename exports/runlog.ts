/**
 * Reads the log of a run: its records, its summary, and the problems that the doctor finds.
 *
 * @example
 * ```ts
 * import { readSummary } from "@wagon/wagon/runlog";
 * import { train } from "@wagon/wagon";
 *
 * const { folder } = await train({ data: "8gaussians", steps: 20, out: await Deno.makeTempDir() });
 * const { steps, wasserstein_estimate } = await readSummary(folder!);
 * console.log(steps, wasserstein_estimate);
 * ```
 *
 * @module
 */
export { UserError } from "../common/errors.ts";
export { examine } from "../runlog/doctor/doctor.ts";
export type { Evidence, Finding, Spoils } from "../runlog/doctor/rule.ts";
export { type FollowOptions, followRun, readSummary } from "../library/run_log.ts";
export { readRun, type SkippedLines } from "../runlog/log/reader.ts";
export type { Records } from "../runlog/record_types.ts";
export type { RecordOf, RecordType, RunRecord } from "../runlog/records.ts";
export type { Summary } from "../runlog/summary/summary.ts";
export type { CurvePoint, Entry, HealthStretch, Phase, RunState } from "../runlog/summary/summary_parts.ts";
export type { WorkerMeans, WorkerTotals } from "../runlog/summary/worker_totals.ts";
