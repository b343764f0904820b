/** The classifier: that it learns, what its features are, and the one that comes with the project. */
import assert from "node:assert/strict";
import * as ort from "onnxruntime-node";
import { embeddedClassifier, embeddedFeatures } from "../../classifier/embedded.ts";
import { type LabelledImages, trainClassifier } from "../../classifier/training.ts";
import { decodeExamples } from "../../coordinator/data/data_set.ts";
import { drawStrokes } from "../../coordinator/data/strokes.ts";
import { modelOf } from "../../library/model.ts";
import { encodeModel } from "../../onnx/codec.ts";
import type { Graph } from "../../onnx/graph.ts";

const NUM_CLASSES = 6;

function strokes(seed: number, count: number): LabelledImages {
  const { bytes, encoding } = drawStrokes(seed, count);
  return {
    images: decodeExamples(bytes, encoding),
    labels: Array.from({ length: count }, (_, i) => i % NUM_CLASSES),
    shape_CHW: [1, 16, 16],
    num_classes: NUM_CLASSES,
  };
}

async function judge(file: Uint8Array, { images, labels, shape_CHW }: LabelledImages) {
  const session = await ort.InferenceSession.create(file, { intraOpNumThreads: 1 });
  const { logits, features } = await session.run({
    images: new ort.Tensor("float32", images, [labels.length, ...shape_CHW]),
  });
  await session.release();
  const scores = logits!.data as Float32Array;
  const right = Array.from(labels).filter((label, i) => {
    const of_image = scores.subarray(i * NUM_CLASSES, (i + 1) * NUM_CLASSES);
    return of_image.indexOf(Math.max(...of_image)) === label;
  });
  return { accuracy: right.length / labels.length, features: features!.data as Float32Array };
}

Deno.test("a classifier learns classes, the same to the bit again, and its features have a size of 1", async () => {
  const data = strokes(1, 384), training = { steps: 60, batch: 32, lr: 2e-3, seed: 5 };
  const losses: number[] = [];
  const file = await trainClassifier(data, { ...training, onStep: (_, loss) => losses.push(loss) });
  assert.equal(losses.length, 60);
  assert.ok(Math.abs(losses[0]! - Math.log(NUM_CLASSES)) < 0.2, `${losses[0]}`);
  assert.ok(losses.at(-1)! < 0.5, `${losses.at(-1)}`);
  const { features } = await judge(file, data);
  const squares = features.reduce((sum, value) => sum + value * value, 0);
  assert.ok(Math.abs(squares / features.length - 1) < 1e-4, `${squares / features.length}`);
  assert.deepEqual(await trainClassifier(data, training), file);
});

Deno.test("a batch larger than the data is refused", async () => {
  const training = { steps: 1, batch: 64, lr: 1e-3, seed: 1 };
  await assert.rejects(
    trainClassifier(strokes(1, 63), training),
    /A batch of 64 needs as many pictures: found 63/,
  );
});

Deno.test("the embedded classifier knows strokes that it has not seen, and takes pictures of other sizes", async () => {
  const { accuracy } = await judge(encodeModel(modelOf(await embeddedClassifier(16, 16))), strokes(2, 384));
  assert.ok(accuracy >= 0.99, `${accuracy}`);
  const session = await ort.InferenceSession.create(encodeModel(modelOf(await embeddedClassifier(28, 20))));
  const { features } = await session.run({
    images: new ort.Tensor("float32", new Float32Array(560), [1, 1, 28, 20]),
  });
  await session.release();
  assert.deepEqual(features!.dims, [1, 64]);
});

Deno.test("the features of a graph for workers are those of the classifier, of the mean of the channels", async () => {
  const rows = 6, columns = 5, plane = rows * columns, count = 4;
  const colours = Float32Array.from({ length: count * 3 * plane }, (_, i) => Math.sin(i));
  const grey = Float32Array.from({ length: count * plane }, (_, i) => {
    const at = Math.floor(i / plane) * 3 * plane + i % plane;
    return (colours[at]! + colours[at + plane]! + colours[at + 2 * plane]!) / 3;
  });
  const run = async (graph: Graph, input: string, values: Float32Array, shape: number[]) => {
    const session = await ort.InferenceSession.create(encodeModel(modelOf(graph)), { intraOpNumThreads: 1 });
    const outputs = await session.run({ [input]: new ort.Tensor("float32", values, [count, ...shape]) });
    await session.release();
    return outputs["features"]!.data as Float32Array;
  };
  const required = await run(await embeddedClassifier(rows, columns), "images", grey, [1, rows, columns]);
  const flat = await embeddedFeatures([plane], [1, rows, columns]);
  assert.deepEqual(flat.outputs, ["features"]);
  assert.deepEqual(await run(flat, "real", grey, [plane]), required);
  const of_colours = await embeddedFeatures([3, rows, columns], [3, rows, columns]);
  const found = await run(of_colours, "real", colours, [3, rows, columns]);
  // Measured: 7.5e-9, as the mean is rounded otherwise.
  found.forEach((value, i) => assert.ok(Math.abs(value - required[i]!) < 7e-8, `${value}, ${required[i]}`));
});
