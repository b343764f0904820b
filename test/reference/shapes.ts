/** Reference kernels of operators that make, move, repeat, join or take elements. */
import type { Call, Kernel } from "./kernel.ts";
import {
  at,
  broadcastAt,
  broadcastShapes,
  fromTensor,
  generate,
  positive,
  type RefTensor,
  refTensor,
  sizeOf,
} from "./ref_tensor.ts";

function withShape(x: RefTensor, shape: readonly number[]): RefTensor {
  return refTensor(x.element, shape, x.data);
}

/** 0 copies the input's extent unless allowzero, -1 takes what is left. */
const reshape: Kernel = (call) => {
  const x = call.x(0), allowzero = call.int("allowzero", 0) === 1;
  const asked = call.numbers(1)!.map((extent, axis) => extent === 0 && !allowzero ? x.shape[axis]! : extent);
  const known = sizeOf(asked.filter((extent) => extent !== -1));
  return withShape(x, asked.map((extent) => extent === -1 ? x.data.length / known : extent));
};

const transpose: Kernel = (call) => {
  const x = call.x(0);
  const perm = call.attribute("perm", "ints") ?? [...x.shape.keys()].reverse();
  return generate(
    x.element,
    perm.map((axis) => x.shape[axis]!),
    (index) => at(x, x.shape.map((_, axis) => index[perm.indexOf(axis)]!)),
  );
};

const expand: Kernel = (call) => {
  const x = call.x(0);
  return generate(x.element, broadcastShapes(x.shape, call.numbers(1)!), (index) => broadcastAt(x, index));
};

const squeeze: Kernel = (call) => {
  const x = call.x(0);
  const axes = call.numbers(1)?.map((axis) => positive(axis, x.shape.length));
  return withShape(x, x.shape.filter((extent, axis) => axes ? !axes.includes(axis) : extent !== 1));
};

const unsqueeze: Kernel = (call) => {
  const x = call.x(0), given = call.numbers(1)!;
  const rank = x.shape.length + given.length;
  const axes = given.map((axis) => positive(axis, rank));
  const rest = [...x.shape];
  return withShape(x, Array.from({ length: rank }, (_, axis) => axes.includes(axis) ? 1 : rest.shift()!));
};

const flattenKernel: Kernel = (call) => {
  const x = call.x(0), axis = call.int("axis", 1);
  const split = axis < 0 ? axis + x.shape.length : axis;
  return withShape(x, [sizeOf(x.shape.slice(0, split)), sizeOf(x.shape.slice(split))]);
};

const concat: Kernel = (call) => {
  const inputs = call.inputs.map((_, i) => call.x(i));
  const first = inputs[0]!, axis = positive(call.int("axis", 0), first.shape.length);
  const owners = inputs.flatMap((input) =>
    Array.from({ length: input.shape[axis]! }, (_, position) => ({ input, position }))
  );
  return generate(first.element, first.shape.with(axis, owners.length), (index) => {
    const { input, position } = owners[index[axis]!]!;
    return at(input, index.with(axis, position));
  });
};

/** The positions that a slice takes along one axis. Bounds below 0 count from the end; both are clamped. */
function taken(extent: number, start: number, end: number, step: number): number[] {
  const clamp = (index: number, low: number, high: number) =>
    Math.min(Math.max(index < 0 ? index + extent : index, low), high);
  const positions: number[] = [];
  if (step > 0) {
    for (let i = clamp(start, 0, extent); i < clamp(end, 0, extent); i += step) positions.push(i);
  } else {
    for (let i = clamp(start, 0, extent - 1); i > clamp(end, -1, extent - 1); i += step) positions.push(i);
  }
  return positions;
}

const slice: Kernel = (call) => {
  const x = call.x(0), starts = call.numbers(1)!, ends = call.numbers(2)!;
  const axes = call.numbers(3) ?? [...starts.keys()];
  const steps = call.numbers(4) ?? starts.map(() => 1);
  const positions = x.shape.map((extent) => [...Array(extent).keys()]);
  axes.forEach((given, i) => {
    const axis = positive(given, x.shape.length);
    positions[axis] = taken(x.shape[axis]!, starts[i]!, ends[i]!, steps[i]!);
  });
  return generate(
    x.element,
    positions.map((list) => list.length),
    (index) => at(x, index.map((position, axis) => positions[axis]![position]!)),
  );
};

const gather: Kernel = (call) => {
  const x = call.x(0), indices = call.x(1), axis = positive(call.int("axis", 0), x.shape.length);
  const rank = indices.shape.length;
  return generate(
    x.element,
    [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)],
    (index) => {
      const position = at(indices, index.slice(axis, axis + rank));
      return at(x, [
        ...index.slice(0, axis),
        positive(position, x.shape[axis]!),
        ...index.slice(axis + rank),
      ]);
    },
  );
};

const split: Kernel = (call) => {
  const x = call.x(0), axis = positive(call.int("axis", 0), x.shape.length);
  const extent = x.shape[axis]!;
  let start = 0;
  return splitSizes(call, extent).map((size) => {
    const from = start;
    start += size;
    return generate(
      x.element,
      x.shape.with(axis, size),
      (index) => at(x, index.with(axis, from + index[axis]!)),
    );
  });
};

/** Without given sizes all parts are equal, but the last takes what is left. */
function splitSizes(call: Call, extent: number): readonly number[] {
  const given = call.numbers(1);
  if (given) return given;
  const count = call.int("num_outputs", call.node.outputs.length), size = Math.ceil(extent / count);
  return Array.from({ length: count }, (_, i) => Math.min(size, extent - i * size));
}

const constant: Kernel = (call) => {
  const tensor = call.attribute("value", "tensor");
  if (tensor) return fromTensor(tensor);
  const float = call.attribute("value_float", "float"), int = call.attribute("value_int", "int");
  if (float !== undefined) return refTensor("float32", [], [float]);
  if (int !== undefined) return refTensor("int64", [], [int]);
  const floats = call.attribute("value_floats", "floats"), ints = call.attribute("value_ints", "ints");
  if (floats) return refTensor("float32", [floats.length], floats);
  if (ints) return refTensor("int64", [ints.length], ints);
  throw new Error(`Constant ${call.node.name} holds no numbers`);
};

const constantOfShape: Kernel = (call) => {
  const value = call.attribute("value", "tensor");
  const { element, data } = value ? fromTensor(value) : refTensor("float32", [], [0]);
  return generate(element, call.numbers(0)!, () => data[0]!);
};

const shape: Kernel = (call) => {
  const extents = call.x(0).shape;
  const part = extents.slice(call.int("start", 0), call.int("end", extents.length));
  return refTensor("int64", [part.length], part);
};

export const SHAPE_KERNELS = {
  Reshape: reshape,
  Transpose: transpose,
  Expand: expand,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Flatten: flattenKernel,
  Concat: concat,
  Slice: slice,
  Gather: gather,
  Split: split,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Shape: shape,
} satisfies Record<string, Kernel>;
