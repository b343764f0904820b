/** The last record of a run. */
import { bitsOf } from "../../../common/numeric_class.ts";
import type { RecordOf } from "../../../runlog/records.ts";
import { averagedSha256, type ModelState, weightsSha256 } from "../../training/model_state.ts";

export interface EndContext {
  /** Examples of a step. */
  readonly batch: number;
  readonly numeric_classes: readonly string[];
  /** Since the start of the incarnation. */
  readonly seconds: number;
  /** Steps of this incarnation, and the seconds since the start of its first; 0: there was none. */
  readonly steps: number;
  readonly training_seconds: number;
}

export function endRecord(
  reason: RecordOf<"end">["reason"],
  detail: string,
  state: ModelState,
  { batch, numeric_classes, seconds, steps, training_seconds }: EndContext,
): RecordOf<"end"> {
  const averaged_sha256 = averagedSha256(state);
  return {
    type: "end",
    reason,
    detail,
    step: state.step,
    generator_steps: state.generator_step,
    weights_sha256: weightsSha256(state),
    ...averaged_sha256 !== null && { averaged_sha256 },
    bits: bitsOf(numeric_classes),
    numeric_classes: [...numeric_classes],
    examples_used: state.step * batch,
    seconds,
    images_per_second: training_seconds > 0 ? steps * batch / training_seconds : 0,
  };
}
