/** Reference kernels of operators that pad, repeat or blank out. */
import type { Kernel } from "./kernel.ts";
import { at, generate, positive } from "./ref_tensor.ts";

/** Source of position i of a padded axis, null for the constant. */
const SOURCES: Readonly<Record<string, (i: number, extent: number) => number | null>> = {
  constant: (i, extent) => i >= 0 && i < extent ? i : null,
  edge: (i, extent) => Math.min(Math.max(i, 0), extent - 1),
  reflect: (i, extent) => {
    const period = 2 * (extent - 1), folded = ((i % period) + period) % period;
    return folded < extent ? folded : period - folded;
  },
  wrap: (i, extent) => ((i % extent) + extent) % extent,
};

const pad: Kernel = (call) => {
  const x = call.x(0), rank = x.shape.length, pads = call.numbers(1)!;
  const source = SOURCES[call.attribute("mode", "string") ?? "constant"]!;
  const axes = (call.numbers(3) ?? [...Array(rank).keys()]).map((axis) => positive(axis, rank));
  const before = x.shape.map((_, axis) => pads[axes.indexOf(axis)] ?? 0);
  const after = x.shape.map((_, axis) => axes.includes(axis) ? pads[axes.indexOf(axis) + axes.length]! : 0);
  const shape = x.shape.map((extent, axis) => before[axis]! + extent + after[axis]!);
  return generate(x.element, shape, (index) => {
    const from = index.map((i, axis) =>
      before[axis] === 0 && after[axis] === 0 ? i : source(i - before[axis]!, x.shape[axis]!)
    );
    return from.includes(null) ? call.inputs[2]?.data[0] ?? 0 : at(x, from as number[]);
  });
};

export const PADDING_KERNELS = {
  Pad: pad,
  Tile: (call) => {
    const x = call.x(0), repeats = call.numbers(1)!;
    const shape = x.shape.map((extent, axis) => extent * repeats[axis]!);
    return generate(x.element, shape, (index) => at(x, index.map((i, axis) => i % x.shape[axis]!)));
  },
  Trilu: (call) => {
    const x = call.x(0), k = call.inputs[1]?.data[0] ?? 0, upper = call.int("upper", 1) !== 0;
    return generate(x.element, x.shape, (index) => {
      const [row, column] = index.slice(-2) as [number, number];
      return (upper ? column - row >= k : column - row <= k) ? at(x, index) : 0;
    });
  },
} satisfies Record<string, Kernel>;
