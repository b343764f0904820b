/**
 * The pass after differentiation: operators that ONNX Runtime's providers for GPUs have no kernel for (1.30), and forms of
 * others that they compute wrongly, are written with what they have. Their rules have been applied by then, so no gradient
 * goes through these forms.
 */
import type { AttributeInput, Value } from "../onnx/builder.ts";
import { isFixed, sameShape } from "../onnx/dims.ts";
import type { ElementType, Graph } from "../onnx/graph.ts";
import { beyond, transposedWindows } from "../onnx/operators/window.ts";
import { expandAll, type Expansion, type Expansions, type ExpansionSite } from "./expansion.ts";
import { nearestIndex, resizedAxes, type ResizedAxis, sourceCoordinate } from "./resizing.ts";
import { windowAttributes } from "./rules/windows.ts";
import { numElements } from "../common/shape.ts";

const REALS: readonly ElementType[] = ["float32", "float64"];

/** Same shapes, or one exponent for all: other broadcasts fail when they run. */
function runs(base: Value, p: Value): boolean {
  return sameShape(base.type.shape, p.type.shape) ||
    (isFixed(p.type.shape) && numElements(p.type.shape) === 1 &&
      p.type.shape.length <= base.type.shape.length);
}

/** Steps below 0 must start at the last element: so the axis is cut behind the first one taken. */
function sliceBackwards(n: ExpansionSite): Value | null {
  const x = n.x(0), starts = n.maybeConstants(1), ends = n.maybeConstants(2);
  const axes = n.has(3) ? n.maybeConstants(3) : starts && [...starts.keys()];
  const steps = n.has(4) ? n.maybeConstants(4) : [];
  if (!isFixed(x.type.shape) || !starts || !ends || !axes || !steps) return null;
  const { shape } = x.type;
  const extents = axes.map((axis) => shape[axis < 0 ? axis + shape.length : axis]!);
  const fromEnd = (at: number, i: number) => at < 0 ? at + extents[i]! : at;
  const isWrong = (i: number) => steps[i]! < 0 && fromEnd(starts[i]!, i) < extents[i]! - 1;
  if (!steps.some((_, i) => isWrong(i))) return null;
  const cut = extents.map((extent, i) => isWrong(i) ? Math.max(fromEnd(starts[i]!, i) + 1, 1) : extent);
  const first = n.op("Slice", [x, ...[axes.map(() => 0), cut, axes].map((list) => n.intVector(list))]);
  const last = ends.map((end, i) => {
    const before = fromEnd(end, i);
    return !isWrong(i) ? end : before < 0 ? -(2 ** 31) : before;
  });
  const begin = starts.map((start, i) => isWrong(i) ? -1 : start);
  return n.op("Slice", [first, ...[begin, last, axes, steps].map((list) => n.intVector(list))]);
}

/** Runs as written, or with other attributes and fewer outputs. */
interface Padding {
  readonly attributes: Readonly<Record<string, AttributeInput>>;
  readonly cut: (y: Value) => Value;
}

const bothEnds = (pad: number) => ({ begin: pad, end: pad });

/**
 * CUDA has no kernel for unequal padding at the two ends of an axis: there the smaller one stands at both, and what is
 * too much is cut off. Null where they are equal.
 */
function evenPadding(n: ExpansionSite): Padding | null {
  const spatial = [...n.x(0).type.shape.keys()].slice(2);
  const axes = transposedWindows(n, spatial.map((axis) => n.extent(n.x(0), axis)), n.shape(n.x(1)).slice(2));
  const uneven = spatial.filter((_, i) => axes[i]!.begin !== axes[i]!.end);
  if (uneven.length === 0) return null;
  const even = axes.map((axis) => ({ ...axis, ...bothEnds(Math.min(axis.begin, axis.end)) }));
  const starts = uneven.map((axis) => axes[axis - 2]!.begin - even[axis - 2]!.begin);
  const ends = uneven.map((axis, i) => starts[i]! + axes[axis - 2]!.extent);
  return {
    attributes: { ...windowAttributes(even, n.int("group", 1)), output_padding: axes.map(beyond) },
    cut: (y) => n.op("Slice", [y, ...[starts, ends, uneven].map((list) => n.intVector(list))]),
  };
}

/**
 * y = sum over the channels of a group of each put back alone, where several share one target: ONNX Runtime's kernel
 * for maps in NHWC order gives wrong numbers for 2, 4, 8 ... of them, without an error.
 */
function putBackAlone(n: ExpansionSite, attributes: Padding["attributes"]): Value {
  const x = n.x(0), w = n.x(1), group = n.int("group", 1), [channels] = n.shape(w) as [number];
  const alone = n.op("ConvTranspose", [x, w], { ...attributes, group: channels });
  const extents = alone.type.shape.slice(2) as number[];
  const parted = n.op("Reshape", [alone, n.intVector([0, group, channels / group, ...extents])]);
  const y = n.sum(parted, [2], false);
  return n.has(2) ? n.add(y, n.reshape(n.x(2), [group, ...extents.map(() => 1)])) : y;
}

function convTranspose(n: ExpansionSite): Value | null {
  const [channels, each] = n.shape(n.x(1)) as [number, number], group = n.int("group", 1);
  const shares = each === 1 && group !== 1 && group !== channels;
  const even = evenPadding(n);
  if (even === null) return shares ? putBackAlone(n, n.own_attributes) : null;
  const inputs = [n.x(0), n.x(1), n.has(2) ? n.x(2) : null];
  return even.cut(
    shares ? putBackAlone(n, even.attributes) : n.op("ConvTranspose", inputs, even.attributes),
  );
}

