/**
 * Replacements of nodes. Every pattern keeps the numbers exactly, to the bit, but for the sign of a zero.
 */
import type { Value } from "../onnx/builder.ts";
import { isFixed, sameShape, sameType } from "../onnx/dims.ts";
import { type Attribute, attributeOf } from "../onnx/graph.ts";
import type { OpName } from "../onnx/shapes.ts";
import { tensorOf } from "../onnx/tensor.ts";
import { fold } from "./fold.ts";
import type { Application, Pattern, Rewriter } from "./rewriter.ts";

const UNARY = [
  "Neg",
  "Abs",
  "Sqrt",
  "Exp",
  "Log",
  "Reciprocal",
  "Erf",
  "Tanh",
  "Sigmoid",
  "Softplus",
  "Relu",
  "LeakyRelu",
  "Elu",
  "Selu",
  "Sin",
  "Cos",
  "Not",
  "Cast",
] as const satisfies readonly OpName[];
const BROADCASTING = [
  "Add",
  "Sub",
  "Mul",
  "Div",
  "Min",
  "Max",
  "And",
  "Or",
  "Greater",
  "GreaterOrEqual",
  "Less",
  "LessOrEqual",
  "Equal",
  "Where",
] as const satisfies readonly OpName[];
const RESHAPES = ["Reshape", "Squeeze", "Unsqueeze", "Flatten"] as const satisfies readonly OpName[];
const REDUCTIONS = ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin"] as const satisfies readonly OpName[];

/** The value itself where it has the type of the result. */
function unchanged(n: Application, x: Value): Value | null {
  return sameType(x.type, n.type) ? x : null;
}

/** True if a value is a constant that holds this number alone. */
function isAll(r: Rewriter, value: Value, number: number): boolean {
  const { element, data } = r.tensorOf(value) ?? {};
  if (element !== "float32" && element !== "float64") return false;
  return (data as Float32Array | Float64Array).every((item) => item === number);
}

/** The value that another one repeats: the source of an Expand, or the scalar that fills a constant. */
function repeated(r: Rewriter, value: Value): Value {
  const source = r.producer(value, "Expand")?.inputs[0];
  if (source) return source;
  const { element, shape, data } = r.tensorOf(value) ?? {};
  if ((element !== "float32" && element !== "float64") || shape!.length === 0) return value;
  const [first, ...rest] = data as Float32Array | Float64Array;
  if (first === undefined || !rest.every((item) => Object.is(item, first))) return value;
  return r.constant(tensorOf(element, [], [first]));
}

/** Repeating comes after computing: f(expand(x), y) = expand(f(x, y)), or f(x, y) where y is as large. */
const computeThenRepeat: Pattern = (n, r) => {
  const inputs = n.inputs.map((input) => input && repeated(r, input));
  if (inputs.every((input, i) => input === n.inputs[i]) || !isFixed(n.type.shape)) return null;
  const small = r.emit(n.op, inputs, n.attributes);
  return sameType(small.type, n.type) ? small : r.emit("Expand", [small, r.ints(n.type.shape)]);
};

/** Squeeze, Flatten, ... of the same: one Reshape, or nothing. */
const reshapeOnce: Pattern = (n, r) => {
  const x = n.inputs[0]!;
  if (sameShape(x.type.shape, n.type.shape)) return x;
  const source = r.producer(x, ...RESHAPES)?.inputs[0];
  if (!source || !isFixed(n.type.shape) || n.type.shape.includes(0)) return null;
  return unchanged(n, source) ?? r.emit("Reshape", [source, r.ints(n.type.shape)]);
};

/** A reduction over nothing but extents of 1 is a Reshape. */
const reduceNothing: Pattern = (n, r) => {
  const x = n.inputs[0]!, { shape } = n.type;
  const size = (extents: typeof shape) => extents.filter((extent) => extent !== 1).join();
  if (!isFixed(x.type.shape) || !isFixed(shape) || shape.includes(0)) return null;
  if (size(x.type.shape) !== size(shape)) return null;
  return unchanged(n, x) ?? r.emit("Reshape", [x, r.ints(shape)]);
};

/** sum(-x) = -sum(x) */
const negateLast: Pattern = (n, r) => {
  const negated = r.producer(n.inputs[0]!, "Neg");
  return negated
    ? r.emit("Neg", [r.emit(n.op, [negated.inputs[0]!, ...n.inputs.slice(1)], n.attributes)])
    : null;
};

/** A Reshape that takes away the axes that a reduction kept: a reduction without keepdims. */
const dropReducedAxes: Pattern = (n, r) => {
  const reduction = r.producer(n.inputs[0]!, ...REDUCTIONS);
  const axes = reduction?.inputs[1] && r.tensorOf(reduction.inputs[1]);
  if (!axes || attributeOf(reduction.attributes, "keepdims", "int") === 0) return null;
  const { shape } = reduction.type;
  const reduced = Array.from(axes.data, Number).map((axis) => (axis + shape.length) % shape.length);
  if (!sameShape(shape.filter((_, axis) => !reduced.includes(axis)), n.type.shape)) return null;
  return r.emit(reduction.op, reduction.inputs, { ...reduction.attributes, keepdims: int(0) });
};

