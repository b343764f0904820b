/**
 * All outputs of a graph as one more, which holds them one after the other: what lies on a GPU is then fetched at once,
 * and not tensor by tensor, each of which waits for the device.
 */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { floatInfo, INT64, message, node } from "./model_writer.ts";

/** Name of the output that is added. */
export const FLAT = "wagon.flat";

/**
 * The model with the output {@linkcode FLAT}, of `size` numbers in all. Protobuf joins what comes twice of a message, so
 * that more nodes are written behind the model as it is.
 */
export function withFlatOutput(model: Uint8Array, outputs: readonly string[], size: number): Uint8Array {
  const graph = new BinaryWriter();
  const shape_name = "wagon.flat_shape";
  const flat = outputs.map((_, i) => `wagon.flat_${i}`);
  for (const [i, name] of outputs.entries()) node(graph, "Reshape", [name, shape_name], flat[i]!);
  node(graph, "Concat", flat, FLAT, (writer) => {
    message(writer, 5, (axis) => axis.tag(1, 2).string("axis").tag(3, 0).int64(0).tag(20, 0).int32(2));
  });
  message(graph, 5, (tensor) => {
    tensor.tag(1, 0).int64(1).tag(2, 0).int32(INT64).tag(7, 0).int64(-1).tag(8, 2).string(shape_name);
  });
  floatInfo(graph, 12, FLAT, [size]);
  const more = new BinaryWriter().tag(7, 2).bytes(graph.finish()).finish();
  const whole = new Uint8Array(model.length + more.length);
  whole.set(model);
  whole.set(more, model.length);
  return whole;
}
