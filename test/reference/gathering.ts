/** Reference kernels of operators that take or put elements by index. */
import type { Call, Kernel } from "./kernel.ts";
import { at, flatten, generate, indicesOf, positive, type RefTensor, sizeOf } from "./ref_tensor.ts";

const REDUCTIONS: Readonly<Record<string, (old: number, update: number) => number>> = {
  none: (_, update) => update,
  add: (old, update) => old + update,
  mul: (old, update) => old * update,
  max: Math.max,
  min: Math.min,
};

/** Position along the axis that the element at `index` of the indices selects. */
function pointed(call: Call, index: readonly number[]): number[] {
  const data = call.x(0), axis = positive(call.int("axis", 0), data.shape.length);
  return index.with(axis, positive(at(call.x(1), index), data.shape[axis]!));
}

const gatherElements: Kernel = (call) => {
  const data = call.x(0);
  return generate(data.element, call.x(1).shape, (index) => at(data, pointed(call, index)));
};

/** data with every update put where `target` says. */
function scatter(
  call: Call,
  target: (index: readonly number[]) => readonly number[],
): RefTensor {
  const data = call.x(0), updates = call.x(2), out = data.data.slice();
  const reduce = REDUCTIONS[call.attribute("reduction", "string") ?? "none"]!;
  for (const index of indicesOf(updates.shape)) {
    const to = flatten(target(index), data.shape);
    out[to] = reduce(out[to]!, at(updates, index));
  }
  return { ...data, data: out };
}

/** The row of indices at `index`, below 0 counted from the end; `skip`: axes of data before the first. */
function row({ shape, data }: RefTensor, index: readonly number[], into: RefTensor, skip: number): number[] {
  const depth = shape.at(-1)!, start = flatten(index, shape.slice(0, -1)) * depth;
  return Array.from({ length: depth }, (_, i) => positive(data[start + i]!, into.shape[skip + i]!));
}

const gatherND: Kernel = (call) => {
  const data = call.x(0), indices = call.x(1), batch = call.int("batch_dims", 0);
  const lead = indices.shape.length - 1, depth = indices.shape.at(-1)!;
  const shape = [...indices.shape.slice(0, -1), ...data.shape.slice(batch + depth)];
  if (sizeOf(shape) === 0) throw new Error("GatherND of nothing is not understood");
  return generate(data.element, shape, (index) =>
    at(data, [
      ...index.slice(0, batch),
      ...row(indices, index.slice(0, lead), data, batch),
      ...index.slice(lead),
    ]));
};

export const GATHERING_KERNELS = {
  GatherElements: gatherElements,
  GatherND: gatherND,
  ScatterElements: (call) => scatter(call, (index) => pointed(call, index)),
  ScatterND: (call) => {
    const indices = call.x(1), lead = indices.shape.length - 1;
    return scatter(
      call,
      (index) => [...row(indices, index.slice(0, lead), call.x(0), 0), ...index.slice(lead)],
    );
  },
} satisfies Record<string, Kernel>;