function int(value: number): Attribute {
  return { kind: "int", value };
}

function permutation({ attributes, type }: Application): readonly number[] {
  return attributeOf(attributes, "perm", "ints") ?? [...type.shape.keys()].reverse();
}

const transposeOnce: Pattern = (n, r) => {
  const perm = permutation(n);
  if (perm.every((axis, i) => axis === i)) return n.inputs[0]!;
  const before = r.producer(n.inputs[0]!, "Transpose");
  if (!before) return null;
  const inner = permutation(before);
  const both: Attribute = { kind: "ints", value: perm.map((axis) => inner[axis]!) };
  return r.emit("Transpose", [before.inputs[0]!], { perm: both });
};

/** Extents of 1 can change places without changing the order of elements. */
const transposeNothing: Pattern = (n, r) => {
  const { shape } = n.inputs[0]!.type;
  const moved = permutation(n).filter((axis) => shape[axis] !== 1);
  const is_ordered = moved.every((axis, i) => i === 0 || moved[i - 1]! < axis);
  if (!is_ordered || !isFixed(n.type.shape) || n.type.shape.includes(0)) return null;
  return r.emit("Reshape", [n.inputs[0]!, r.ints(n.type.shape)]);
};

/** Single operators; x and y are the inputs. */
const OWN: Readonly<Partial<Record<OpName, readonly Pattern[]>>> = {
  Identity: [(n) => n.inputs[0]!],
  /** -(-x) = x */
  Neg: [(n, r) => r.producer(n.inputs[0]!, "Neg")?.inputs[0] ?? null],
  /** x + 0 = x, x + (-y) = x - y */
  Add: [
    (n, r) => isAll(r, n.inputs[1]!, 0) ? unchanged(n, n.inputs[0]!) : null,
    (n, r) => isAll(r, n.inputs[0]!, 0) ? unchanged(n, n.inputs[1]!) : null,
    (n, r) => subtract(r, n.inputs[0]!, n.inputs[1]!),
    (n, r) => subtract(r, n.inputs[1]!, n.inputs[0]!),
  ],
  /** x - 0 = x, x - (-y) = x + y */
  Sub: [
    (n, r) => isAll(r, n.inputs[1]!, 0) ? unchanged(n, n.inputs[0]!) : null,
    (n, r) => {
      const negated = r.producer(n.inputs[1]!, "Neg");
      return negated ? r.emit("Add", [n.inputs[0]!, negated.inputs[0]!]) : null;
    },
  ],
  /** x 1 = x, x (-1) = -x */
  Mul: [
    (n, r) => isAll(r, n.inputs[1]!, 1) ? unchanged(n, n.inputs[0]!) : null,
    (n, r) => isAll(r, n.inputs[0]!, 1) ? unchanged(n, n.inputs[1]!) : null,
    (n, r) => isAll(r, n.inputs[1]!, -1) && unchanged(n, n.inputs[0]!) ? r.emit("Neg", [n.inputs[0]!]) : null,
    (n, r) => isAll(r, n.inputs[0]!, -1) && unchanged(n, n.inputs[1]!) ? r.emit("Neg", [n.inputs[1]!]) : null,
  ],
  /** x / 1 = x */
  Div: [(n, r) => isAll(r, n.inputs[1]!, 1) ? unchanged(n, n.inputs[0]!) : null],
  /** x^1 = x */
  Pow: [(n, r) => isAll(r, n.inputs[1]!, 1) ? unchanged(n, n.inputs[0]!) : null],
  Cast: [(n) => unchanged(n, n.inputs[0]!)],
  Transpose: [transposeOnce, transposeNothing],
  Expand: [
    (n) => unchanged(n, n.inputs[0]!),
    (n, r) => {
      const source = r.producer(n.inputs[0]!, "Expand")?.inputs[0];
      return source && isFixed(n.type.shape) ? r.emit("Expand", [source, r.ints(n.type.shape)]) : null;
    },
  ],
  ReduceSum: [negateLast],
  Concat: [(n) => n.inputs.length === 1 ? n.inputs[0]! : null],
};

/** x + (-y) = x - y */
function subtract(r: Rewriter, x: Value, y: Value): Value | null {
  const negated = r.producer(y, "Neg");
  return negated ? r.emit("Sub", [x, negated.inputs[0]!]) : null;
}

function shared(op: OpName): readonly Pattern[] {
  const isOneOf = (ops: readonly OpName[]) => ops.includes(op);
  if (isOneOf(UNARY) || isOneOf(BROADCASTING)) return [computeThenRepeat];
  if (isOneOf(RESHAPES)) return [reshapeOnce, dropReducedAxes];
  return isOneOf(REDUCTIONS) ? [reduceNothing] : [];
}

/** The patterns to try on an operator, in this order. */
export function patternsOf(op: OpName): readonly Pattern[] {
  return [fold, ...OWN[op] ?? [], ...shared(op)];
}
