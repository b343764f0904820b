/**
 * Finds graphs in which the examples of a batch see each other: the batch is followed through every value, from node to
 * node. A node that sums, sorts, slices or joins along it couples them, and so does one that brings the batch of one
 * value to another axis than that of the other, as comparing all with all does. What is not known here is taken to
 * couple. Batch normalisation is left to its own form in training.
 */
import { numbersOf } from "../../autodiff/constants.ts";
import { isFixed } from "../../onnx/dims.ts";
import { parseEinsum } from "../../onnx/einsum.ts";
import {
  attributeOf,
  type Dim,
  type ElementType,
  type Graph,
  type Node,
  type Shape,
} from "../../onnx/graph.ts";
import { describeNode } from "../../onnx/operator.ts";
import { ACTIVATIONS } from "../../onnx/operators/activations.ts";
import { ELEMENTWISE } from "../../onnx/operators/elementwise.ts";
import { numElements } from "../../common/shape.ts";
import { LABEL_INPUT } from "./file_ends.ts";
import { positiveAxis } from "./moving_items.ts";

/** The axis that the batch is in. `lead`: how often the batch is repeated in it, 1 where each example is one stretch. */
interface Place {
  readonly axis: number;
  readonly lead: number;
}

/** Null: the value is the same for every batch. */
type Found = Place | null | "coupled";

/** One input of a node. */
interface Operand {
  readonly place: Place | null;
  readonly shape: Shape;
  /** Arithmetic of constant integers. */
  readonly numbers: readonly number[] | undefined;
}

interface Step {
  readonly node: Node;
  readonly operands: readonly Operand[];
  /** Type of the first output. */
  readonly shape: Shape;
}

type Rule = (step: Step) => Found;

/** Element types of axes, places and shapes: the axis of a CumSum and what Gather takes may be either. */
const INTEGERS: readonly (ElementType | undefined)[] = ["int32", "int64"];

/** The first node that couples the examples of the graph's inputs, in words; null where they stay apart. */
export function couplingNode(graph: Graph): string | null {
  const places = new Map<string, Place | null>(
    [graph.inputs[0]!, LABEL_INPUT].map((name) => [name, { axis: 0, lead: 1 }]),
  );
  const operand = (name: string): Operand => {
    const tensor = graph.initializers.get(name);
    return {
      place: places.get(name) ?? null,
      shape: graph.types.get(name)?.shape ?? [],
      numbers: INTEGERS.includes(tensor?.element) ? numbersOf(tensor) : undefined,
    };
  };
  for (const node of graph.nodes) {
    const operands = node.inputs.map(operand);
    const depends = operands.some(({ place }) => place !== null);
    const shape = graph.types.get(node.outputs[0]!)!.shape;
    const found = depends ? ruleOf(node.op)({ node, operands, shape }) : null;
    if (found === "coupled") return describeNode(graph.name, node);
    for (const name of node.outputs) places.set(name, found);
  }
  return null;
}

function ruleOf(op: string): Rule {
  if (Object.hasOwn(ELEMENTWISE, op) || Object.hasOwn(ACTIVATIONS, op)) return broadcast;
  if (op.startsWith("Reduce")) return reduced;
  return Object.hasOwn(RULES, op) ? RULES[op]! : coupled;
}

const coupled: Rule = () => "coupled";

/** The one place that all that depend on the batch have. */
function together(places: readonly (Place | null)[]): Found {
  const [first, ...others] = places.filter((place) => place !== null);
  if (first === undefined) return null;
  return others.every(({ axis, lead }) => axis === first.axis && lead === first.lead) ? first : "coupled";
}

/** Axes line up from the last one. */
const broadcast: Rule = ({ operands, shape }) => {
  const found = together(
    operands.map(({ place, shape: own }) =>
      place && { ...place, axis: place.axis + shape.length - own.length }
    ),
  );
  return kept(found, operands.find(({ place }) => place !== null)!, shape);
};

/** A place whose axis has the extent that it had. */
function kept(found: Found, { place, shape: own }: Operand, shape: Shape): Found {
  if (found === null || found === "coupled") return found;
  return shape[found.axis] === own[place!.axis] ? found : "coupled";
}

/** The same axis, if its extent is what it was. */
const sameAxis: Rule = ({ operands, shape }) => {
  const [x, ...others] = operands;
  return others.some(({ place }) => place !== null) ? "coupled" : kept(x!.place, x!, shape);
};

/** Only along the first axis: maps of examples one after another. */
const firstAxis: Rule = (step) => step.operands[0]!.place?.axis === 0 ? sameAxis(step) : "coupled";

