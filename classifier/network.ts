/** A small convolutional classifier of pictures of any size, and the graphs that train it and use it. */
import { compileForward, compileTraining } from "../models/compile.ts";
import { convolution, linear, linearSpecs } from "../models/nets/layers.ts";
import type { TensorSpec } from "../models/nets/net.ts";
import { GraphBuilder, type Value } from "../onnx/builder.ts";
import type { Graph, Shape, Tensor } from "../onnx/graph.ts";

/** Length of the vector that the last layer looks at. */
export const NUM_FEATURES = 64;

/** Layers before and behind the features: the beginnings of their tensors' names. */
export const LAST_CONVOLUTION = "3";
export const LINEAR = "4";

interface ConvolutionLayer {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly size: number;
  readonly stride: number;
  readonly padding: number;
}

/** Four convolutions with ReLU; the second and third halve both sides. */
function layersFor(num_channels: number): readonly ConvolutionLayer[] {
  return [
    { name: "0", inputs: num_channels, outputs: 16, size: 5, stride: 1, padding: 2 },
    { name: "1", inputs: 16, outputs: 32, size: 4, stride: 2, padding: 1 },
    { name: "2", inputs: 32, outputs: 64, size: 4, stride: 2, padding: 1 },
    { name: LAST_CONVOLUTION, inputs: 64, outputs: NUM_FEATURES, size: 3, stride: 1, padding: 1 },
  ];
}

export interface ClassifierConfig {
  readonly num_channels: number;
  readonly num_classes: number;
}

/** The parameters, initialised as PyTorch does. */
export function classifierSpecs({ num_channels, num_classes }: ClassifierConfig): TensorSpec[] {
  const convolutions = layersFor(num_channels).flatMap(({ name, inputs, outputs, size }): TensorSpec[] => {
    const initialiser = { kind: "uniform", bound: 1 / Math.sqrt(inputs * size * size) } as const;
    return [
      { name: `${name}.weight`, shape: [outputs, inputs, size, size], initialiser },
      { name: `${name}.bias`, shape: [outputs], initialiser },
    ];
  });
  return [...convolutions, ...linearSpecs(LINEAR, NUM_FEATURES, num_classes)];
}

/**
 * Declares the parameters as inputs, and adds the layers. `images_NCHW` may have any size from 4 x 4: the features are
 * means over all places.
 */
function forward(b: GraphBuilder, config: ClassifierConfig, images_NCHW: Value) {
  for (const { name, shape } of classifierSpecs(config)) b.input(name, "float32", shape);
  let x = images_NCHW;
  for (const { name, stride, padding } of layersFor(config.num_channels)) {
    const bias = b.op("Unsqueeze", [b.value(`${name}.bias`), b.ints([1, 2])]);
    x = b.op("Relu", [b.op("Add", [convolution(b, name, x, { stride, padding }), bias])]);
  }
  const features = b.op("ReduceMean", [x, b.ints([2, 3])], { keepdims: 0 });
  return { features, logits: linear(b, LINEAR, features) };
}

/** The graph from `images` to `features` [N, 64] and `logits` [N, classes]. */
export function classifierGraph(config: ClassifierConfig, images_NCHW: Shape): Graph {
  const b = new GraphBuilder("classifier");
  const { features, logits } = forward(b, config, b.input("images", "float32", images_NCHW));
  b.output(features, "features");
  b.output(logits, "logits");
  return compileForward(b.build());
}

/**
 * The graph from `real` [N, ...], grey or colour images of this shape, to `features` [N, 64]; what it sees is the mean of
 * their channels. `example_shape`: that of one image as networks take it, such as [rows, columns] or [rows * columns].
 */
export function featuresGraph(
  config: ClassifierConfig,
  example_shape: readonly number[],
  [channels, rows, columns]: readonly [number, number, number],
): Graph {
  const b = new GraphBuilder("features_model");
  const real = b.input("real", "float32", ["N", ...example_shape]);
  const images_NCHW = b.op("Reshape", [real, b.ints([0, channels, rows, columns])]);
  const grey = channels === 1 ? images_NCHW : b.op("ReduceMean", [images_NCHW, b.ints([1])], { keepdims: 1 });
  b.output(forward(b, config, grey).features, "features");
  return compileForward(b.build());
}

/** A graph with its parameters as constants. */
export function withWeights(graph: Graph, weights: ReadonlyMap<string, Tensor>): Graph {
  return {
    ...graph,
    inputs: graph.inputs.filter((name) => !weights.has(name)),
    initializers: new Map([...graph.initializers, ...weights]),
  };
}

/**
 * The graph from `images` and `targets` [N, classes], 1 at an image's class and 0 elsewhere, to `loss`, the mean
 * cross-entropy, and its gradients by the parameters, in the order of {@linkcode classifierSpecs}.
 */
export function classifierTrainingGraph(config: ClassifierConfig, images_NCHW: Shape): Graph {
  const b = new GraphBuilder("classifier_training");
  const images = b.input("images", "float32", images_NCHW);
  const targets = b.input("targets", "float32", [images_NCHW[0]!, config.num_classes]);
  const { logits } = forward(b, config, images);
  const likelihoods = b.op("Mul", [b.op("LogSoftmax", [logits], { axis: 1 }), targets]);
  const of_each = b.op("ReduceSum", [likelihoods, b.ints([1])], { keepdims: 0 });
  b.output(b.op("Neg", [b.op("ReduceMean", [of_each], { keepdims: 0 })]), "loss");
  return compileTraining(b.build(), classifierSpecs(config).map(({ name }) => name));
}
