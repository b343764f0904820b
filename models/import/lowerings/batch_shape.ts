/** A shape that may hold the batch, as a value. */
import type { GraphBuilder, Value } from "../../../onnx/builder.ts";
import { isFixed, quotient } from "../../../onnx/dims.ts";
import type { Dim } from "../../../onnx/graph.ts";

/**
 * A constant, or computed from the shape of `input` when the graph runs. `fail` throws, with a reason, where an item is
 * neither a number nor some batches.
 */
export function batchShape(
  b: GraphBuilder,
  input: Value,
  items: readonly Dim[],
  fail: (reason: string) => never,
): Value {
  if (isFixed(items)) return b.ints(items);
  const batch = b.op("Shape", [input], { start: 0, end: 1 });
  const parts = items.map((item) => {
    if (typeof item === "number") return b.ints([item]);
    const times = quotient(item, input.type.shape[0]!);
    if (typeof times !== "number") return fail(`each size must be fixed or the batch size: found ${item}`);
    return times === 1 ? batch : b.op("Mul", [batch, b.ints([times])]);
  });
  return parts.length === 1 ? parts[0]! : b.op("Concat", parts, { axis: 0 });
}
