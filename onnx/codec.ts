/**
 * ONNX model files: {@linkcode encodeModel} and {@linkcode decodeModel}.
 *
 * Written are the fields that say something, in the order of their numbers, attributes by name, with value_info
 * for every intermediate value: the same model gives the same bytes. Source: onnx.proto, IR version 9.
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Attribute, Dim, Graph, Model, Node, TensorType } from "./graph.ts";
import {
  ATTRIBUTE,
  ATTRIBUTE_TYPES,
  DIM,
  ENTRY,
  GRAPH,
  MODEL,
  NODE,
  OPSET_ID,
  SHAPE,
  TENSOR_TYPE,
  TYPE,
  VALUE_INFO,
} from "./fields.ts";
import { canonicalDomain, type FileGraph, readFileGraph, typedGraph } from "./graph_reader.ts";
import { readMessage, unreadable } from "./message_reader.ts";
import { elementCode } from "./tensor.ts";
import { type ExternalData, readEntry, writeTensor } from "./tensor_codec.ts";

/** Versions of ai.onnx that can be read. */
const OPSETS = { min: 18, max: 21 } as const;

/**
 * The bytes of a model file. Float attributes are rounded to float32, as the format keeps them.
 *
 * @example
 * ```ts
 * import { decodeModel, encodeModel, GraphBuilder, modelOf } from "@wagon/wagon/onnx";
 *
 * const b = new GraphBuilder("g");
 * b.output(b.op("Neg", [b.input("x", "float32", [3])]), "y");
 * const bytes = encodeModel(modelOf(b.build()));
 * console.assert(decodeModel(bytes).graph.nodes.length === 1);
 * ```
 */
export function encodeModel(model: Model): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(MODEL.ir_version, WireType.Varint).int64(model.ir_version);
  if (model.producer_name !== "") text(writer, MODEL.producer_name, model.producer_name);
  if (model.producer_version !== "") text(writer, MODEL.producer_version, model.producer_version);
  message(writer, MODEL.graph, () => writeGraph(writer, model.graph));
  message(writer, MODEL.opset_import, () => writer.tag(OPSET_ID.version, WireType.Varint).int64(model.opset));
  for (const [key, value] of model.metadata) {
    message(writer, MODEL.metadata_props, () => {
      text(writer, ENTRY.key, key);
      text(writer, ENTRY.value, value);
    });
  }
  return writer.finish();
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}

function message(writer: BinaryWriter, field: number, write: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write();
  writer.join();
}

function writeGraph(writer: BinaryWriter, graph: Graph): void {
  for (const node of graph.nodes) message(writer, GRAPH.node, () => writeNode(writer, node));
  text(writer, GRAPH.name, graph.name);
  for (const [name, tensor] of graph.initializers) {
    message(writer, GRAPH.initializer, () => writeTensor(writer, tensor, name));
  }
  const valueInfo = (field: number, name: string) =>
    message(writer, field, () => writeValueInfo(writer, name, graph.types.get(name)!));
  for (const name of graph.inputs) valueInfo(GRAPH.input, name);
  for (const name of graph.outputs) valueInfo(GRAPH.output, name);
  const outputs = new Set(graph.outputs);
  for (const name of graph.nodes.flatMap((node) => node.outputs)) {
    if (name !== "" && !outputs.has(name)) valueInfo(GRAPH.value_info, name);
  }
}

function writeNode(writer: BinaryWriter, node: Node): void {
  for (const name of node.inputs) text(writer, NODE.input, name);
  for (const name of node.outputs) text(writer, NODE.output, name);
  if (node.name !== "") text(writer, NODE.name, node.name);
  text(writer, NODE.op_type, node.op);
  for (const name of Object.keys(node.attributes).sort()) {
    message(writer, NODE.attribute, () => writeAttribute(writer, name, node.attributes[name]!));
  }
  if (node.domain !== "") text(writer, NODE.domain, node.domain);
}

function writeAttribute(writer: BinaryWriter, name: string, attribute: Attribute): void {
  text(writer, ATTRIBUTE.name, name);
  writeAttributeValue(writer, attribute);
  writer.tag(ATTRIBUTE.type, WireType.Varint).int32(ATTRIBUTE_TYPES[attribute.kind]);
}