/** In row-major order the batch stays where it is. */
const reshaped: Rule = ({ operands: [x], shape }) => {
  const { axis, lead } = x!.place!, before = x!.shape.slice(0, axis);
  if (!isFixed(before)) return "coupled";
  const outer = numElements(before) * lead;
  const to = shape.findIndex((dim) => typeof dim === "string"), others = shape.slice(0, to);
  if (to < 0 || shape.slice(to + 1).some((dim) => typeof dim === "string") || !isFixed(others)) {
    return "coupled";
  }
  const own = outer / numElements(others);
  return Number.isInteger(own) && factorOf(shape[to]!) % own === 0 ? { axis: to, lead: own } : "coupled";
};

/** The number in an extent such as 4*N. */
function factorOf(dim: Dim): number {
  if (typeof dim === "number") return dim;
  const [first, ...names] = dim.split("*");
  return names.length > 0 && /^\d+$/.test(first!) ? Number(first) : 1;
}

function intOf({ attributes }: Node, name: string, otherwise: number): number {
  return attributeOf(attributes, name, "int") ?? otherwise;
}

/** Coupled along this axis; elsewhere, what `otherwise` says. */
function unlessAlong(axis: number | undefined, { operands: [x] }: Step, otherwise: () => Found): Found {
  const { place, shape } = x!;
  if (place === null) return "coupled";
  return axis === undefined || positiveAxis(axis, shape.length) === place.axis ? "coupled" : otherwise();
}

const alongAttribute = (otherwise: number): Rule => (step) =>
  unlessAlong(intOf(step.node, "axis", otherwise), step, () => sameAxis(step));

const reduced: Rule = ({ node, operands: [x, given] }) => {
  const rank = x!.shape.length, place = x!.place!;
  if (given === undefined && intOf(node, "noop_with_empty_axes", 0) !== 0) return place;
  const axes = given?.numbers?.map((axis) => positiveAxis(axis, rank));
  if (axes === undefined || axes.length === 0 || axes.includes(place.axis)) return "coupled";
  if (intOf(node, "keepdims", 1) !== 0) return place;
  return { ...place, axis: place.axis - axes.filter((axis) => axis < place.axis).length };
};

/** An operator that finds one position along an axis. */
const alongOne: Rule = (step) =>
  unlessAlong(intOf(step.node, "axis", 0), step, () => {
    const place = step.operands[0]!.place!, rank = step.operands[0]!.shape.length;
    const is_after = place.axis > positiveAxis(intOf(step.node, "axis", 0), rank);
    return intOf(step.node, "keepdims", 1) === 0 && is_after ? { ...place, axis: place.axis - 1 } : place;
  });

const transposed: Rule = ({ node, operands: [x] }) => {
  const { axis, lead } = x!.place!, perm = attributeOf(node.attributes, "perm", "ints");
  const to = perm ? perm.indexOf(axis) : x!.shape.length - 1 - axis;
  return { axis: to, lead };
};

const multiplied: Rule = ({ operands: [a, b] }) => {
  const isMatrix = (x: Operand) => x.shape.length > 1;
  const rank = Math.max(2, a!.shape.length, b!.shape.length);
  /** In a product of matrices of this rank. `summed` and `free`: axes counted from the last of two. */
  const of = (x: Operand, summed: number): Place | null | "coupled" => {
    if (x.place === null) return null;
    if (!isMatrix(x)) return "coupled";
    const axis = x.place.axis + rank - x.shape.length;
    return axis === rank - summed ? "coupled" : { ...x.place, axis };
  };
  const places = [of(a!, 1), of(b!, 2)];
  if (places.includes("coupled")) return "coupled";
  const found = together(places as (Place | null)[]);
  if (found === null || found === "coupled") return found;
  // The row of a vector is gone from the product.
  return !isMatrix(a!) && found.axis === rank - 1 ? { ...found, axis: rank - 2 } : found;
};

const gemm: Rule = ({ node, operands: [a, b, c], shape }) => {
  const rows = intOf(node, "transA", 0) === 0 ? 0 : 1, columns = intOf(node, "transB", 0) === 0 ? 1 : 0;
  if ((a!.place && a!.place.axis !== rows) || (b!.place && b!.place.axis !== columns)) return "coupled";
  return together([
    a!.place && { ...a!.place, axis: 0 },
    b!.place && { ...b!.place, axis: 1 },
    c?.place ? { ...c.place, axis: c.place.axis + shape.length - c.shape.length } : null,
  ]);
};

const joined: Rule = ({ node, operands, shape }) => {
  const axis = positiveAxis(intOf(node, "axis", 0), shape.length);
  const found = together(operands.map(({ place }) => place));
  return found !== null && found !== "coupled" && found.axis === axis ? "coupled" : found;
};

/** Ends of slices that mean the last element, in files of several exporters. */
const FAR = 2 ** 31 - 1;

