/** GraphProto: nodes, constants and types of a model file, and the types that the file leaves out. */
import type { Attribute, Dim, ElementType, Graph, Node, Tensor, TensorType } from "./graph.ts";
import { product } from "./dims.ts";
import {
  ATTRIBUTE,
  ATTRIBUTE_TYPES,
  DIM,
  GRAPH,
  NODE,
  SHAPE,
  TENSOR_TYPE,
  TYPE,
  VALUE_INFO,
} from "./fields.ts";
import { GraphError } from "./graph_error.ts";
import { readMessage, unreadable } from "./message_reader.ts";
import { Typing } from "./shapes.ts";
import { elementOfCode } from "./tensor.ts";
import { type ExternalData, readEntry, readTensor } from "./tensor_codec.ts";

/** "ai.onnx" is written as the empty text. */
export function canonicalDomain(domain: string): string {
  return domain === "ai.onnx" ? "" : domain;
}

/** A ValueInfoProto; no type where the file gives none that can be used. */
export interface Declaration {
  readonly name: string;
  readonly type: TensorType | undefined;
  /** metadata_props; absent where there are none. */
  readonly metadata?: Metadata;
}

/** metadata_props of a message: what the exporter says of it. */
export type Metadata = ReadonlyMap<string, string>;

/** A node of a file, with its metadata_props where it has any. */
export interface FileNode extends Node {
  readonly metadata?: Metadata;
  /** Graphs that it holds, as If, Loop and Scan do, by the names of the attributes. */
  readonly subgraphs?: Readonly<Record<string, FileGraph>>;
}

/** A GraphProto as it stands, before its values have types. */
export interface FileGraph extends Pick<Graph, "name" | "initializers"> {
  readonly nodes: readonly FileNode[];
  readonly inputs: readonly Declaration[];
  readonly outputs: readonly Declaration[];
  /** value_info: types of what lies between. */
  readonly between: readonly Declaration[];
  /** metadata_props of the graph; absent where there are none. */
  readonly metadata?: Metadata;
}

/** Graphs within graphs are read to this depth. */
const MAX_DEPTH = 16;

/** Reads a GraphProto; `depth`: how many hold it. Throws UserError where it is malformed. */
export function readFileGraph(bytes: Uint8Array, external?: ExternalData, depth = 0): FileGraph {
  if (depth > MAX_DEPTH) throw unreadable(`subgraphs must be nested at most ${MAX_DEPTH} levels deep`);
  let name = "";
  const nodes: FileNode[] = [];
  const metadata = new Map<string, string>();
  const inputs: Declaration[] = [];
  const outputs: Declaration[] = [];
  const between: Declaration[] = [];
  const initializers = new Map<string, Tensor>();
  readMessage(bytes, "GraphProto", {
    [GRAPH.name]: (field) => name = field.text(),
    [GRAPH.node]: (field) => nodes.push(readNode(field.bytes(), external, depth)),
    [GRAPH.initializer]: (field) => addInitializer(initializers, field.bytes(), external),
    [GRAPH.sparse_initializer]: () => {
      throw unreadable("it contains sparse initializers, and only dense ones can be read");
    },
    [GRAPH.input]: (field) => inputs.push(readValueInfo(field.bytes())),
    [GRAPH.output]: (field) => outputs.push(readValueInfo(field.bytes())),
    [GRAPH.value_info]: (field) => between.push(readValueInfo(field.bytes())),
    [GRAPH.metadata_props]: (field) => metadata.set(...readEntry(field.bytes())),
  });
  return { name, nodes, inputs, outputs, between, initializers, ...said(metadata) };
}

/** Metadata only where there are some: most messages have none. */
function said(metadata: Metadata): { readonly metadata?: Metadata } {
  return metadata.size > 0 ? { metadata } : {};
}

/** The graph with the types of its values. Throws UserError where it cannot be a {@linkcode Graph}. */
export function typedGraph({ name, nodes, inputs, outputs, between, initializers }: FileGraph): Graph {
  refuseOverridable(inputs, initializers);
  refuseSubgraphs(nodes);
  const types = typeValues(name, inputs, initializers, nodes, [...between, ...outputs]);
  const names = (declarations: readonly Declaration[]) => declarations.map((declaration) => declaration.name);
  const ours = nodes.map(({ metadata: _, ...node }): Node => node);
  return { name, inputs: names(inputs), outputs: names(outputs), nodes: ours, initializers, types };
}

function addInitializer(
  initializers: Map<string, Tensor>,
  bytes: Uint8Array,
  external?: ExternalData,
): void {
  const { name, tensor } = readTensor(bytes, external);
  if (initializers.has(name)) throw unreadable(`initializer names must be distinct: found "${name}" twice`);
  initializers.set(name, tensor);
}

