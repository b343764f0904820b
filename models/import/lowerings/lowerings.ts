/** The table of lowerings. */
import type { Lowering, Lowerings } from "./lowering.ts";
import { ATTENTION_LOWERINGS } from "./attention.ts";
import { CONTROL_FLOW_LOWERINGS } from "./control_flow.ts";
import { FUNCTION_LOWERINGS } from "./functions.ts";
import { RECURRENT_LOWERINGS } from "./recurrent.ts";
import { RESIZE_LOWERINGS } from "./resizing.ts";
import { SEQUENCE_LOWERINGS } from "./sequences.ts";
import { SHAPE_LOWERINGS } from "./shapes.ts";
import { WINDOW_LOWERINGS } from "./windows.ts";

const LOWERINGS: Lowerings = {
  ...ATTENTION_LOWERINGS,
  ...CONTROL_FLOW_LOWERINGS,
  ...FUNCTION_LOWERINGS,
  ...RECURRENT_LOWERINGS,
  ...RESIZE_LOWERINGS,
  ...SEQUENCE_LOWERINGS,
  ...SHAPE_LOWERINGS,
  ...WINDOW_LOWERINGS,
};

/** The lowering of an operator of ai.onnx, undefined where it has none. */
export function loweringOf(op: string): Lowering | undefined {
  return Object.hasOwn(LOWERINGS, op) ? LOWERINGS[op] : undefined;
}
