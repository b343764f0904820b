import assert from "node:assert/strict";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { guardGraph } from "../../../worker/runtime/graph_guard.ts";
import { message, node } from "../../../worker/runtime/model_writer.ts";
import { benchmarkModel } from "../../../worker/devices/device_benchmark.ts";
import { testRun } from "../test_run.ts";

/** Models made by Python's onnx 1.23 (helper.make_model, SerializeToString). */
const MODELS = {
  plain: "CAk6TQoTCgF4CgF3EgF5GgNhZGQiA0FkZBIBZyoRCAIQASIIAACAPwAAAEBCAXdaDwoBeBIKCggIARIECgIIAmIPCgF5EgoK" +
    "CAgBEgQKAggCQgQKABAS",
  named_domain:
    "CAk6TQoTCgF4CgF3EgF5GgNhZGQiA0FkZBIBZyoRCAIQASIIAACAPwAAAEBCAXdaDwoBeBIKCggIARIECgIIAmIPCgF5EgoK" +
    "CAgBEgQKAggCQgsKB2FpLm9ubngQAQ==",
  external:
    "CAk6XgoTCgF4CgF3EgF5GgNhZGQiA0FkZBIBZyoiCAIQAUIBd2oXCghsb2NhdGlvbhILL2V0Yy9wYXNzd2RwAVoPCgF4EgoK" +
    "CAgBEgQKAggCYg8KAXkSCgoICAESBAoCCAJCBAoAEBI=",
  external_in_subgraph:
    "CAk67QEKuAEKBGNvbmQSAXkiAklmKjsKC2Vsc2VfYnJhbmNoMikKEAoBeBIBZCIISWRlbnRpdHkSBGVsc2ViDwoBZBIKCggI" +
    "ARIECgIIAqABBSpsCgt0aGVuX2JyYW5jaDJaCkESAWMiCENvbnN0YW50KjIKBXZhbHVlKiYIAhABQgVpbm5lcmoXCghsb2Nh" +
    "dGlvbhILL2V0Yy9wYXNzd2RwAaABBBIEdGhlbmIPCgFjEgoKCAgBEgQKAggCoAEFEgFnKgsQCSoBAUIEY29uZFoPCgF4EgoK" +
    "CAgBEgQKAggCYg8KAXkSCgoICAESBAoCCAJCBAoAEBI=",
  import_domain:
    "CAk6TQoTCgF4CgF3EgF5GgNhZGQiA0FkZBIBZyoRCAIQASIIAACAPwAAAEBCAXdaDwoBeBIKCggIARIECgIIAmIPCgF5EgoK" +
    "CAgBEgQKAggCQgQKABASQhEKDWNvbS5taWNyb3NvZnQQAQ==",
  node_domain:
    "CAk6TQomCgF4EgF5GgRnZWx1IglGdXNlZEdlbHU6DWNvbS5taWNyb3NvZnQSAWdaDwoBeBIKCggIARIECgIIAmIPCgF5EgoK" +
    "CAgBEgQKAggCQgQKABAS",
  function:
    "CAk6TQoTCgF4CgF3EgF5GgNhZGQiA0FkZBIBZyoRCAIQASIIAACAPwAAAEBCAXdaDwoBeBIKCggIARIECgIIAmIPCgF5EgoK" +
    "CAgBEgQKAggCQgQKABASygEoCgFGIgFhKgFiOhAKAWESAWIiCElkZW50aXR5SgQKABASUgVsb2NhbA==",
  external_sparse:
    "CAk6bAoQCgF4EgF5IghJZGVudGl0eRIBZ1oPCgF4EgoKCAgBEgQKAggCYg8KAXkSCgoICAESBAoCCAJ6MwoiCAIQAUIBdmoX" +
    "Cghsb2NhdGlvbhILL2V0Yy9wYXNzd2RwARILCAIQBzoCAAFCAWkYBEIECgAQEg==",
} as const;

function bytes(name: keyof typeof MODELS): Uint8Array {
  return Uint8Array.fromBase64(MODELS[name]);
}

function refusal(name: keyof typeof MODELS): string {
  try {
    guardGraph("g.onnx", bytes(name));
  } catch (error) {
    assert.equal((error as Error).name, "UnsupportedGraph");
    return (error as Error).message;
  }
  return "accepted";
}

Deno.test("models of ai.onnx with their constants inside pass", async () => {
  assert.equal(refusal("plain"), "accepted");
  assert.equal(refusal("named_domain"), "accepted");
  guardGraph("trial", benchmarkModel());
  for (const [name, graph] of Object.entries((await testRun()).graphs)) guardGraph(name, graph);
});

Deno.test("external data is refused wherever it hides", () => {
  const refused = (tensor: string) =>
    `Graph g.onnx must contain all its constants: tensor ${tensor} is in an external file`;
  assert.equal(refusal("external"), refused("w"));
  assert.equal(refusal("external_sparse"), refused("v"));
});

Deno.test("other operator domains and functions are refused", () => {
  assert.equal(
    refusal("import_domain"),
    "Graph g.onnx must import operators of ai.onnx only: it imports domain com.microsoft",
  );
  assert.equal(
    refusal("node_domain"),
    "Graph g.onnx must use operators of ai.onnx only: node gelu uses com.microsoft.FusedGelu",
  );
  assert.equal(refusal("function"), "Graph g.onnx must contain no functions: it holds one");
});

Deno.test("bytes that are no model are refused, whatever they are", () => {
  assert.throws(() => guardGraph("g", new Uint8Array()), {
    message: "Graph g must be an ONNX model with one graph: found 0 graphs",
  });
  const plain = bytes("plain");
  for (let length = 1; length < plain.length; length++) {
    try {
      guardGraph("g", plain.subarray(0, length));
    } catch (error) {
      assert.equal((error as Error).name, "UnsupportedGraph");
    }
  }
  assert.throws(() => guardGraph("g", plain.subarray(0, 40)), { name: "UnsupportedGraph" });
});

/** A model with one node of this operator that holds a graph, in the attribute's field. */
function holding(op: string, field: number): Uint8Array {
  const graph = new BinaryWriter();
  node(graph, op, ["x"], "y", (writer) =>
    message(writer, 5, (attribute) => {
      attribute.tag(1, 2).string("body");
      message(attribute, field, (inner) => inner.tag(2, 2).string("inner"));
    }));
  return new BinaryWriter().tag(7, 2).bytes(graph.finish()).finish();
}

Deno.test("graphs within nodes are refused, since a Loop need not end", () => {
  assert.equal(
    refusal("external_in_subgraph"),
    "Graph g.onnx must contain no subgraphs in nodes: node  (If) has one",
  );
  for (const op of ["Loop", "Scan", "If", "SequenceMap", "Add"]) {
    for (const field of [6, 11]) {
      assert.throws(() => guardGraph("g", holding(op, field)), {
        name: "UnsupportedGraph",
        message: `Graph g must contain no subgraphs in nodes: node  (${op}) has one`,
      });
    }
  }
});