function refuseOverridable(inputs: readonly Declaration[], initializers: ReadonlyMap<string, Tensor>): void {
  const both = inputs.map(({ name }) => name).filter((name) => initializers.has(name));
  if (both.length === 0) return;
  throw unreadable(
    `inputs must not be initializers too: found ${both.join(", ")}. ONNX Runtime would not use ` +
      "what is fed to them: export the model without them as inputs " +
      "(keep_initializers_as_inputs=False in PyTorch)",
  );
}

function refuseSubgraphs(nodes: readonly FileNode[]): void {
  for (const { name, op, subgraphs = {} } of nodes) {
    const [attribute] = Object.keys(subgraphs);
    if (attribute === undefined) continue;
    throw unreadable(
      `attribute ${attribute} of node "${name}" (${op}) is a subgraph, which wagon does not support here`,
    );
  }
}

/** Types of all values that can be typed. */
function typeValues(
  graph: string,
  inputs: readonly Declaration[],
  initializers: ReadonlyMap<string, Tensor>,
  nodes: readonly Node[],
  declarations: readonly Declaration[],
): ReadonlyMap<string, TensorType> {
  const typing = new Typing(graph);
  try {
    for (const { name, type } of inputs) {
      if (type === undefined) {
        throw unreadable(`input "${name}" must be a tensor of known element type and rank`);
      }
      typing.declare(name, type);
    }
    for (const [name, tensor] of initializers) typing.constant(name, tensor);
    typeNodes(typing, nodes, new Map(declarations.map(({ name, type }) => [name, type])));
  } catch (error) {
    throw error instanceof GraphError ? unreadable(error.message) : error;
  }
  return typing.types;
}

/**
 * Types of all node outputs: inferred, or what the file declares where the operator is unknown here or the two
 * contradict each other. The checker infers again and names the fault.
 */
function typeNodes(
  typing: Typing,
  nodes: readonly Node[],
  declared: ReadonlyMap<string, TensorType | undefined>,
): void {
  for (const node of nodes) {
    try {
      typing.node(node);
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
    }
    for (const name of node.outputs) {
      const says = declared.get(name);
      const inferred = typing.types.get(name);
      if (says && !(inferred && isCompatible(says, inferred))) typing.declare(name, says);
    }
  }
}

/** Names of extents may differ between what a file declares and what inference finds. */
function isCompatible(declared: TensorType, inferred: TensorType): boolean {
  return declared.element === inferred.element && declared.shape.length === inferred.shape.length &&
    declared.shape.every((dim, i) => {
      const other = inferred.shape[i];
      return dim === other || typeof dim === "string" || typeof other === "string";
    });
}

function readNode(bytes: Uint8Array, external: ExternalData | undefined, depth: number): FileNode {
  const metadata = new Map<string, string>();
  const out = { name: "", op: "", domain: "" };
  const inputs: string[] = [];
  const outputs: string[] = [];
  const fields: Uint8Array[] = [];
  readMessage(bytes, "NodeProto", {
    [NODE.input]: (field) => inputs.push(field.text()),
    [NODE.output]: (field) => outputs.push(field.text()),
    [NODE.name]: (field) => out.name = field.text(),
    [NODE.op_type]: (field) => out.op = field.text(),
    [NODE.attribute]: (field) => fields.push(field.bytes()),
    [NODE.domain]: (field) => out.domain = canonicalDomain(field.text()),
    [NODE.metadata_props]: (field) => metadata.set(...readEntry(field.bytes())),
  });
  const where = `of node "${out.name}" (${out.op})`;
  const read = fields.map((field) => readAttribute(field, where, external, depth));
  if (new Set(read.map(([name]) => name)).size < read.length) {
    throw unreadable(`attributes ${where} must have distinct names`);
  }
  const attributes = read.flatMap(([name, value]) => "nodes" in value ? [] : [[name, value] as const]);
  const graphs = read.flatMap(([name, value]) => "nodes" in value ? [[name, value] as const] : []);
  const node = { ...out, inputs, outputs, attributes: Object.fromEntries(attributes), ...said(metadata) };
  return graphs.length === 0 ? node : { ...node, subgraphs: Object.fromEntries(graphs) };
}

/** AttributeType of one graph. */
const SUBGRAPH = 5;

/** Kinds of attributes that no operator here takes, by AttributeType. */
const REFUSED_ATTRIBUTES: Readonly<Record<number, string>> = {
  9: "tensors",
  10: "subgraphs",
  11: "a sparse tensor",
  12: "sparse tensors",
  13: "a type",
  14: "types",
};

interface AttributeFields {
  name: string;
  type: number;
  reference: string;
  float: number;
  int: number;
  string: string;
  graph: Uint8Array | undefined;
  tensor: Tensor | undefined;
  readonly floats: number[];
  readonly ints: number[];
  readonly strings: string[];
}

