/**
 * Spectral normalisation of a network's weights: Miyato, Kataoka, Koyama, Yoshida, "Spectral normalization for
 * generative adversarial networks", 2018 (arXiv:1802.05957), Algorithm 1. Each weight W, as a matrix [outputs, all
 * others], is used as W / sigma with sigma = u^T W v, its largest singular value once u and v have settled. They are
 * kept behind the parameters in the network's layout: inputs of the graphs, so constants to every gradient, of the
 * second order too; one step of the power method follows each update of W, outside the graphs.
 */
import type { GraphBuilder, Value } from "../../onnx/builder.ts";
import type { Net, TensorSpec } from "./net.ts";
import { numElements } from "../../common/shape.ts";

/** Smallest norm that a vector is divided by, as PyTorch's. */
const SMALLEST_NORM = 1e-12;

type NamedShape = Pick<TensorSpec, "name" | "shape">;

/** Names and shapes of u [outputs] and v [all others] of a weight [outputs, ...]. */
export function vectorsOf({ name, shape }: NamedShape): [u: NamedShape, v: NamedShape] {
  const [outputs = 1, ...others] = shape;
  return [
    { name: `${name}.u`, shape: [outputs] },
    { name: `${name}.v`, shape: [numElements(others)] },
  ];
}

/**
 * All tensors of a network in layout order: its parameters, then u and v of each normalised weight in turn. u starts
 * in a random direction, and v follows from it, unless the network has first values for both.
 */
export function weightTensors({ parameters, normalised = [], vectors: given }: Net): readonly TensorSpec[] {
  if (given !== undefined) return [...parameters, ...given];
  const weights = normalised.map((name) => parameters.find((spec) => spec.name === name)!);
  const vectors = weights.flatMap((weight): TensorSpec[] => {
    const [u, v] = vectorsOf(weight);
    return [
      { ...u, initialiser: { kind: "normal", mean: 0, deviation: 1 } },
      { ...v, initialiser: { kind: "constant", value: 0 } },
    ];
  });
  return [...parameters, ...vectors];
}

/** W / (u^T W v) of the weight of this name [outputs, ...], in its shape. */
export function normalisedWeight(b: GraphBuilder, name: string): Value {
  const weight = b.value(name), { shape } = weight.type;
  const [u, v] = vectorsOf({ name, shape: shape as readonly number[] });
  const matrix = shape.length === 2 ? weight : b.op("Reshape", [weight, b.ints([...u.shape, ...v.shape])]);
  const sigma = b.op("MatMul", [b.value(u.name), b.op("MatMul", [matrix, b.value(v.name)])]);
  return b.op("Div", [weight, sigma]);
}

type Numbers = Float32Array | Float64Array;

/**
 * One step of the power method, in place: v = W^T u / ||W^T u||, then u = W v / ||W v||. Sums are in float64 and in
 * a fixed order, only + - x / and the root: the same bits in every engine. `weight`: [u.length, v.length].
 */
export function powerIteration(weight: Numbers, u: Numbers, v: Numbers): void {
  normalise(transposedProduct(weight, u, v.length), v);
  normalise(product(weight, v, u.length), u);
}

/** W^T u, four rows in one pass over the sums. */
function transposedProduct(weight: Numbers, u: Numbers, columns: number): Float64Array {
  const sums = new Float64Array(columns);
  const whole = u.length - u.length % 4;
  for (let row = 0; row < whole; row += 4) {
    const [a, b, c, d] = [u[row]!, u[row + 1]!, u[row + 2]!, u[row + 3]!];
    const rows = weight.subarray(row * columns, (row + 4) * columns);
    const [second, third, fourth] = [columns, 2 * columns, 3 * columns];
    for (let i = 0; i < columns; i++) {
      sums[i]! += (a * rows[i]! + b * rows[second + i]!) + (c * rows[third + i]! + d * rows[fourth + i]!);
    }
  }
  for (let row = whole; row < u.length; row++) {
    for (let i = 0; i < columns; i++) sums[i]! += u[row]! * weight[row * columns + i]!;
  }
  return sums;
}

/** W v, each row in four partial sums, which processors add side by side. */
function product(weight: Numbers, v: Numbers, rows: number): Float64Array {
  const columns = v.length, whole = columns - columns % 4;
  const products = new Float64Array(rows), x = Float64Array.from(v);
  for (let row = 0; row < rows; row++) {
    const begin = row * columns;
    let a = 0, b = 0, c = 0, d = 0;
    for (let i = 0; i < whole; i += 4) {
      a += weight[begin + i]! * x[i]!;
      b += weight[begin + i + 1]! * x[i + 1]!;
      c += weight[begin + i + 2]! * x[i + 2]!;
      d += weight[begin + i + 3]! * x[i + 3]!;
    }
    for (let i = whole; i < columns; i++) a += weight[begin + i]! * x[i]!;
    products[row] = (a + b) + (c + d);
  }
  return products;
}

/** x / max(||x||, eps) into `out`. */
function normalise(x: Float64Array, out: Numbers): void {
  let square = 0;
  for (let i = 0; i < x.length; i++) square += x[i]! * x[i]!;
  const norm = Math.max(Math.sqrt(square), SMALLEST_NORM);
  for (let i = 0; i < x.length; i++) out[i] = x[i]! / norm;
}
