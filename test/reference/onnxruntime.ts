/** Graphs in ONNX Runtime on the CPU, with the tensors of the reference interpreter in and out. */
import * as ort from "onnxruntime-node";
import { encodeModel } from "../../onnx/codec.ts";
import type { Graph } from "../../onnx/graph.ts";
import { type RefTensor, refTensor } from "./ref_tensor.ts";

/** Element types that can be fed and fetched. */
const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
} as const;
type FedType = keyof typeof ARRAYS;

/** The outputs by name, in float32 where the graph says so. One thread, so that bits do not vary. */
export async function runInOnnxRuntime(
  graph: Graph,
  feeds: ReadonlyMap<string, RefTensor>,
  opset = 18,
): Promise<Map<string, RefTensor>> {
  const session = await ort.InferenceSession.create(encodeGraph(graph, opset), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const inputs = graph.inputs.map((name) => [name, toOrt(feeds.get(name)!)] as const);
  const results = await session.run(Object.fromEntries(inputs));
  await session.release();
  return new Map(graph.outputs.map((name) => [name, fromOrt(results[name]!)]));
}

export function encodeGraph(graph: Graph, opset = 18): Uint8Array {
  return encodeModel({
    graph,
    ir_version: 9,
    opset,
    producer_name: "wagon-test",
    producer_version: "0",
    metadata: new Map(),
  });
}

export function toOrt({ element, shape, data }: RefTensor): ort.Tensor {
  const type = fedType(element);
  const values = type === "int64" ? BigInt64Array.from(data, BigInt) : ARRAYS[type].from(data);
  return new ort.Tensor(type, values as never, shape);
}

export function fromOrt({ type, dims, data }: ort.Tensor): RefTensor {
  return refTensor(fedType(type), dims, Array.from(data as ArrayLike<number | bigint>, Number));
}

function fedType(type: string): FedType {
  if (type in ARRAYS) return type as FedType;
  throw new Error(`Tensors of ${type} cannot be fed`);
}