/** Far more than a division on a GPU is off by (2.5 units in the last place, by Vulkan), in elements. */
const ROUNDING = 1e-3;

/**
 * The nearest neighbours by their indices, where a coordinate lies between two of them, and rounding on a GPU decides
 * (measured: a ceil of 0 that gave 1). Halving is exact anywhere, but corners that are aligned ask for other divisions.
 */
function nearestByIndex(n: ExpansionSite): Value | null {
  const axes = resizedAxes(n, n.type);
  const halves = n.string("coordinate_transformation_mode") !== "align_corners";
  const isClose = (axis: ResizedAxis) => {
    const index = nearestIndex(n, axis);
    return index !== undefined && !(halves && Number.isInteger(Math.log2(axis.scale))) &&
      Array.from({ length: axis.to }, (_, i) => sourceCoordinate(n, i, axis))
        .some((place) => index(place - ROUNDING) !== index(place + ROUNDING));
  };
  if (!axes.some(isClose)) return null;
  return axes.reduce((x, axis) => {
    const index = nearestIndex(n, axis)!;
    const indices = Array.from({ length: axis.to }, (_, i) => index(sourceCoordinate(n, i, axis)));
    return n.op("Gather", [x, n.intVector(indices)], { axis: axis.axis });
  }, n.x(0));
}

const FORMS = {
  Slice: sliceBackwards,
  ConvTranspose: convTranspose,
  Resize: nearestByIndex,
  /** |x| where there is nothing to sum over: the kernel gives something else */
  ReduceL2: (n) => {
    const axes = n.has(1) ? n.maybeConstants(1) : [];
    return n.int("noop_with_empty_axes", 0) !== 0 && axes?.length === 0 ? n.op("Abs", [n.x(0)]) : null;
  },
  /** x, and a mask that is true everywhere, where nothing is trained */
  Dropout: (n) => {
    const x = n.x(0);
    if (n.has(2) && n.maybeConstants(2)?.[0] !== 0) return null;
    return [x, n.op("Not", [n.op("Less", [x, x])])];
  },
  /** x - max - log sum exp(x - max) */
  LogSoftmax: (n) => {
    const x = n.x(0), axis = n.intVector([n.int("axis", -1)]);
    const shifted = n.sub(x, n.op("ReduceMax", [x, axis]));
    return n.sub(shifted, n.op("Log", [n.op("ReduceSum", [n.op("Exp", [shifted]), axis])]));
  },
  /** gamma elu(x; alpha) */
  Selu: (n) => {
    const alpha = n.float("alpha", 1.6732631921768188), gamma = n.float("gamma", 1.0507010221481323);
    return n.mul(n.op("Elu", [n.x(0)], { alpha }), n.number(gamma));
  },
  /** [N, C, H, W] as [N, C, H / s, s, W / s, s], its blocks before the channels: [N, s s C, H / s, W / s] */
  SpaceToDepth: (n) => {
    const x = n.x(0), size = n.int("blocksize", 1);
    const [channels, height, width] = [1, 2, 3].map((axis) => n.extent(x, axis)) as [number, number, number];
    const blocks = [0, channels, height / size, size, width / size, size];
    const parted = n.op("Reshape", [x, n.intVector(blocks)]);
    const moved = n.transpose(parted, [0, 3, 5, 1, 2, 4]);
    return n.op("Reshape", [moved, n.intVector([0, channels * size ** 2, height / size, width / size])]);
  },
  /** not (not a and not b) */
  Or: (n) => {
    const [a, b] = [0, 1].map((i) => n.op("Not", [n.x(i)]));
    return n.op("Not", [n.op("And", [a!, b!])]);
  },
  /** 1 where x > 0, -1 where x < 0, else 0 */
  Sign: (n) => {
    const x = n.x(0);
    if (!REALS.includes(n.type.element)) return null;
    const below = n.where(n.op("Less", [x, n.number(0)]), n.number(-1), n.number(0));
    return n.where(n.op("Greater", [x, n.number(0)]), n.number(1), below);
  },
  /** The lower neighbour, or the upper one where that is nearer, or even and as near */
  Round: (n) => {
    const x = n.x(0), low = n.op("Floor", [x]), part = n.sub(x, low), one = n.number(1), half = n.number(0.5);
    const is_odd = n.op("Greater", [n.sub(low, n.mul(n.op("Floor", [n.mul(low, half)]), n.number(2))), half]);
    const is_upper = n.op("Greater", [part, n.where(is_odd, n.number(0.25), half)]);
    const is_far = n.op("Less", [part, half]);
    return n.add(low, n.where(is_far, n.number(0), n.where(is_upper, one, n.number(0))));
  },
  /** With base and exponent repeated to the shape of the result */
  Pow: (n) => {
    const { element, shape } = n.type, base = n.x(0), p = n.exponent;
    if (!REALS.includes(element) || (p === n.x(1) && runs(base, p))) return null;
    if (runs(base, p) || !isFixed(shape)) return n.op("Pow", [base, p]);
    return n.op("Pow", [n.expand(base, shape), n.expand(p, shape)]);
  },
} satisfies Expansions;

/** Operators that {@linkcode withProviderWorkarounds} rewrites. */
export const WORKAROUND_FORMS: Readonly<Record<keyof typeof FORMS, Expansion>> = FORMS;

/** The graph with the same inputs and outputs, and the same numbers but for rounding, that runs on every provider. */
export function withProviderWorkarounds(graph: Graph): Graph {
  return expandAll(graph, WORKAROUND_FORMS);
}