/** `where`: the node, for errors. */
function readAttribute(
  bytes: Uint8Array,
  where: string,
  external: ExternalData | undefined,
  depth: number,
): [name: string, attribute: Attribute | FileGraph] {
  const fields = readAttributeFields(bytes, external);
  const refused = REFUSED_ATTRIBUTES[fields.type];
  if (refused) {
    throw unreadable(`attribute ${fields.name} ${where} is ${refused}, which wagon does not support`);
  }
  if (fields.reference !== "") {
    throw unreadable(
      `attribute ${fields.name} refers to attribute ${fields.reference} of a function: inline functions before the export`,
    );
  }
  if (fields.type === SUBGRAPH) {
    if (fields.graph === undefined) throw unreadable(`attribute ${fields.name} must contain a graph`);
    return [fields.name, readFileGraph(fields.graph, external, depth + 1)];
  }
  const kind = KINDS.find((candidate) => ATTRIBUTE_TYPES[candidate] === fields.type);
  if (kind === undefined) throw unreadable(`attribute ${fields.name} has unknown type ${fields.type}`);
  if (kind === "tensor" && fields.tensor === undefined) {
    throw unreadable(`attribute ${fields.name} must contain a tensor`);
  }
  return [fields.name, { kind, value: fields[kind] } as Attribute];
}

const KINDS = Object.keys(ATTRIBUTE_TYPES) as readonly Attribute["kind"][];

function readAttributeFields(bytes: Uint8Array, external?: ExternalData): AttributeFields {
  const out: AttributeFields = {
    name: "",
    type: 0,
    reference: "",
    float: 0,
    int: 0,
    string: "",
    graph: undefined,
    tensor: undefined,
    floats: [],
    ints: [],
    strings: [],
  };
  let int = 0n;
  const ints: bigint[] = [];
  readMessage(bytes, "AttributeProto", {
    [ATTRIBUTE.name]: (field) => out.name = field.text(),
    [ATTRIBUTE.f]: (field) => out.float = field.float(),
    [ATTRIBUTE.i]: (field) => int = field.int64(),
    [ATTRIBUTE.s]: (field) => out.string = field.text(),
    [ATTRIBUTE.t]: (field) => out.tensor = readTensor(field.bytes(), external).tensor,
    [ATTRIBUTE.g]: (field) => out.graph = field.bytes(),
    [ATTRIBUTE.floats]: (field) => field.floats(out.floats),
    [ATTRIBUTE.ints]: (field) => field.int64s(ints),
    [ATTRIBUTE.strings]: (field) => out.strings.push(field.text()),
    [ATTRIBUTE.type]: (field) => out.type = field.int32(),
    [ATTRIBUTE.ref_attr_name]: (field) => out.reference = field.text(),
  });
  out.int = integerOf(int, out.name);
  for (const value of ints) out.ints.push(integerOf(value, out.name));
  return out;
}

/** Value of a Constant node. Ends of slices may be the largest int64; any number as large is equivalent. */
const CLAMPED = ["value_int", "value_ints"];

function integerOf(value: bigint, attribute: string): number {
  const number = Number(value), { MAX_SAFE_INTEGER: most } = Number;
  if (Number.isSafeInteger(number)) return number;
  if (CLAMPED.includes(attribute)) return Math.min(Math.max(number, -most), most);
  throw unreadable(`attribute ${attribute} must contain integers below 2^53: found ${value}`);
}

function readValueInfo(bytes: Uint8Array): Declaration {
  let name = "";
  let type: Uint8Array | undefined;
  const metadata = new Map<string, string>();
  readMessage(bytes, "ValueInfoProto", {
    [VALUE_INFO.name]: (field) => name = field.text(),
    [VALUE_INFO.type]: (field) => type = field.bytes(),
    [VALUE_INFO.metadata_props]: (field) => metadata.set(...readEntry(field.bytes())),
  });
  return { name, type: type && readType(type, name), ...said(metadata) };
}

/** Undefined for what is no tensor, and for tensors of unknown element type or rank. */
function readType(bytes: Uint8Array, value: string): TensorType | undefined {
  let element: ElementType | undefined;
  let shape: Dim[] | undefined;
  readMessage(bytes, "TypeProto", {
    [TYPE.tensor_type]: (field) =>
      readMessage(field.bytes(), "TypeProto.Tensor", {
        [TENSOR_TYPE.elem_type]: (inner) => element = elementOfCode(inner.int32()),
        [TENSOR_TYPE.shape]: (inner) => shape = readShape(inner.bytes(), value),
      }),
  });
  return element && shape && { element, shape };
}

/** An extent without value gets the name of its own that the file did not give. */
function readShape(bytes: Uint8Array, value: string): Dim[] {
  const shape: Dim[] = [];
  readMessage(bytes, "TensorShapeProto", {
    [SHAPE.dim]: (field) => {
      let dim: Dim = `${value}_dim_${shape.length}`;
      readMessage(field.bytes(), "TensorShapeProto.Dimension", {
        [DIM.dim_value]: (inner) => {
          const extent = inner.integer();
          if (extent >= 0) dim = extent;
        },
        [DIM.dim_param]: (inner) => dim = product([inner.text() || dim]),
      });
      shape.push(dim);
    },
  });
  return shape;
}
