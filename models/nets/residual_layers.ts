/** Layers of residual networks as ONNX nodes. x is [N, features, rows, columns]. */
import type { GraphBuilder, Value } from "../../onnx/builder.ts";
import type { Initialiser, TensorSpec } from "./net.ts";

/** Uniform with the variance 2 gain^2 / (inputs + outputs): Glorot, Bengio 2010; He's for a ReLU with a gain of sqrt 2. */
export function glorot(inputs: number, outputs: number, gain = 1): Initialiser {
  return { kind: "uniform", bound: gain * Math.sqrt(6 / (inputs + outputs)) };
}

/** Weight [outputs, inputs, side, side]. */
export function kernelSpec(
  name: string,
  inputs: number,
  outputs: number,
  side: number,
  gain = 1,
): TensorSpec {
  const initialiser = glorot(inputs * side * side, outputs * side * side, gain);
  return { name: `${name}.weight`, shape: [outputs, inputs, side, side], initialiser };
}

/** The same, and a bias [outputs] that begins at 0. */
export function convolutionSpecs(
  name: string,
  inputs: number,
  outputs: number,
  side: number,
  gain = 1,
): TensorSpec[] {
  return [
    kernelSpec(name, inputs, outputs, side, gain),
    { name: `${name}.bias`, shape: [outputs], initialiser: { kind: "constant", value: 0 } },
  ];
}

/** Convolution that keeps rows and columns, as torch.nn.Conv2d with padding of half a kernel. */
export function padded(
  b: GraphBuilder,
  name: string,
  x: Value,
  weight = b.value(`${name}.weight`),
): Value {
  const padding = (Number(weight.type.shape[2]) - 1) / 2;
  const pads = [padding, padding, padding, padding];
  return b.op("Conv", [x, weight, b.value(`${name}.bias`)], { strides: [1, 1], pads });
}

/** Each pixel four times: twice the rows and columns. */
export function repeated(b: GraphBuilder, x: Value): Value {
  const [, features, rows, columns] = x.type.shape.map(Number);
  const apart = b.op("Reshape", [x, b.ints([0, features!, rows!, 1, columns!, 1])]);
  const twice = b.op("Expand", [apart, b.ints([1, 1, 1, 2, 1, 2])]);
  return b.op("Reshape", [twice, b.ints([0, features!, 2 * rows!, 2 * columns!])]);
}

/** Means of 2 x 2 pixels: half the rows and columns. */
export function halved(b: GraphBuilder, x: Value): Value {
  return b.op("AveragePool", [x], { kernel_shape: [2, 2], strides: [2, 2] });
}
