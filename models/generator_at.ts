/** `generator.onnx` as it was at another checkpoint of its run. */
import { decodeSafetensors } from "../common/files/safetensors.ts";
import { decodeModel, encodeModel } from "../onnx/codec.ts";
import type { Tensor } from "../onnx/graph.ts";

/** What the averaged generator's tensors are called in checkpoints. */
const AVERAGED = "averaged.";

/**
 * The file with the weights and statistics of a checkpoint, those of the average where there is one; all else stays.
 * @throws {RangeError} where the checkpoint has no such tensors.
 */
export function generatorAt(generator: Uint8Array, checkpoint: Uint8Array<ArrayBuffer>): Uint8Array {
  const model = decodeModel(generator);
  const { tensors } = decodeSafetensors(checkpoint);
  let num_found = 0;
  const weightOf = (name: string, tensor: Tensor): Tensor => {
    const found = tensors.get(AVERAGED + name) ?? tensors.get(name);
    // A constant of the graph.
    if (found === undefined) return tensor;
    if (!(found.data instanceof Float32Array) || found.data.length !== tensor.data.length) {
      throw new RangeError(
        `Tensor ${name} of the checkpoint must have ${tensor.data.length} float32 values, found ${found.data.length}`,
      );
    }
    num_found++;
    return { ...tensor, data: found.data };
  };
  const initializers = new Map(
    [...model.graph.initializers].map(([name, tensor]) => [name, weightOf(name, tensor)] as const),
  );
  if (num_found === 0) {
    throw new RangeError("The checkpoint must have the generator's tensors, found none of them");
  }
  return encodeModel({ ...model, graph: { ...model.graph, initializers } });
}
