/**
 * Checks of a graph before ONNX Runtime sees it: a graph that arrives over the wire may not read files
 * (external data), nor bring operators other than those of ai.onnx, nor hold graphs within nodes (Loop, Scan, If), which
 * ours never do: what is computed does not hang on values, and ends. Scans the protobuf of onnx.proto3
 * (field numbers below) without building a model.
 */
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** A graph that this worker does not run. The text names the file, what was required and what was found. */
export class UnsupportedGraph extends Error {
  override name = "UnsupportedGraph";
}

const MODEL = { graph: 7, opset_import: 8, training_info: 20, functions: 25 } as const;
const OPSET = { domain: 1 } as const;
const GRAPH = { node: 1, initializer: 5, sparse_initializer: 15 } as const;
const NODE = { name: 3, op_type: 4, attribute: 5, domain: 7 } as const;
const ATTRIBUTE = { t: 5, g: 6, tensors: 10, graphs: 11, sparse_tensor: 22, sparse_tensors: 23 } as const;
const SPARSE = { values: 1, indices: 2 } as const;
const TENSOR = { name: 8, external_data: 13, data_location: 14 } as const;

const OWN_DOMAINS = ["", "ai.onnx"];

/** Calls `visit` for each field; `visit` reads the value and returns true, or leaves it to be skipped. */
function fields(bytes: Uint8Array, visit: (field: number, reader: BinaryReader) => boolean): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wire_type] = reader.tag();
    const readable = wire_type === WireType.LengthDelimited || wire_type === WireType.Varint;
    if (!readable || !visit(field, reader)) reader.skip(wire_type, field);
  }
}

class Scan {
  readonly operators = new Set<string>();

  constructor(readonly file: string) {}

  refuse(required: string, found: string): never {
    throw new UnsupportedGraph(`Graph ${this.file} must ${required}: ${found}`);
  }

  model(bytes: Uint8Array): void {
    let graphs = 0;
    fields(bytes, (field, reader) => {
      if (field === MODEL.graph) {
        graphs++;
        this.graph(reader.bytes());
      } else if (field === MODEL.opset_import) this.opset(reader.bytes());
      else if (field === MODEL.functions) this.refuse("contain no functions", "it holds one");
      else if (field === MODEL.training_info) this.refuse("contain no training_info", "it holds one");
      else return false;
      return true;
    });
    if (graphs !== 1) this.refuse("be an ONNX model with one graph", `found ${graphs} graphs`);
  }

  opset(bytes: Uint8Array): void {
    fields(bytes, (field, reader) => {
      if (field !== OPSET.domain) return false;
      const domain = reader.string();
      if (!OWN_DOMAINS.includes(domain)) {
        this.refuse("import operators of ai.onnx only", `it imports domain ${domain}`);
      }
      return true;
    });
  }

  graph(bytes: Uint8Array): void {
    fields(bytes, (field, reader) => {
      if (field === GRAPH.node) this.node(reader.bytes());
      else if (field === GRAPH.initializer) this.tensor(reader.bytes());
      else if (field === GRAPH.sparse_initializer) this.sparse(reader.bytes());
      else return false;
      return true;
    });
  }

  node(bytes: Uint8Array): void {
    const node = { name: "", op_type: "", domain: "", holds_graph: false };
    fields(bytes, (field, reader) => {
      if (field === NODE.name) node.name = reader.string();
      else if (field === NODE.op_type) node.op_type = reader.string();
      else if (field === NODE.domain) node.domain = reader.string();
      else if (field === NODE.attribute) {
        node.holds_graph = this.attribute(reader.bytes()) || node.holds_graph;
      } else return false;
      return true;
    });
    if (node.holds_graph) {
      this.refuse("contain no subgraphs in nodes", `node ${node.name} (${node.op_type}) has one`);
    }
    this.operators.add(node.op_type);
    if (!OWN_DOMAINS.includes(node.domain)) {
      this.refuse("use operators of ai.onnx only", `node ${node.name} uses ${node.domain}.${node.op_type}`);
    }
  }

  /** True if the attribute is a graph. */
  attribute(bytes: Uint8Array): boolean {
    let is_graph = false;
    fields(bytes, (field, reader) => {
      if (field === ATTRIBUTE.t || field === ATTRIBUTE.tensors) this.tensor(reader.bytes());
      else if (field === ATTRIBUTE.g || field === ATTRIBUTE.graphs) {
        is_graph = true;
        return false;
      } else if (field === ATTRIBUTE.sparse_tensor || field === ATTRIBUTE.sparse_tensors) {
        this.sparse(reader.bytes());
      } else return false;
      return true;
    });
    return is_graph;
  }

  sparse(bytes: Uint8Array): void {
    fields(bytes, (field, reader) => {
      if (field !== SPARSE.values && field !== SPARSE.indices) return false;
      this.tensor(reader.bytes());
      return true;
    });
  }

  tensor(bytes: Uint8Array): void {
    const tensor = { name: "", external: false };
    fields(bytes, (field, reader) => {
      if (field === TENSOR.name) tensor.name = reader.string();
      else if (field === TENSOR.data_location) tensor.external = reader.int32() !== 0 || tensor.external;
      else if (field === TENSOR.external_data) {
        tensor.external = true;
        return false;
      } else return false;
      return true;
    });
    if (tensor.external) {
      this.refuse("contain all its constants", `tensor ${tensor.name} is in an external file`);
    }
  }
}

/**
 * Checks a serialized ONNX model and tells which operators it uses. `file` is the name used in messages.
 * @throws {UnsupportedGraph} for external data, functions, graphs within nodes, other operator domains, or bytes that are no model.
 */
export function guardGraph(file: string, bytes: Uint8Array): ReadonlySet<string> {
  const scan = new Scan(file);
  try {
    scan.model(bytes);
    return scan.operators;
  } catch (error) {
    if (error instanceof UnsupportedGraph) throw error;
    throw new UnsupportedGraph(`Graph ${file} must be an ONNX model: ${(error as Error).message}`);
  }
}