const sliced: Rule = ({ operands: [x, starts, ends, axes, steps] }) => {
  const begin = starts?.numbers, end = ends?.numbers;
  if (begin === undefined || end === undefined || !x!.place) return "coupled";
  const along = axes === undefined || axes.shape.length === 0 ? [...begin.keys()] : axes.numbers;
  const i = along?.findIndex((axis) => positiveAxis(axis, x!.shape.length) === x!.place!.axis);
  if (i === undefined) return "coupled";
  if (i < 0) return x!.place;
  return begin[i] === 0 && end[i]! >= FAR && (steps?.numbers?.[i] ?? 1) === 1 ? x!.place : "coupled";
};

const gathered: Rule = ({ node, operands: [x, indices] }) => {
  const axis = positiveAxis(intOf(node, "axis", 0), x!.shape.length);
  if (x!.place === null) return { ...indices!.place!, axis: indices!.place!.axis + axis };
  if (indices!.place !== null || x!.place.axis === axis) return "coupled";
  const grows = x!.place.axis > axis ? indices!.shape.length - 1 : 0;
  return { ...x!.place, axis: x!.place.axis + grows };
};

/** Rows of indices name places along the axes of x behind its batch_dims; what they name keeps the axes behind those. */
const gatheredND: Rule = ({ node, operands: [x, indices] }) => {
  const batch_dims = intOf(node, "batch_dims", 0), named = indices!.shape.at(-1);
  if (typeof named !== "number") return "coupled";
  const moved = (place: Place): Found => {
    if (place.axis < batch_dims) return place;
    const behind = place.axis - batch_dims - named;
    return behind < 0 ? "coupled" : { ...place, axis: indices!.shape.length - 1 + behind };
  };
  const of_x = x!.place && moved(x!.place), of_indices = indices!.place;
  if (of_x === "coupled" || (of_indices && of_indices.axis >= indices!.shape.length - 1)) return "coupled";
  return together([of_x, of_indices]);
};

const scatteredND: Rule = ({ operands: [x, indices, updates] }) => {
  const named = indices!.shape.at(-1);
  if (typeof named !== "number" || indices!.place !== null) return "coupled";
  const shift = named - (indices!.shape.length - 1);
  const of_updates = updates!.place && { ...updates!.place, axis: updates!.place.axis + shift };
  const found = together([x!.place, of_updates]);
  return found !== null && found !== "coupled" && found.axis < named ? "coupled" : found;
};

const einsum: Rule = ({ node, operands }) => {
  const { equation } = node.attributes;
  if (equation?.kind !== "string") return "coupled";
  const labels = parseEinsum(equation.value, operands.map(({ shape }) => shape.length));
  const places = operands.map(({ place }, i) =>
    place && { ...place, axis: labels.output.indexOf(labels.operands[i]![place.axis]!) }
  );
  return places.some((place) => place?.axis === -1) ? "coupled" : together(places);
};

/** Operands of one rank, each element its own place along `axis`. */
const elementsAlong: Rule = ({ node, operands, shape }) => {
  const found = together(operands.map(({ place }) => place));
  if (found === null || found === "coupled") return found;
  return found.axis === positiveAxis(intOf(node, "axis", 0), shape.length) ? "coupled" : found;
};

/** Matrices of the last two axes. */
const matrices: Rule = (step) =>
  step.operands[0]!.place && step.operands[0]!.place.axis < step.shape.length - 2
    ? sameAxis(step)
    : "coupled";

const RULES: Readonly<Record<string, Rule>> = {
  ArgMax: alongOne,
  ArgMin: alongOne,
  AveragePool: firstAxis,
  BatchNormalization: firstAxis,
  Concat: joined,
  ConstantOfShape: () => null,
  Conv: firstAxis,
  ConvTranspose: firstAxis,
  CumSum: (step) => unlessAlong(step.operands[1]?.numbers?.[0], step, () => sameAxis(step)),
  DepthToSpace: firstAxis,
  Einsum: einsum,
  Expand: broadcast,
  Flatten: reshaped,
  Gather: gathered,
  GatherElements: elementsAlong,
  GatherND: gatheredND,
  Gemm: gemm,
  GlobalAveragePool: firstAxis,
  GlobalMaxPool: firstAxis,
  Hardmax: alongAttribute(-1),
  LogSoftmax: alongAttribute(-1),
  MatMul: multiplied,
  MaxPool: firstAxis,
  Pad: sameAxis,
  Reshape: reshaped,
  Resize: firstAxis,
  ScatterElements: elementsAlong,
  ScatterND: scatteredND,
  Shape: () => null,
  Size: () => null,
  Slice: sliced,
  Softmax: alongAttribute(-1),
  SpaceToDepth: firstAxis,
  Split: (step) => unlessAlong(intOf(step.node, "axis", 0), step, () => step.operands[0]!.place),
  Squeeze: reshaped,
  Tile: sameAxis,
  Transpose: transposed,
  Trilu: matrices,
  Unsqueeze: reshaped,
};
