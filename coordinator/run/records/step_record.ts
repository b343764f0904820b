/** A committed step as a record. */
import type { RecordOf } from "../../../runlog/records.ts";
import type { StepReport } from "../../training/train.ts";

export interface StepContext {
  /** Batches of an epoch. */
  readonly batches: number;
  /** True if the objective's gap between the scores estimates a distance. */
  readonly estimates_distance: boolean;
  /** Bytes over all connections in this step. */
  readonly bytes: { readonly in: number; readonly out: number };
  /** On the incarnation's clock. */
  readonly elapsed_ms: number;
}

/** Finer times are noise, and make the log longer. */
function wholeMicroseconds(ms: number): number {
  return Math.round(1000 * ms) / 1000;
}

function mapValues<T extends object>(record: T, map: (value: number) => number): T {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value as number)])) as T;
}

/** Times are rounded to microseconds. */
export function stepRecord(report: StepReport, context: StepContext): RecordOf<"step"> {
  const { shares, ms, steered: _steered, round: _round, ...facts } = report;
  const { batches, estimates_distance, bytes, elapsed_ms } = context;
  return {
    type: "step",
    ...facts,
    ms: mapValues(ms, wholeMicroseconds),
    batches,
    ...estimates_distance && { wasserstein_estimate: report.mean_real - report.mean_fake },
    workers: Object.fromEntries([...shares].map(([id, share]) => [id, mapValues(share, wholeMicroseconds)])),
    bytes_in: bytes.in,
    bytes_out: bytes.out,
    time_ms: wholeMicroseconds(elapsed_ms),
  };
}
