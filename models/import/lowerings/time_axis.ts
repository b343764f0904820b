/**
 * Taking an axis apart and putting it together, by halves: of T parts each element is moved log T times, forwards and
 * backwards. Slices one by one would each have a gradient as long as the axis. No kernel has more than two parts.
 */
import type { Value } from "../../../onnx/builder.ts";
import type { LoweringSite } from "./lowering.ts";

/** Parts of extent 1 along an axis whose extent is a number. */
export function parted(n: LoweringSite, x: Value, axis: number): readonly Value[] {
  const extent = n.extent(x, axis), half = Math.ceil(extent / 2);
  if (extent <= 1) return [x];
  return n.split(x, axis, [half, extent - half]).flatMap((part) => parted(n, part, axis));
}

/** Values one after the other along an axis. */
export function joined(n: LoweringSite, parts: readonly Value[], axis: number): Value {
  if (parts.length === 1) return parts[0]!;
  const half = Math.ceil(parts.length / 2);
  const halves = [parts.slice(0, half), parts.slice(half)].map((some) => joined(n, some, axis));
  return n.op("Concat", halves, { axis });
}
