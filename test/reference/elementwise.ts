/** Reference kernels of operators that work element by element, after the ONNX operator specifications. */
import type { ElementType } from "../../onnx/graph.ts";
import type { Kernel } from "./kernel.ts";
import { broadcastAt, broadcastShapes, generate, type RefTensor } from "./ref_tensor.ts";

const INTEGERS: readonly ElementType[] = [
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "uint64",
];

/** Element types by their numbers in TensorProto.DataType. */
const ELEMENT_OF_CODE: Readonly<Record<number, ElementType>> = {
  1: "float32",
  2: "uint8",
  3: "int8",
  4: "uint16",
  5: "int16",
  6: "int32",
  7: "int64",
  9: "bool",
  10: "float16",
  11: "float64",
  12: "uint32",
  13: "uint64",
  16: "bfloat16",
};

function map(x: RefTensor, of: (value: number) => number, element = x.element): RefTensor {
  return { element, shape: x.shape, data: x.data.map(of) };
}

function unary(of: (value: number) => number): Kernel {
  return (call) => map(call.x(0), of);
}

/** All inputs broadcast together and folded from the left. */
function folding(of: (a: number, b: number) => number, element?: ElementType): Kernel {
  return (call) => {
    const inputs = call.inputs.map((_, i) => call.x(i));
    const shape = broadcastShapes(...inputs.map((input) => input.shape));
    return generate(
      element ?? inputs[0]!.element,
      shape,
      (index) => inputs.map((input) => broadcastAt(input, index)).reduce((a, b) => of(a, b)),
    );
  };
}

function condition(of: (a: number, b: number) => boolean): Kernel {
  return folding((a, b) => Number(of(a, b)), "bool");
}

/** Kummer's series: 2/sqrt(pi) exp(-x^2) sum of 2^n x^(2n+1) / (1 3 5 ... (2n+1)); all terms have one sign. */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x, sum = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= 2 * x * x / (2 * n + 1);
    sum += term;
  }
  return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
}

/** log(1 + exp(x)) without overflow. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

const clip: Kernel = (call) => {
  const low = call.inputs[1]?.data[0] ?? -Infinity, high = call.inputs[2]?.data[0] ?? Infinity;
  return map(call.x(0), (value) => Math.min(Math.max(value, low), high));
};

/** Floats to integers lose their fraction; anything but 0 is true. */
const cast: Kernel = (call) => {
  const element = ELEMENT_OF_CODE[call.int("to", 0)]!;
  if (element === "bool") return map(call.x(0), (value) => Number(value !== 0), element);
  return map(call.x(0), INTEGERS.includes(element) ? Math.trunc : (value) => value, element);
};

const divide: Kernel = (call) => {
  const isWhole = INTEGERS.includes(call.x(0).element);
  return folding((a, b) => isWhole ? Math.trunc(a / b) : a / b)(call);
};

const where: Kernel = (call) => {
  const [choose, yes, no] = [call.x(0), call.x(1), call.x(2)];
  const shape = broadcastShapes(choose.shape, yes.shape, no.shape);
  return generate(
    yes.element,
    shape,
    (index) => broadcastAt(broadcastAt(choose, index) !== 0 ? yes : no, index),
  );
};

export const ELEMENTWISE_KERNELS = {
  Identity: unary((x) => x),
  Neg: unary((x) => -x),
  Abs: unary(Math.abs),
  Sign: unary(Math.sign),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Round: unary((x) => Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)),
  Sqrt: unary(Math.sqrt),
  Exp: unary(Math.exp),
  Log: unary(Math.log),
  Reciprocal: unary((x) => 1 / x),
  Erf: unary(erf),
  Tanh: unary(Math.tanh),
  Sigmoid: unary((x) => 1 / (1 + Math.exp(-x))),
  Softplus: unary(softplus),
  Relu: unary((x) => Math.max(x, 0)),
  LeakyRelu: (call) => map(call.x(0), (x) => x < 0 ? call.float("alpha", 0.01) * x : x),
  Elu: (call) => map(call.x(0), (x) => x < 0 ? call.float("alpha", 1) * Math.expm1(x) : x),
  Selu: (call) => {
    const alpha = call.float("alpha", 1.67326319217681884765625);
    const gamma = call.float("gamma", 1.05070102214813232421875);
    return map(call.x(0), (x) => gamma * (x <= 0 ? alpha * Math.expm1(x) : x));
  },
  Not: unary((x) => 1 - x),
  Add: folding((a, b) => a + b),
  Sub: folding((a, b) => a - b),
  Mul: folding((a, b) => a * b),
  Div: divide,
  Pow: (call) => folding(Math.pow, call.x(0).element)(call),
  Min: folding(Math.min),
  Max: folding(Math.max),
  And: condition((a, b) => a !== 0 && b !== 0),
  Or: condition((a, b) => a !== 0 || b !== 0),
  Greater: condition((a, b) => a > b),
  GreaterOrEqual: condition((a, b) => a >= b),
  Less: condition((a, b) => a < b),
  LessOrEqual: condition((a, b) => a <= b),
  Equal: condition((a, b) => a === b),
  Where: where,
  Clip: clip,
  Cast: cast,
} satisfies Record<string, Kernel>;
