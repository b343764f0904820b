/** The classifier of pen strokes that comes with the project (`deno task classifier` trained it), for any size. */
import { fileURLToPath } from "node:url";
import { readRegular } from "../common/files/regular_file.ts";
import { decodeModel } from "../onnx/codec.ts";
import type { Graph } from "../onnx/graph.ts";
import { type ClassifierConfig, classifierGraph, featuresGraph, LINEAR, withWeights } from "./network.ts";

/** Where it lies. */
export const EMBEDDED_CLASSIFIER = fileURLToPath(new URL("./embedded.onnx", import.meta.url));

/** The graph from `images` [N, 1, rows, columns] of this size to `features` [N, 64] and `logits` [N, 6]. */
export function embeddedClassifier(rows: number, columns: number): Promise<Graph> {
  return embedded((config) => classifierGraph(config, ["N", 1, rows, columns]));
}

/** The graph from `real` [N, ...example_shape] to `features` [N, 64]: images with so many channels, rows and columns. */
export function embeddedFeatures(
  example_shape: readonly number[],
  image_CHW: readonly [number, number, number],
): Promise<Graph> {
  return embedded((config) => featuresGraph(config, example_shape, image_CHW));
}

/** The graph with the weights of the file. */
async function embedded(build: (config: ClassifierConfig) => Graph): Promise<Graph> {
  const { initializers } = decodeModel(await readRegular(EMBEDDED_CLASSIFIER)).graph;
  const num_classes = initializers.get(`${LINEAR}.bias`)!.shape[0]!;
  const graph = build({ num_channels: 1, num_classes });
  const weights = graph.inputs.flatMap((name) => {
    const tensor = initializers.get(name);
    return tensor === undefined ? [] : [[name, tensor] as const];
  });
  return withWeights(graph, new Map(weights));
}
