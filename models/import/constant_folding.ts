/**
 * Constant nodes of a file, computed beforehand: what exporters write to say a shape. Items are numbers, or extents
 * that are not known yet: names, as in `onnx/dims.ts`.
 */
import { sourcePlaces } from "../../autodiff/fold.ts";
import {
  joinedPlaces,
  type Moved,
  positiveAxis,
  slicedIndices,
  takenAt,
  tiled,
  transposed,
} from "./moving_items.ts";
import { product, quotient } from "../../onnx/dims.ts";
import {
  attributeOf,
  type Dim,
  type ElementType,
  type Node,
  type Shape,
  type Tensor,
} from "../../onnx/graph.ts";
import { constantNumbers } from "../../autodiff/constants.ts";
import { elementOfCode, tensorOf } from "../../onnx/tensor.ts";
import { numElements } from "../../common/shape.ts";

/** A small constant whose items may be names. */
export interface Constant {
  readonly element: ElementType;
  readonly shape: readonly number[];
  readonly items: readonly Dim[];
}

/** Constants of more items are not computed with. */
const MAX_ITEMS = 4096;
/** Names of more characters are not computed with. */
const MAX_NAME = 200;
/** Elements that items stand for exactly enough: shapes, and the scales that they are computed by. */
const ELEMENTS: readonly ElementType[] = ["float32", "float64", "int64", "int32", "bool"];

/** The items of a tensor, undefined for one that is not computed with. */
export function constantOf({ element, shape, data }: Tensor): Constant | undefined {
  if (!ELEMENTS.includes(element) || data.length > MAX_ITEMS) return undefined;
  return { element, shape, items: Array.from(data, Number) };
}

/** The tensor of these items, undefined where one is a name. */
export function tensorOfConstant({ element, shape, items }: Constant): Tensor | undefined {
  if (!items.every((item) => typeof item === "number")) return undefined;
  // Ends of slices may be the largest int64, which no number holds: any that is larger than every extent will do.
  const { MAX_SAFE_INTEGER: most } = Number;
  const isWhole = element === "int64";
  return tensorOf(element, shape, items.map((x) => isWhole ? Math.min(Math.max(x, -most), most) : x));
}

/** A node whose inputs are constants, undefined where one is omitted. */
export interface ConstantNode {
  readonly node: Node;
  readonly inputs: readonly (Constant | undefined)[];
}

/** Value of a constant node; undefined if it is unknown or not computed here. */
export function foldConstant(n: ConstantNode): Constant | undefined {
  const { op } = n.node;
  // One without items may have any extents.
  if (n.inputs.some((input) => input?.shape.some((extent) => extent > MAX_ITEMS))) return undefined;
  const found = Object.hasOwn(MOVES, op)
    ? MOVES[op]!(n)
    : Object.hasOwn(ARITHMETIC, op)
    ? elementwise(n, ARITHMETIC[op]!)
    : Object.hasOwn(COMPARISONS, op)
    ? elementwise(n, COMPARISONS[op]!, "bool")
    : Object.hasOwn(REDUCTIONS, op)
    ? reduced(n, REDUCTIONS[op]!)
    : undefined;
  return found && found.items.every(isKept) ? found : undefined;
}

/** False also for what a file of wrong shapes leaves open. */
function isKept(item: Dim | undefined): boolean {
  return typeof item === "number" || (item !== undefined && item.length <= MAX_NAME);
}

type Arithmetic = (a: Dim, b: Dim, element: ElementType) => Dim | undefined;

function numeric(of: (a: number, b: number, element: ElementType) => number): Arithmetic {
  return (a, b, element) => typeof a === "number" && typeof b === "number" ? of(a, b, element) : undefined;
}

function isInteger(element: ElementType): boolean {
  return element === "int64" || element === "int32";
}

/** A number of 1 or less beside a name: it is the smaller one. */
function atMostOne(a: Dim, b: Dim): number | undefined {
  const [number, other] = typeof a === "number" ? [a, b] : [b, a];
  return typeof number === "number" && typeof other === "string" && number <= 1 ? number : undefined;
}

