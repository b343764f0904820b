/** Sizes of a graph's values, known before it runs: a file of a few bytes may ask for more memory than any machine has. */
import type { Graph, TensorType } from "../onnx/graph.ts";
import { ELEMENTS } from "../onnx/tensor.ts";
import { formatType } from "../onnx/dims.ts";

/** Limit for one value. All values of a network take several times as much. */
const MAX_VALUE_BYTES = 2 ** 34;

/** Throws RangeError where one value would take more memory than any worker should be asked for. */
export function checkValueSizes(graph: Graph): void {
  for (const node of graph.nodes) {
    for (const name of node.outputs) {
      const type = graph.types.get(name);
      if (type === undefined || leastBytes(type) <= MAX_VALUE_BYTES) continue;
      const found = `${formatType(type)} written by node ${node.name} (${node.op}) of ${graph.name}`;
      throw new RangeError(
        `Cannot build artifacts: each value must fit into ${
          MAX_VALUE_BYTES / 2 ** 30
        } GiB, found ${found}; use ` +
          "smaller images, more --shards, a larger --accumulate, or a smaller network",
      );
    }
  }
}

/** An extent with a name is at least its factor. */
function leastBytes({ element, shape }: TensorType): number {
  const { array } = ELEMENTS[element];
  return shape.reduce<number>(
    (bytes, dim) => bytes * (typeof dim === "number" ? dim : Number.parseInt(dim) || 1),
    array?.BYTES_PER_ELEMENT ?? 1,
  );
}
