/** Parts of ONNX models by the field numbers of onnx.proto3, for the few that a worker writes itself. */
import { BinaryWriter } from "@bufbuild/protobuf/wire";

export const FLOAT32 = 1;
export const INT64 = 7;

/** A message as a field of another. */
export function message(into: BinaryWriter, field: number, write: (writer: BinaryWriter) => void): void {
  const writer = new BinaryWriter();
  write(writer);
  into.tag(field, 2).bytes(writer.finish());
}

/** A node of a GraphProto; `more` writes its attributes. */
export function node(
  graph: BinaryWriter,
  op: string,
  inputs: readonly string[],
  output: string,
  more: (writer: BinaryWriter) => void = () => {},
): void {
  message(graph, 1, (writer) => {
    for (const input of inputs) writer.tag(1, 2).string(input);
    writer.tag(2, 2).string(output).tag(4, 2).string(op);
    more(writer);
  });
}

/** ValueInfoProto of a float32 tensor. `field`: 11 for inputs of a GraphProto, 12 for outputs. */
export function floatInfo(graph: BinaryWriter, field: 11 | 12, name: string, shape: readonly number[]): void {
  message(graph, field, (value) => {
    value.tag(1, 2).string(name);
    message(value, 2, (type) =>
      message(type, 1, (tensor) => {
        tensor.tag(1, 0).int32(FLOAT32);
        message(tensor, 2, (dims) => {
          for (const extent of shape) message(dims, 1, (dim) => dim.tag(1, 0).int64(extent));
        });
      }));
  });
}