/** First what holds for names, then for numbers. */
const ARITHMETIC: Readonly<Record<string, Arithmetic>> = {
  Add: (a, b) => a === 0 ? b : b === 0 ? a : numeric((x, y) => x + y)(a, b, "int64"),
  Sub: (a, b) => b === 0 ? a : a === b ? 0 : numeric((x, y) => x - y)(a, b, "int64"),
  Mul: (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a * b;
    const whole = [a, b].every((dim) => typeof dim === "string" || (Number.isSafeInteger(dim) && dim >= 0));
    return whole ? product([a, b]) : undefined;
  },
  Div: (a, b, element) => {
    if (typeof a === "number" && typeof b === "number") {
      return isInteger(element) ? b === 0 ? undefined : Math.trunc(a / b) : a / b;
    }
    return b === 0 ? undefined : quotient(a, b);
  },
  Mod: numeric((a, b) => ((a % b) + b) % b),
  Pow: numeric((a, b) => a ** b),
  /** A name is at least 1. */
  Min: (a, b) => a === b ? a : atMostOne(a, b) ?? numeric((x, y) => Math.min(x, y))(a, b, "int64"),
  Max: (a, b) => {
    if (a === b) return a;
    const low = atMostOne(a, b);
    return low === undefined ? numeric((x, y) => Math.max(x, y))(a, b, "int64") : low === a ? b : a;
  },
  Neg: numeric((a) => -a),
  Abs: numeric(Math.abs),
  Sqrt: numeric(Math.sqrt),
  Reciprocal: numeric((a) => 1 / a),
  Floor: (a) => typeof a === "number" ? Math.floor(a) : a,
  Ceil: (a) => typeof a === "number" ? Math.ceil(a) : a,
};

const logical = (of: (a: number, b: number) => boolean): Arithmetic => numeric((a, b) => Number(of(a, b)));

/** A name is at least 1, and may be any number from there on: known where both ends of that agree. */
function compared(of: (a: number, b: number) => boolean): Arithmetic {
  const ends = (dim: Dim) => typeof dim === "number" ? [dim, dim] : [1, Infinity];
  return (a, b) => {
    if (typeof a === "string" && typeof b === "string") return a === b ? Number(of(1, 1)) : undefined;
    const [low, high] = ends(a), [from, to] = ends(b);
    const both = [of(low!, from!), of(low!, to!), of(high!, from!), of(high!, to!)];
    return both.every((holds) => holds === both[0]) ? Number(both[0]) : undefined;
  };
}

const COMPARISONS: Readonly<Record<string, Arithmetic>> = {
  /** A name is at least 1. */
  Equal: (a, b) => {
    const [name, other] = typeof a === "string" ? [a, b] : [b, a];
    if (typeof name === "number") return Number(a === b);
    return name === other ? 1 : typeof other === "number" && other < 1 ? 0 : undefined;
  },
  Greater: compared((a, b) => a > b),
  GreaterOrEqual: compared((a, b) => a >= b),
  Less: compared((a, b) => a < b),
  LessOrEqual: compared((a, b) => a <= b),
  Xor: logical((a, b) => (a !== 0) !== (b !== 0)),
  And: logical((a, b) => a !== 0 && b !== 0),
  Or: logical((a, b) => a !== 0 || b !== 0),
  Not: logical((a) => a === 0),
};

function broadcastShape(shapes: readonly (readonly number[])[]): number[] | undefined {
  const rank = Math.max(...shapes.map(({ length }) => length));
  const out = Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (const [i, extent] of shape.entries()) {
      const axis = rank - shape.length + i;
      if (extent === 1 || extent === out[axis]) continue;
      if (out[axis] !== 1) return undefined;
      out[axis] = extent;
    }
  }
  return numElements(out) <= MAX_ITEMS ? out : undefined;
}

/** The items of each constant, broadcast to one shape. */
function broadcastItems(
  constants: readonly Constant[],
  to?: readonly number[],
): { shape: number[]; columns: Dim[][] } | undefined {
  const shape = broadcastShape([...constants.map((constant) => constant.shape), ...to ? [to] : []]);
  if (shape === undefined) return undefined;
  const columns = constants.map(({ shape: own, items }) =>
    sourcePlaces(own, shape).map((place) => items[place]!)
  );
  return { shape, columns };
}

function allOf(n: ConstantNode): readonly Constant[] | undefined {
  return n.inputs.every((input) => input !== undefined) ? n.inputs : undefined;
}

/** Operators of any number of inputs. */
const VARIADIC = ["Min", "Max"];

function elementwise(n: ConstantNode, of: Arithmetic, result?: ElementType): Constant | undefined {
  const constants = allOf(n);
  const element = constants?.[0]?.element;
  if (constants === undefined || element === undefined) return undefined;
  if (VARIADIC.includes(n.node.op) && constants.length !== 2) {
    const [first, ...rest] = constants;
    return rest.reduce<Constant | undefined>(
      (sofar, next) => sofar && elementwise({ ...n, inputs: [sofar, next] }, of, result),
      first,
    );
  }
  if (constants.length > 2) return undefined;
  const broadcast = broadcastItems(constants);
  if (broadcast === undefined) return undefined;
  const { shape, columns: [a, b] } = broadcast;
  const items = a!.map((x, i) => of(x, b?.[i] ?? 0, element));
  return complete({ element: result ?? element, shape }, items);
}

