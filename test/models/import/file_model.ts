/** Models as files hold them, of any version of ai.onnx, without an exporter: one input x [N, ...], one output y. */
import type { FileModel } from "../../../models/onnx/codec.ts";
import type { Attribute, Node, Tensor } from "../../../models/onnx/graph.ts";

/** A node in short: operator, inputs, outputs, attributes (integers, one or several). */
export type FileNode = readonly [
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes?: Readonly<Record<string, number | readonly number[] | Attribute>>,
];

export interface FileParts {
  readonly opset: number;
  /** Of x, without the batch. */
  readonly extents: readonly number[];
  /** Where the batch axis has a number. */
  readonly batch?: number;
  readonly nodes: readonly FileNode[];
  readonly initializers?: Readonly<Record<string, Tensor>>;
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
}

export function fileModel(parts: FileParts): FileModel {
  const { opset, extents, initializers = {}, inputs = ["x"], batch = "batch", outputs = ["y"] } = parts;
  const declared = (name: string) => ({
    name,
    type: { element: "float32", shape: [batch, ...extents] } as const,
  });
  const nodes = parts.nodes.map(([op, reads, writes, attributes = {}], i): Node => ({
    name: `node${i}`,
    op,
    domain: "",
    inputs: reads,
    outputs: writes,
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [name, attributeOf(value)]),
    ),
  }));
  return {
    graph: {
      name: "file",
      nodes,
      initializers: new Map(Object.entries(initializers)),
      inputs: inputs.map(declared),
      outputs: outputs.map((name) => ({ name, type: undefined })),
      between: [],
    },
    opset,
    ir_version: 8,
    producer_name: "test",
    producer_version: "",
    metadata: new Map(),
  };
}

function attributeOf(value: number | readonly number[] | Attribute): Attribute {
  if (typeof value === "number") return { kind: "int", value };
  return "kind" in value ? value : { kind: "ints", value };
}
