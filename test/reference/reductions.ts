/** Reference kernels of operators over whole axes. */
import type { Call, Kernel } from "./kernel.ts";
import { flatten, indicesOf, positive, type RefTensor, sizeOf, unflatten } from "./ref_tensor.ts";

function reducedAxes(call: Call): readonly number[] {
  const rank = call.x(0).shape.length;
  const given = call.numbers(1) ?? [];
  if (given.length > 0) return given.map((axis) => positive(axis, rank));
  return call.int("noop_with_empty_axes", 0) === 1 ? [] : [...Array(rank).keys()];
}

/** `start`, then `of(sum so far, element)` for every element reduced; `end(sum, count)` at last. */
function reduction(
  start: number,
  of: (sum: number, value: number) => number,
  end = (sum: number, _count: number) => sum,
): Kernel {
  return (call) => {
    const x = call.x(0), axes = reducedAxes(call);
    const kept = x.shape.map((extent, axis) => axes.includes(axis) ? 1 : extent);
    const data = new Float64Array(sizeOf(kept)).fill(start);
    let flat = 0;
    for (const index of indicesOf(x.shape)) {
      const to = flatten(index.map((position, axis) => axes.includes(axis) ? 0 : position), kept);
      data[to] = of(data[to]!, x.data[flat++]!);
    }
    const count = sizeOf(axes.map((axis) => x.shape[axis]!));
    const shape = call.int("keepdims", 1) === 0 ? x.shape.filter((_, axis) => !axes.includes(axis)) : kept;
    return { element: x.element, shape, data: data.map((sum) => end(sum, count)) };
  };
}

const softmax: Kernel = (call) => {
  const x = call.x(0), axis = positive(call.int("axis", -1), x.shape.length);
  const data = new Float64Array(x.data.length);
  const lines = x.shape.with(axis, 1);
  for (let line = 0; line < sizeOf(lines); line++) {
    const places = Array.from(
      { length: x.shape[axis]! },
      (_, i) => flatten(unflatten(line, lines).with(axis, i), x.shape),
    );
    softmaxLine(x, places, data);
  }
  return { element: x.element, shape: x.shape, data };
};

function softmaxLine(x: RefTensor, places: readonly number[], out: Float64Array): void {
  const largest = Math.max(...places.map((place) => x.data[place]!));
  const powers = places.map((place) => Math.exp(x.data[place]! - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  places.forEach((place, i) => out[place] = powers[i]! / sum);
}

const add = (sum: number, value: number) => sum + value;

export const REDUCTION_KERNELS = {
  ReduceSum: reduction(0, add),
  ReduceMean: reduction(0, add, (sum, count) => sum / count),
  ReduceMax: reduction(-Infinity, Math.max),
  ReduceMin: reduction(Infinity, Math.min),
  Softmax: softmax,
} satisfies Record<string, Kernel>;