/** Rounded as the element type keeps it; undefined where an item is not known. */
function complete(
  type: Pick<Constant, "element" | "shape">,
  items: readonly (Dim | undefined)[],
): Constant | undefined {
  if (!items.every((item) => item !== undefined)) return undefined;
  const rounded = items.map((item) =>
    typeof item === "number" && type.element === "float32" ? Math.fround(item) : item
  );
  return { ...type, items: rounded };
}

const REDUCTIONS: Readonly<Record<string, Arithmetic>> = {
  ReduceProd: ARITHMETIC.Mul!,
  ReduceSum: ARITHMETIC.Add!,
  ReduceMax: ARITHMETIC.Max!,
  ReduceMin: ARITHMETIC.Min!,
};

/** Over all axes. */
function reduced({ node, inputs: [x, axes] }: ConstantNode, of: Arithmetic): Constant | undefined {
  if (x === undefined || x.items.length === 0) return undefined;
  const given = numbersOf(axes)?.length ?? node.attributes.axes?.kind;
  if (x.shape.length > 1 && given !== undefined && given !== 0) return undefined;
  const [first, ...rest] = x.items;
  const total = rest.reduce<Dim | undefined>(
    (sum, item) => sum === undefined ? undefined : of(sum, item, x.element),
    first,
  );
  const keeps = intOf(node, "keepdims", 1) !== 0;
  return complete({ element: x.element, shape: keeps ? x.shape.map(() => 1) : [] }, [total]);
}

function intOf(node: Node, name: string, otherwise: number): number {
  return attributeOf(node.attributes, name, "int") ?? otherwise;
}

/** The items of an input that must be there and be numbers. */
function numbersOf(constant: Constant | undefined): readonly number[] | undefined {
  return constant?.items.every((item) => typeof item === "number") ? constant.items : undefined;
}

function withShape(x: Constant | undefined, shape: readonly number[] | undefined): Constant | undefined {
  return x && shape && numElements(shape) === x.items.length ? { ...x, shape } : undefined;
}

function filled(element: ElementType, shape: readonly number[], item: Dim): Constant | undefined {
  const size = numElements(shape);
  return size <= MAX_ITEMS ? { element, shape, items: Array<Dim>(size).fill(item) } : undefined;
}

/** The items at these places. */
function placed(x: Constant, moved: Moved | undefined): Constant | undefined {
  if (moved === undefined || moved.places.length > MAX_ITEMS) return undefined;
  return { element: x.element, shape: moved.shape, items: moved.places.map((place) => x.items[place]!) };
}

