/** Runs a float32 graph in onnxruntime-node, on one thread. */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { encodeModel } from "../../onnx/codec.ts";
import type { Graph } from "../../onnx/graph.ts";
import { type Execute, type FloatArray, withAugmentInputs } from "./wgan_training.ts";

export async function openSession(model: Uint8Array): Promise<InferenceSession> {
  return await InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
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
