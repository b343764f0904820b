/** Operators that give elements another place or repeat them. */
import type { Dim, Shape, TensorType } from "../graph.ts";
import { formatShape, product, quotient } from "../dims.ts";
import type { Operator, Site } from "../operator.ts";

/** The element type of input 0 with another shape. */
function reshaped(site: Site, shape: Shape): readonly TensorType[] {
  return [{ element: site.type(0).element, shape }];
}

/** 0 copies the extent of the input (unless allowzero), one -1 takes what is left. */
function inferReshape(site: Site): readonly TensorType[] {
  const from = site.shape(0);
  const allowzero = site.int("allowzero", 0) !== 0;
  const asked = site.contents(1, "shape").map((dim, i) =>
    dim === 0 && !allowzero
      ? from[i] ??
        site.fail(`a 0 in the shape copies the size of an input axis, and the input has no axis ${i}`)
      : dim
  );
  const rest = asked.filter((dim) => dim !== -1);
  if (asked.length - rest.length > 1) {
    site.fail(`shape must have at most one -1: found ${formatShape(asked)}`);
  }
  if (rest.some((dim) => typeof dim === "number" && dim < 0)) {
    site.fail(`sizes in the shape must be -1 or more: found ${formatShape(asked)}`);
  }
  const [size, known] = [product(from), product(rest)];
  const isOpen = asked.length > rest.length;
  const left = quotient(size, known);
  if (isOpen ? left === undefined : size !== known) {
    site.fail(`${formatShape(from)} must have as many elements as ${formatShape(asked)}`);
  }
  return reshaped(site, asked.map((dim) => dim === -1 ? left! : dim));
}

function inferTranspose(site: Site): readonly TensorType[] {
  const shape = site.shape(0);
  const perm = site.ints("perm") ?? [...shape.keys()].reverse();
  const is_permutation = perm.length === shape.length &&
    [...shape.keys()].every((axis) => perm.includes(axis));
  if (!is_permutation) {
    site.fail(`perm must contain each of the ${shape.length} axes once: found [${perm.join(",")}]`);
  }
  return reshaped(site, perm.map((axis) => shape[axis]!));
}

function inferExpand(site: Site): readonly TensorType[] {
  const shape = site.contents(1, "shape");
  if (shape.some((dim) => typeof dim === "number" && dim < 0)) {
    site.fail(`sizes must be 0 or more: found ${formatShape(shape)}`);
  }
  return reshaped(site, site.broadcast([site.shape(0), shape]));
}

/** Without axes all extents of 1 go; a name is no such extent only if the axes are given. */
function inferSqueeze(site: Site): readonly TensorType[] {
  const shape = site.shape(0);
  if (!site.has(1) && shape.some((dim) => typeof dim === "string")) {
    site.fail("axes must be given, because some sizes are not fixed");
  }
  const ones = [...shape.keys()].filter((axis) => shape[axis] === 1);
  const axes = site.has(1) ? site.axes(site.numbers(1, "axes"), shape.length) : ones;
  const wrong = axes.find((axis) => shape[axis] !== 1);
  if (wrong !== undefined) site.fail(`axis ${wrong} must have size 1: found ${shape[wrong]}`);
  return reshaped(site, shape.filter((_, axis) => !axes.includes(axis)));
}

function inferUnsqueeze(site: Site): readonly TensorType[] {
  const shape = site.shape(0);
  const given = site.numbers(1, "axes");
  const rank = shape.length + given.length;
  const axes = site.axes(given, rank);
  const rest = shape.values();
  return reshaped(site, Array.from({ length: rank }, (_, i) => axes.includes(i) ? 1 : rest.next().value!));
}

/** To a matrix: the axes before `axis` make the rows. */
function inferFlatten(site: Site): readonly TensorType[] {
  const shape = site.shape(0);
  const axis = site.int("axis", 1);
  if (axis < -shape.length || axis > shape.length) {
    site.fail(`axis must be ${-shape.length} to ${shape.length}: found ${axis}`);
  }
  const at = axis < 0 ? axis + shape.length : axis;
  return reshaped(site, [product(shape.slice(0, at)), product(shape.slice(at))]);
}

/** Contents survive where elements keep their order and the result has rank 0 or 1. */
function sameContents(infer: Operator["infer"]): (site: Site) => readonly Dim[] | undefined {
  return (site) => infer(site)[0]!.shape.length <= 1 ? site.maybeContents(0) : undefined;
}

export const LAYOUT = {
  Reshape: {
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: { allowzero: "int" },
    infer: inferReshape,
    contents: sameContents(inferReshape),
  },
  /** Without `perm` the axes are reversed. */
  Transpose: { inputs: [1, 1], outputs: [1, 1], attributes: { perm: "ints" }, infer: inferTranspose },
  /** Broadcasts both ways: an extent of 1 asked for keeps the input's. */
  Expand: { inputs: [2, 2], outputs: [1, 1], attributes: {}, infer: inferExpand },
  Squeeze: {
    inputs: [1, 2],
    outputs: [1, 1],
    attributes: {},
    infer: inferSqueeze,
    contents: sameContents(inferSqueeze),
  },
  Unsqueeze: {
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: {},
    infer: inferUnsqueeze,
    contents: sameContents(inferUnsqueeze),
  },
  Flatten: { inputs: [1, 1], outputs: [1, 1], attributes: { axis: "int" }, infer: inferFlatten },
} satisfies Record<string, Operator>;