/** Operators that make constants or give their items other places. */
const MOVES: Readonly<Record<string, (n: ConstantNode) => Constant | undefined>> = {
  Constant: ({ node: { attributes } }) => {
    const items = constantNumbers(attributes);
    const { value, value_int, value_ints } = attributes;
    if (items === undefined || items.length > MAX_ITEMS) return undefined;
    if (value?.kind === "tensor") return constantOf(value.value);
    const element = value_int || value_ints ? "int64" : "float32";
    return { element, shape: attributes.value_ints || attributes.value_floats ? [items.length] : [], items };
  },
  Identity: ({ inputs: [x] }) => x,
  Cast: ({ node, inputs: [x] }) => {
    const element = elementOfCode(intOf(node, "to", 0));
    if (x === undefined || element === undefined || !ELEMENTS.includes(element)) return undefined;
    const cast = (item: Dim) => {
      if (typeof item === "string") return element === "bool" ? 1 : item;
      return element === "bool" ? Number(item !== 0) : isInteger(element) ? Math.trunc(item) : item;
    };
    return complete({ element, shape: x.shape }, x.items.map(cast));
  },
  Reshape: ({ node, inputs: [x, to] }) => {
    const asked = numbersOf(to);
    if (x === undefined || asked === undefined) return undefined;
    const copies = intOf(node, "allowzero", 0) === 0;
    const shape = asked.map((extent, i) => extent === 0 && copies ? x.shape[i] ?? 0 : extent);
    const rest = numElements(shape.filter((extent) => extent !== -1));
    return withShape(x, shape.map((extent) => extent === -1 ? x.items.length / rest : extent));
  },
  Squeeze: ({ inputs: [x, axes] }) => {
    const given = axes && numbersOf(axes)?.map((axis) => axis < 0 ? axis + (x?.shape.length ?? 0) : axis);
    return withShape(x, x?.shape.filter((extent, axis) => given ? !given.includes(axis) : extent !== 1));
  },
  Unsqueeze: ({ inputs: [x, axes] }) => {
    const given = numbersOf(axes);
    if (x === undefined || given === undefined) return undefined;
    const rank = x.shape.length + given.length, rest = x.shape.values();
    const at = given.map((axis) => axis < 0 ? axis + rank : axis);
    return withShape(
      x,
      Array.from({ length: rank }, (_, axis) => at.includes(axis) ? 1 : rest.next().value ?? 1),
    );
  },
  Concat: (n) => {
    const parts = allOf(n);
    const rank = parts?.[0]?.shape.length ?? 0;
    const moved = joinedPlaces(
      parts?.map(({ shape }) => shape) ?? [],
      positiveAxis(intOf(n.node, "axis", 0), rank),
    );
    const items = parts?.flatMap((part) => part.items);
    return parts && placed({ ...parts[0]!, items: items! }, moved);
  },
  Gather: ({ node, inputs: [x, indices] }) => {
    const places = numbersOf(indices), axis = x && positiveAxis(intOf(node, "axis", 0), x.shape.length);
    if (places === undefined || axis === undefined) return undefined;
    const taken = takenAt(x!.shape, axis, places);
    const shape = x!.shape.toSpliced(axis, 1, ...indices!.shape);
    return placed(x!, taken && { shape, places: taken.places });
  },
  Slice: ({ inputs: [x, starts, ends, axes, steps] }) => {
    const [start, end] = [numbersOf(starts), numbersOf(ends)];
    if (x === undefined || start === undefined || end === undefined) return undefined;
    const given = axes ? numbersOf(axes) : [...start.keys()],
      step = steps ? numbersOf(steps) : start.map(() => 1);
    if (given === undefined || step === undefined || step.includes(0)) return undefined;
    if (![...start, ...end, ...step].every(Number.isInteger)) return undefined;
    return given.reduce<Constant | undefined>((sliced, each, i) => {
      const axis = positiveAxis(each, x.shape.length), extent = sliced?.shape[axis];
      if (sliced === undefined || extent === undefined) return undefined;
      return placed(sliced, takenAt(sliced.shape, axis, slicedIndices(extent, start[i]!, end[i]!, step[i]!)));
    }, x);
  },
  Transpose: ({ node, inputs: [x] }) => {
    const perm = attributeOf(node.attributes, "perm", "ints");
    return x && placed(x, transposed(x.shape, perm ?? [...x.shape.keys()].reverse()));
  },
  Tile: ({ inputs: [x, repeats] }) => {
    const times = numbersOf(repeats);
    if (x === undefined || times === undefined || numElements(times) * x.items.length > MAX_ITEMS) {
      return undefined;
    }
    return placed(x, tiled(x.shape, times));
  },
  Expand: ({ inputs: [x, to] }) => {
    const shape = numbersOf(to);
    const broadcast = x && shape && broadcastItems([x], shape);
    return broadcast && { element: x.element, shape: broadcast.shape, items: broadcast.columns[0]! };
  },
  Where: (n) => {
    const constants = allOf(n);
    const broadcast = constants && broadcastItems(constants);
    if (broadcast === undefined) return undefined;
    const { shape, columns: [condition, a, b] } = broadcast;
    const items = condition!.map((holds, i) => holds !== 0 ? a![i] : b![i]);
    return complete({ element: constants![1]!.element, shape }, items);
  },
  ConstantOfShape: ({ node: { attributes: { value } }, inputs: [extents] }) => {
    const shape = numbersOf(extents);
    if (shape === undefined || shape.some((extent) => extent < 0)) return undefined;
    const fill = value?.kind === "tensor" ? constantOf(value.value) : undefined;
    if (value !== undefined && fill === undefined) return undefined;
    return filled(fill?.element ?? "float32", shape, fill?.items[0] ?? 0);
  },
  Range: ({ inputs }) => {
    const [start, limit, step] = inputs.map((input) => numbersOf(input)?.[0]);
    if (start === undefined || limit === undefined || !step) return undefined;
    const length = Math.max(0, Math.ceil((limit - start) / step));
    if (!(length <= MAX_ITEMS)) return undefined;
    const items = Array.from({ length }, (_, i) => start + i * step);
    return complete({ element: inputs[0]!.element, shape: [length] }, items);
  },
};

/** The values of Shape and Size for a value of this shape. */
export function shapeConstant(node: Node, shape: Shape): Constant {
  if (node.op === "Size") return { element: "int64", shape: [], items: [product(shape)] };
  const clamp = (axis: number) => Math.min(Math.max(axis < 0 ? axis + shape.length : axis, 0), shape.length);
  const items = shape.slice(clamp(intOf(node, "start", 0)), clamp(intOf(node, "end", shape.length)));
  return { element: "int64", shape: [items.length], items };
}
