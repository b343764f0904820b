/** Functions of single elements, and the largest of several, by way of others. */
import type { Value } from "../../../onnx/builder.ts";
import type { Known } from "../known.ts";
import type { Lowering, Lowerings, LoweringSite } from "./lowering.ts";

function one(of: (n: LoweringSite, x: Value) => Value): Lowering {
  return (n): readonly Known[] => [{ value: of(n, n.x(0)) }];
}

/** e^x and e^-x */
function powers(n: LoweringSite, x: Value): readonly [up: Value, down: Value] {
  return [n.op("Exp", [x]), n.op("Exp", [n.neg(x)])];
}

function half(n: LoweringSite, x: Value): Value {
  return n.mul(x, n.number(0.5));
}

/** x cut off behind the point */
function truncated(n: LoweringSite, x: Value): Value {
  return n.where(n.op("Less", [x, n.number(0)]), n.op("Ceil", [x]), n.op("Floor", [x]));
}

/** a - b trunc(a / b), whose sign is that of a (fmod 1); of integers it is a part of shapes, which are computed before. */
const mod: Lowering = (n) => {
  const a = n.x(0), b = n.x(1);
  if (a.type.element !== "float32") {
    n.fail("its operands must be float32 or constant; write it with other operators before export");
  }
  return [{ value: n.sub(a, n.mul(b, truncated(n, n.div(a, b)))) }];
};

/** x + bias below -lambd, x - bias above lambd, else 0 */
const shrink: Lowering = (n) => {
  const x = n.x(0), lambd = n.float("lambd", 0.5), bias = n.number(n.float("bias", 0));
  const above = n.where(n.op("Greater", [x, n.number(lambd)]), n.sub(x, bias), n.number(0));
  return [{ value: n.where(n.op("Less", [x, n.number(-lambd)]), n.add(x, bias), above) }];
};

/** True if x is infinite; of one sign alone where the other is not asked for. */
const isInfinite: Lowering = (n) => {
  const x = n.x(0), [low, high] = [n.int("detect_negative", 1), n.int("detect_positive", 1)];
  const is_large = n.op("Equal", [x, n.number(Infinity)]), is_small = n.op("Equal", [x, n.number(-Infinity)]);
  if (low !== 0 && high !== 0) return [{ value: n.op("Or", [is_large, is_small]) }];
  return [{ value: low !== 0 ? is_small : high !== 0 ? is_large : n.op("And", [is_large, is_small]) }];
};

/** Elements of one TopK: each takes a pass over the whole axis. */
const MAX_TOP = 256;

/**
 * The k largest along an axis with their places, which carry no gradient: the largest one, then that of the others, and
 * so on. Of equal ones the first comes first, as in ONNX.
 */
const topK: Lowering = (n) => {
  const x = n.x(0), axis = n.axisOf(n.int("axis", -1), x.type.shape.length), extent = n.extent(x, axis);
  const [count] = n.numbers(1, "number of elements (k)");
  if (count! > MAX_TOP) {
    n.fail(`it may take at most ${MAX_TOP} elements (k), found ${count}; take fewer, or max or mean of all`);
  }
  if (count! < 1) n.fail(`it must take at least 1 element (k), found ${count}; take more, or leave it out`);
  const places = Array.from({ length: extent }, (_, i) => i);
  const column = x.type.shape.map((_, i) => i === axis ? extent : 1);
  const numbers = n.reshape(n.intVector(places), column);
  let rest = n.int("largest", 1) === 0 ? n.neg(x) : x;
  const found: Value[] = [];
  for (let i = 0; i < count!; i++) {
    const place = n.op("ArgMax", [rest], { axis, keepdims: 1 });
    found.push(place);
    if (i + 1 < count!) rest = n.where(n.op("Equal", [numbers, place]), n.number(-Infinity), rest);
  }
  const indices = found.length === 1 ? found[0]! : n.op("Concat", found, { axis });
  return [{ value: n.op("GatherElements", [x, indices], { axis }) }, { value: indices }];
};

export const FUNCTION_LOWERINGS = {
  /** The form in which tf2onnx writes part of Gelu: 1 - erf(x) */
  Erfc: one((n, x) => n.sub(n.number(1), n.op("Erf", [x]))),
  Tan: one((n, x) => n.div(n.op("Sin", [x]), n.op("Cos", [x]))),
  /** (e^x - e^-x) / 2 */
  Sinh: one((n, x) => {
    const [up, down] = powers(n, x);
    return half(n, n.sub(up, down));
  }),
  /** (e^x + e^-x) / 2 */
  Cosh: one((n, x) => {
    const [up, down] = powers(n, x);
    return half(n, n.add(up, down));
  }),
  /** x sigmoid(alpha x) */
  Swish: one((n, x) => n.mul(x, n.op("Sigmoid", [n.mul(x, n.number(n.float("alpha", 1)))]))),
  IsNaN: one((n, x) => n.op("Not", [n.op("Equal", [x, x])])),
  IsInf: isInfinite,
  Xor: (n) => [{ value: n.op("Not", [n.op("Equal", [n.x(0), n.x(1)])]) }],
  Mod: mod,
  Shrink: shrink,
  TopK: topK,
} satisfies Lowerings;