function writeAttributeValue(writer: BinaryWriter, { kind, value }: Attribute): void {
  switch (kind) {
    case "float":
      writer.tag(ATTRIBUTE.f, WireType.Bit32).float(value);
      break;
    case "int":
      writer.tag(ATTRIBUTE.i, WireType.Varint).int64(value);
      break;
    case "string":
      text(writer, ATTRIBUTE.s, value);
      break;
    case "tensor":
      message(writer, ATTRIBUTE.t, () => writeTensor(writer, value));
      break;
    case "floats":
      for (const item of value) writer.tag(ATTRIBUTE.floats, WireType.Bit32).float(item);
      break;
    case "ints":
      for (const item of value) writer.tag(ATTRIBUTE.ints, WireType.Varint).int64(item);
      break;
    case "strings":
      for (const item of value) text(writer, ATTRIBUTE.strings, item);
      break;
    default:
      kind satisfies never;
  }
}

function writeValueInfo(writer: BinaryWriter, name: string, type: TensorType): void {
  text(writer, VALUE_INFO.name, name);
  message(writer, VALUE_INFO.type, () =>
    message(writer, TYPE.tensor_type, () => {
      writer.tag(TENSOR_TYPE.elem_type, WireType.Varint).int32(elementCode(type.element));
      message(writer, TENSOR_TYPE.shape, () => {
        for (const dim of type.shape) message(writer, SHAPE.dim, () => writeDim(writer, dim));
      });
    }));
}

function writeDim(writer: BinaryWriter, dim: Dim): void {
  if (typeof dim === "string") text(writer, DIM.dim_param, dim);
  else writer.tag(DIM.dim_value, WireType.Varint).int64(dim);
}

/** A model file as it stands: any version of ai.onnx, its values without types. */
export interface FileModel extends Omit<Model, "graph"> {
  readonly graph: FileGraph;
}

/**
 * Reads a model file. Unknown fields are skipped; operators that are unknown or of another domain are kept, for
 * the checker to refuse by name (their values have the types that value_info says, if any). Tensors are copies.
 * Throws UserError, one line, for bytes that are no such model, for external data, subgraphs, another opset than
 * 18 to 21, and initializers that are inputs too.
 *
 * @example
 * ```ts
 * import { decodeModel, encodeModel, GraphBuilder, modelOf } from "@wagon/wagon/onnx";
 *
 * const b = new GraphBuilder("g");
 * b.output(b.op("Neg", [b.input("x", "float32", [3])]), "y");
 * const { graph } = decodeModel(encodeModel(modelOf(b.build())));
 * console.assert(graph.inputs.join() === "x" && graph.outputs.join() === "y");
 * ```
 */
export function decodeModel(bytes: Uint8Array): Model {
  const { graph, ...model } = readModel(bytes);
  if (model.opset < OPSETS.min || model.opset > OPSETS.max) {
    throw unreadable(`its version of ai.onnx must be ${OPSETS.min} to ${OPSETS.max}: found ${model.opset}`);
  }
  return { ...model, graph: typedGraph(graph) };
}

/**
 * Reads a model file without asking whether its operators are known. `external` gives the data that it keeps in other
 * files. Throws UserError, one line, for bytes that are no such model.
 */
export function readModel(bytes: Uint8Array, external?: ExternalData): FileModel {
  const metadata = new Map<string, string>();
  const opsets = new Map<string, number>();
  const out = { ir_version: 0, producer_name: "", producer_version: "" };
  let graph: FileGraph | undefined;
  readMessage(bytes, "ModelProto", {
    [MODEL.ir_version]: (field) => out.ir_version = field.integer(),
    [MODEL.producer_name]: (field) => out.producer_name = field.text(),
    [MODEL.producer_version]: (field) => out.producer_version = field.text(),
    [MODEL.graph]: (field) => graph = readFileGraph(field.bytes(), external),
    [MODEL.opset_import]: (field) => opsets.set(...readOpset(field.bytes())),
    [MODEL.metadata_props]: (field) => metadata.set(...readEntry(field.bytes())),
  });
  if (graph === undefined) throw unreadable("it contains no graph");
  const opset = opsets.get("");
  if (opset === undefined) {
    throw unreadable("it does not say which version of the operator set ai.onnx it uses");
  }
  return { graph, opset, ...out, metadata };
}

function readOpset(bytes: Uint8Array): [domain: string, version: number] {
  const out: [string, number] = ["", 0];
  readMessage(bytes, "OperatorSetIdProto", {
    [OPSET_ID.domain]: (field) => out[0] = canonicalDomain(field.text()),
    [OPSET_ID.version]: (field) => out[1] = field.integer(),
  });
  return out;
}
