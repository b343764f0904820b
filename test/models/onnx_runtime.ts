/** Runs a float32 graph in onnxruntime-node, on one thread. */
import assert from "node:assert/strict";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { encodeModel } from "../../onnx/codec.ts";
import type { Graph } from "../../onnx/graph.ts";
import type { TrainingGolden } from "../goldens/golden.ts";
import { differences } from "./golden_training.ts";
import {
  type Execute,
  type FloatArray,
  pairOf,
  prepareGraphs,
  train,
  withAugmentInputs,
} from "./wgan_training.ts";

export async function openSession(model: Uint8Array): Promise<InferenceSession> {
  return await InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
}

/** The training in ONNX Runtime reaches every tensor of the golden, and has no others. */
export async function assertReachedInOrt(golden: TrainingGolden, tolerance: number): Promise<void> {
  const pair = pairOf(golden.settings, "float32");
  const trained = await train(golden.settings, pair, await prepareGraphs(pair, prepareInOrt));
  assert.deepEqual([...trained.keys()].sort(), [...golden.results.keys()].sort());
  assert.deepEqual(differences(trained, golden, tolerance), []);
}

/** Loads a graph whose inputs all have fixed shapes. Inputs that it does not take are left out. */
export async function prepareInOrt(graph: Graph): Promise<Execute> {
  const session = await openSession(encodeModel({
    graph,
    ir_version: 9,
    opset: 18,
    producer_name: "test",
    producer_version: "",
    metadata: new Map(),
  }));
  return async (given) => {
    const inputs = withAugmentInputs(graph, given);
    const feeds = graph.inputs.map((name) => {
      const dims = graph.types.get(name)!.shape as readonly number[];
      return [name, new Tensor("float32", inputs.get(name) as Float32Array, dims)] as const;
    });
    const outputs = await session.run(Object.fromEntries(feeds));
    return new Map(Object.entries(outputs).map(([name, { data }]) => [name, data as FloatArray]));
  };
}
