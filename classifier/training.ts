/** Trains a classifier of pictures, with this project's gradients and Adam. */
import * as ort from "onnxruntime-node";
import { optimize } from "../algorithm/optimizer.ts";
import type { Adam } from "../algorithm/optimizers.ts";
import { numElements } from "../common/shape.ts";
import { Kernels } from "../kernels/kernels.ts";
import { IR_VERSION, PRODUCER } from "../models/artifacts.ts";
import { initialiseParameters } from "../models/initialise.ts";
import { buildLayout, views } from "../models/layout.ts";
import { encodeModel } from "../onnx/codec.ts";
import type { Graph, Shape, Tensor } from "../onnx/graph.ts";
import { OPSET } from "../onnx/shapes.ts";
import { permutation } from "../random/philox.ts";
import {
  type ClassifierConfig,
  classifierGraph,
  classifierSpecs,
  classifierTrainingGraph,
  LAST_CONVOLUTION,
  LINEAR,
  withWeights,
} from "./network.ts";

const ADAM: Adam = { kind: "adam", beta1: 0.9, beta2: 0.999, eps: 1e-8 };

/** Pictures whose features are measured at the end. */
const NUM_MEASURED = 1_024;

/** Pictures with the number of the class of each. */
export interface LabelledImages {
  /** Values as networks see them, one picture after the other. */
  readonly images: Float32Array;
  readonly labels: ArrayLike<number>;
  readonly shape_CHW: readonly [number, number, number];
  readonly num_classes: number;
}

export interface ClassifierTraining {
  readonly steps: number;
  readonly batch: number;
  /** Learning rate at the start; it falls to 0 by a cosine. */
  readonly lr: number;
  readonly seed: number;
  /** Told of after each step. */
  readonly onStep?: (step: number, loss: number) => void;
}

/**
 * The trained classifier as an ONNX file: `images` [N, C, rows, columns] of this size to `features` [N, 64] and `logits`
 * [N, classes]. The same arguments give the same bytes on one kind of processor. Throws RangeError where there are
 * fewer pictures than a batch.
 */
export async function trainClassifier(
  data: LabelledImages,
  training: ClassifierTraining,
): Promise<Uint8Array> {
  const { shape_CHW, num_classes } = data, { steps, batch, seed } = training;
  const config = { num_channels: shape_CHW[0], num_classes };
  const specs = classifierSpecs(config), layout = buildLayout(specs);
  const kernels = Kernels.create(4 * layout.size * Float32Array.BYTES_PER_ELEMENT + 4096);
  const [parameters, average, square_average, gradient] = Array.from(
    { length: 4 },
    () => kernels.allocate(layout.size),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  parameters.set(initialiseParameters(specs, seed, "critic"));
  const graph = classifierTrainingGraph(config, [batch, ...shape_CHW]);
  const session = await openSession(fileOf(graph));
  const weights = views(layout, parameters), gradients = views(layout, gradient);
  const gradient_names = graph.outputs.slice(1);
  for (let step = 0; step < steps; step++) {
    const feeds = feedsOf(data, rowsOf(data.labels.length, step, training));
    for (const { name, shape } of specs) {
      feeds[name] = new ort.Tensor("float32", weights.get(name)!.slice(), shape);
    }
    const outputs = await session.run(feeds);
    specs.forEach(({ name }, i) =>
      gradients.get(name)!.set(outputs[gradient_names[i]!]!.data as Float32Array)
    );
    const lr = training.lr * (1 + Math.cos(Math.PI * step / steps)) / 2;
    const network = { parameters, average, square_average };
    optimize(kernels, ADAM, network, { a: gradient, b: null }, 1, { lr, clip: null, update: step + 1 });
    training.onStep?.(step + 1, (outputs["loss"]!.data as Float32Array)[0]!);
  }
  await session.release();
  scaleFeatures(weights, await featuresOf(config, weights, data));
  return classifierFile(config, weights, ["N", ...shape_CHW]);
}

type Weights = ReadonlyMap<string, Float32Array>;

/** Features of the first pictures. */
async function featuresOf(
  config: ClassifierConfig,
  weights: Weights,
  { images, labels, shape_CHW }: LabelledImages,
): Promise<Float32Array> {
  const count = Math.min(NUM_MEASURED, labels.length);
  const session = await openSession(classifierFile(config, weights, ["N", ...shape_CHW]));
  const first = new ort.Tensor("float32", images.slice(0, count * numElements(shape_CHW)), [
    count,
    ...shape_CHW,
  ]);
  const { features } = await session.run({ images: first });
  await session.release();
  return features!.data as Float32Array;
}

/**
 * Gives features a root mean square of 1: a long training lets them grow, and the kernel distance is for numbers of that
 * size. A ReLU lets a factor through, so that the last layer's weights can take it back: the logits stay.
 */
function scaleFeatures(weights: Weights, features: Float32Array): void {
  const squares = features.reduce((sum, value) => sum + value * value, 0);
  const size = Math.sqrt(squares / features.length);
  const scale = (name: string, factor: number) =>
    weights.get(name)!.forEach((value, i, all) => all[i] = value * factor);
  scale(`${LAST_CONVOLUTION}.weight`, 1 / size);
  scale(`${LAST_CONVOLUTION}.bias`, 1 / size);
  scale(`${LINEAR}.weight`, size);
}

function classifierFile(config: ClassifierConfig, weights: Weights, images_NCHW: Shape): Uint8Array {
  const tensors = classifierSpecs(config).map(({ name, shape }): [string, Tensor] => [
    name,
    { element: "float32", shape, data: weights.get(name)!.slice() },
  ]);
  return fileOf(withWeights(classifierGraph(config, images_NCHW), new Map(tensors)));
}

/** The rows of a batch: each picture once an epoch, in an order of its own; what does not fill a batch is left out. */
function rowsOf(count: number, step: number, { batch, seed }: ClassifierTraining): Uint32Array {
  const batches = Math.floor(count / batch);
  if (batches < 1) throw new RangeError(`A batch of ${batch} needs as many pictures: found ${count}`);
  const order = permutation(count, {
    seed,
    purpose: "evaluation",
    counter: 2 + Math.floor(step / batches),
    shard: 0,
  });
  return order.subarray(step % batches * batch, (step % batches + 1) * batch);
}

function feedsOf({ images, labels, shape_CHW, num_classes }: LabelledImages, rows: Uint32Array) {
  const size = numElements(shape_CHW);
  const chosen = new Float32Array(rows.length * size), targets = new Float32Array(rows.length * num_classes);
  rows.forEach((row, i) => {
    chosen.set(images.subarray(row * size, (row + 1) * size), i * size);
    targets[i * num_classes + labels[row]!] = 1;
  });
  const feeds: Record<string, ort.Tensor> = {
    images: new ort.Tensor("float32", chosen, [rows.length, ...shape_CHW]),
    targets: new ort.Tensor("float32", targets, [rows.length, num_classes]),
  };
  return feeds;
}

async function openSession(file: Uint8Array): Promise<ort.InferenceSession> {
  ort.env.logLevel = "fatal";
  return await ort.InferenceSession.create(file, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
}

function fileOf(graph: Graph): Uint8Array {
  const producer = { producer_name: PRODUCER, producer_version: "" };
  return encodeModel({ graph, ir_version: IR_VERSION, opset: OPSET, metadata: new Map(), ...producer });
}
