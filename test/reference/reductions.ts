/** Reference kernels of operators over whole axes. */
import type { Call, Kernel } from "./kernel.ts";
import {
  at,
  flatten,
  generate,
  indicesOf,
  positive,
  type RefTensor,
  sizeOf,
  unflatten,
} from "./ref_tensor.ts";

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

/** exp(x - max) / sum along an axis, or its logarithm. */
const softmax = (isLog: boolean): Kernel => (call) => {
  const x = call.x(0), axis = positive(call.int("axis", -1), x.shape.length);
  const data = new Float64Array(x.data.length);
  const lines = x.shape.with(axis, 1);
  for (let line = 0; line < sizeOf(lines); line++) {
    const places = Array.from(
      { length: x.shape[axis]! },
      (_, i) => flatten(unflatten(line, lines).with(axis, i), x.shape),
    );
    softmaxLine(x, places, data, isLog);
  }
  return { element: x.element, shape: x.shape, data };
};

function softmaxLine(x: RefTensor, places: readonly number[], out: Float64Array, isLog: boolean): void {
  const largest = Math.max(...places.map((place) => x.data[place]!));
  const powers = places.map((place) => Math.exp(x.data[place]! - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  places.forEach((place, i) =>
    out[place] = isLog ? x.data[place]! - largest - Math.log(sum) : powers[i]! / sum
  );
}

/** Each element with all before it along the axis (after it: reverse), itself left out if exclusive. */
const cumulativeSum: Kernel = (call) => {
  const x = call.x(0), axis = positive(call.numbers(1)![0]!, x.shape.length);
  const isReverse = call.int("reverse", 0) !== 0, skip = call.int("exclusive", 0) !== 0 ? 1 : 0;
  return generate(x.element, x.shape, (index) => {
    const here = index[axis]!, extent = x.shape[axis]!;
    const [from, to] = isReverse ? [here + skip, extent - 1] : [0, here - skip];
    let sum = 0;
    for (let i = from; i <= to; i++) sum += at(x, index.with(axis, i));
    return sum;
  });
};

/** The place of the first (or last) element along an axis that beats the others. */
function argument(beats: (a: number, b: number) => boolean): Kernel {
  return (call) => {
    const x = call.x(0), axis = positive(call.int("axis", 0), x.shape.length);
    const takesLast = call.int("select_last_index", 0) !== 0;
    const kept = generate("int64", x.shape.with(axis, 1), (index) => {
      let best = 0;
      for (let i = 1; i < x.shape[axis]!; i++) {
        const [old, next] = [at(x, index.with(axis, best)), at(x, index.with(axis, i))];
        if (beats(next, old) || (takesLast && next === old)) best = i;
      }
      return best;
    });
    return call.int("keepdims", 1) === 0 ? { ...kept, shape: x.shape.toSpliced(axis, 1) } : kept;
  };
}

const add = (sum: number, value: number) => sum + value;

export const REDUCTION_KERNELS = {
  ArgMax: argument((a, b) => a > b),
  ArgMin: argument((a, b) => a < b),
  ReduceSum: reduction(0, add),
  ReduceMean: reduction(0, add, (sum, count) => sum / count),
  ReduceMax: reduction(-Infinity, Math.max),
  ReduceMin: reduction(Infinity, Math.min),
  ReduceProd: reduction(1, (product, value) => product * value),
  ReduceL1: reduction(0, (sum, value) => sum + Math.abs(value)),
  ReduceL2: reduction(0, (sum, value) => sum + value ** 2, Math.sqrt),
  ReduceLogSum: reduction(0, add, Math.log),
  ReduceLogSumExp: reduction(0, (sum, value) => sum + Math.exp(value), Math.log),
  ReduceSumSquare: reduction(0, (sum, value) => sum + value ** 2),
  Softmax: softmax(false),
  LogSoftmax: softmax(true),
  CumSum: cumulativeSum,
} satisfies Record<string, Kernel>;
