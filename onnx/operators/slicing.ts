/** Operators that join tensors or take parts of them. */
import type { Dim, Shape, TensorType } from "../graph.ts";
import { formatShape, sameShape } from "../dims.ts";
import type { Operator, Site } from "../operator.ts";
import { ALL, INDICES } from "../element_sets.ts";

function replaced(shape: Shape, axis: number, dim: Dim): Shape {
  return shape.map((old, i) => i === axis ? dim : old);
}

/** Extent of a joined axis. A name joins with empty parts only: sums of names have no written form. */
function joinedExtent(site: Site, dims: readonly Dim[]): Dim {
  const parts = dims.filter((dim) => dim !== 0);
  if (parts.length === 1) return parts[0]!;
  return parts.reduce<number>(
    (sum, dim) =>
      typeof dim === "number"
        ? sum + dim
        : site.fail(`the joined axis must have a fixed size in each input: found ${dim}`),
    0,
  );
}

function inferConcat(site: Site): readonly TensorType[] {
  const element = site.commonElement(ALL);
  const shapes = site.inputs.map((_, i) => site.shape(i));
  const first = shapes[0]!;
  const axis = site.axis(site.int("axis"), first.length);
  for (const shape of shapes) {
    if (!sameShape(replaced(shape, axis, 0), replaced(first, axis, 0))) {
      site.fail(
        `shapes must be equal on all axes except axis ${axis}: found ${formatShape(first)} and ${
          formatShape(shape)
        }`,
      );
    }
  }
  return [{ element, shape: replaced(first, axis, joinedExtent(site, shapes.map((shape) => shape[axis]!))) }];
}

function concatContents(site: Site): readonly Dim[] | undefined {
  const parts = site.inputs.map((_, i) => site.maybeContents(i));
  return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
}

/** One sliced axis: the first index, and how many `step`s are taken from there. */
interface Range {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly length: number;
}

/** ONNX Slice: indices below 0 count from the end; both ends are clamped to the extent. */
function sliceRange(extent: number, axis: number, start: number, end: number, step: number): Range {
  const from = start < 0 ? start + extent : start;
  const to = end < 0 ? end + extent : end;
  const clamp = (index: number, low: number, high: number) => Math.min(Math.max(index, low), high);
  const [low, high] = step > 0 ? [0, extent] : [-1, extent - 1];
  const first = clamp(from, Math.max(low, 0), high);
  const length = Math.max(0, Math.ceil((clamp(to, low, high) - first) / step));
  return { axis, start: first, step, length };
}

/** Ranges of the sliced axes. A name can only be taken whole: from 0 past every possible end. */
function sliceRanges(site: Site): readonly Range[] {
  const shape = site.shape(0);
  const starts = site.numbers(1, "starts");
  const ends = site.numbers(2, "ends");
  const axes = site.axes(site.has(3) ? site.numbers(3, "axes") : [...starts.keys()], shape.length);
  const steps = site.has(4) ? site.numbers(4, "steps") : starts.map(() => 1);
  if (new Set([starts.length, ends.length, axes.length, steps.length]).size > 1) {
    site.fail("starts, ends, axes and steps must have the same length");
  }
  return axes.flatMap((axis, i) => {
    const [extent, start, end, step] = [shape[axis]!, starts[i]!, ends[i]!, steps[i]!];
    if (step === 0) site.fail("steps must not be 0");
    if (typeof extent === "number") return [sliceRange(extent, axis, start, end, step)];
    if (start !== 0 || end < 2 ** 31 - 1 || step !== 1) {
      site.fail(`axis ${axis} cannot be sliced, because its size is not fixed (${extent})`);
    }
    return [];
  });
}

function inferSlice(site: Site): readonly TensorType[] {
  const { element, shape } = site.type(0);
  const sliced = sliceRanges(site).reduce<Shape>(
    (out, { axis, length }) => replaced(out, axis, length),
    shape,
  );
  return [{ element, shape: sliced }];
}

function sliceContents(site: Site): readonly Dim[] | undefined {
  const items = site.maybeContents(0);
  const [range] = sliceRanges(site);
  if (items === undefined || range === undefined) return items;
  return Array.from({ length: range.length }, (_, i) => items[range.start + i * range.step]!);
}

function inferGather(site: Site): readonly TensorType[] {
  const { element, shape } = site.type(0);
  const axis = site.axis(site.int("axis", 0), shape.length);
  const indices = site.typeIn(1, INDICES).shape;
  return [{ element, shape: [...shape.slice(0, axis), ...indices, ...shape.slice(axis + 1)] }];
}

function gatherContents(site: Site): readonly Dim[] | undefined {
  const [items, indices] = [site.maybeContents(0), site.maybeContents(1)];
  if (items === undefined || indices === undefined) return undefined;
  return indices.map((index) =>
    typeof index === "number" && items.at(index) !== undefined
      ? items.at(index)!
      : site.fail(`index must be ${-items.length} to ${items.length - 1}: found ${index}`)
  );
}

/** Parts given as input 1, else num_outputs equal ones, of which the last may be smaller. */
function splitSizes(site: Site, extent: number): readonly number[] {
  if (site.has(1)) return site.numbers(1, "split");
  const count = site.int("num_outputs", site.node.outputs.length);
  if (count < 1) site.fail(`num_outputs must be 1 or more: found ${count}`);
  if (count !== site.node.outputs.length) {
    site.fail(`num_outputs must be ${site.node.outputs.length}, the number of outputs: found ${count}`);
  }
  const size = Math.ceil(extent / count);
  return Array.from({ length: count }, (_, i) => i < count - 1 ? size : extent - size * (count - 1));
}

function inferSplit(site: Site): readonly TensorType[] {
  const { element, shape } = site.type(0);
  const axis = site.axis(site.int("axis", 0), shape.length);
  const extent = shape[axis]!;
  if (typeof extent !== "number") return site.fail(`axis ${axis} must have a fixed size: found ${extent}`);
  if (site.has(1) === (site.node.attributes["num_outputs"] !== undefined)) {
    site.fail("either input 1 (split) or attribute num_outputs must be present");
  }
  const sizes = splitSizes(site, extent);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total !== extent || sizes.some((size) => size < 0)) {
    site.fail(`parts [${sizes.join(",")}] must be 0 or more and add up to ${extent}`);
  }
  return sizes.map((size) => ({ element, shape: replaced(shape, axis, size) }));
}

export const SLICING = {
  Concat: {
    inputs: [1, Infinity],
    outputs: [1, 1],
    attributes: { axis: "int" },
    infer: inferConcat,
    contents: concatContents,
  },
  /** Inputs data, starts, ends, axes, steps. */
  Slice: { inputs: [3, 5], outputs: [1, 1], attributes: {}, infer: inferSlice, contents: sliceContents },
  Gather: {
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: { axis: "int" },
    infer: inferGather,
    contents: gatherContents,
  },
  Split: {
    inputs: [1, 2],
    outputs: [1, Infinity],
    attributes: { axis: "int", num_outputs: "int" },
    infer: inferSplit,
  },
} satisfies Record<string, Operator>;
