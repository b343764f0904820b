/** Field numbers of the messages of onnx.proto that are written or read here (TensorProto: tensor_codec.ts). */
import type { Attribute } from "./graph.ts";

export const MODEL = {
  ir_version: 1,
  producer_name: 2,
  producer_version: 3,
  graph: 7,
  opset_import: 8,
  metadata_props: 14,
} as const;
export const OPSET_ID = { domain: 1, version: 2 } as const;
export const ENTRY = { key: 1, value: 2 } as const;
export const GRAPH = {
  node: 1,
  name: 2,
  initializer: 5,
  input: 11,
  output: 12,
  value_info: 13,
  sparse_initializer: 15,
  metadata_props: 16,
} as const;
export const NODE = {
  input: 1,
  output: 2,
  name: 3,
  op_type: 4,
  attribute: 5,
  domain: 7,
  metadata_props: 9,
} as const;
export const ATTRIBUTE = {
  name: 1,
  f: 2,
  i: 3,
  s: 4,
  t: 5,
  g: 6,
  floats: 7,
  ints: 8,
  strings: 9,
  type: 20,
  ref_attr_name: 21,
} as const;
export const VALUE_INFO = { name: 1, type: 2, metadata_props: 4 } as const;
export const TYPE = { tensor_type: 1 } as const;
export const TENSOR_TYPE = { elem_type: 1, shape: 2 } as const;
export const SHAPE = { dim: 1 } as const;
export const DIM = { dim_value: 1, dim_param: 2 } as const;

/** AttributeProto.AttributeType of each kind. */
export const ATTRIBUTE_TYPES: Readonly<Record<Attribute["kind"], number>> = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  floats: 6,
  ints: 7,
  strings: 8,
};
