/** A pair of networks that take labels as a second input, as model files hold them. */
import { GraphBuilder } from "../../../onnx/builder.ts";
import { encodeModel } from "../../../onnx/codec.ts";
import type { Graph } from "../../../onnx/graph.ts";
import { tensorOf } from "../../../onnx/tensor.ts";
import { seededNumbers } from "../../reference/seeded.ts";

/** Numbers of an example and of its noise, and classes that there are rows for. */
export const FEATURES = 4;
export const LATENT = 3;
export const CLASSES = 3;

function weight(b: GraphBuilder, name: string, shape: readonly number[], seed: number) {
  return b.constant(tensorOf("float32", shape, [...seededNumbers(seed, shape[0]! * shape[1]!, -1, 1)]), name);
}

/** tanh([noise, E[label]] W): as PyTorch exports an embedding beside the noise. */
export function labelledGenerator(): Graph {
  const b = new GraphBuilder("generator");
  const noise = b.input("noise", "float32", ["batch", LATENT]), label = b.input("class", "int64", ["batch"]);
  const rows = b.op("Gather", [weight(b, "embedding", [CLASSES, 2], 1), label], { axis: 0 });
  const joined = b.op("Concat", [noise, rows], { axis: 1 });
  b.output(b.op("Tanh", [b.op("MatMul", [joined, weight(b, "out", [LATENT + 2, FEATURES], 2)])]), "y");
  return b.build();
}

/** h w + h . V[label], h = tanh(x U) */
export function labelledCritic({ takes_labels = true } = {}): Graph {
  const b = new GraphBuilder("critic");
  const x = b.input("x", "float32", ["batch", FEATURES]);
  const hidden = b.op("Tanh", [b.op("MatMul", [x, weight(b, "hidden", [FEATURES, 5], 3)])]);
  const score = b.op("MatMul", [hidden, weight(b, "out", [5, 1], 4)]);
  if (!takes_labels) b.output(score, "y");
  else {
    const label = b.input("class", "int64", ["batch"]);
    const rows = b.op("Gather", [weight(b, "projection", [CLASSES, 5], 5), label], { axis: 0 });
    b.output(
      b.op("Add", [score, b.op("ReduceSum", [b.op("Mul", [hidden, rows]), b.ints([1])], { keepdims: 1 })]),
      "y",
    );
  }
  return b.build();
}

export function modelBytes(graph: Graph): Uint8Array {
  const head = { ir_version: 9, opset: 18, producer_name: "test", producer_version: "", metadata: new Map() };
  return encodeModel({ graph, ...head });
}
