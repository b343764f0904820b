/** What is refused in a file, what Dropout becomes, and which tensors are one weight. */
import assert from "node:assert/strict";
import { droppedShares } from "../../../models/import/dropout.ts";
import { importGraph } from "../../../models/import/import_graph.ts";
import type { Tensor } from "../../../onnx/graph.ts";
import { tensorOf } from "../../../onnx/tensor.ts";
import { interpret } from "../../reference/interpreter.ts";
import { refTensor } from "../../reference/ref_tensor.ts";
import { fileModel, type FileParts } from "./file_model.ts";

function imported(parts: Partial<FileParts> & Pick<FileParts, "nodes">) {
  return importGraph(fileModel({ opset: 17, extents: [3], ...parts }), "g.onnx", "critic");
}

/** The message of the refusal. */
function refusal(parts: Partial<FileParts> & Pick<FileParts, "nodes">): string {
  try {
    imported(parts);
  } catch (error) {
    assert.equal((error as Error).name, "UserError", (error as Error).stack ?? "");
    return (error as Error).message;
  }
  return assert.fail("must be refused");
}

Deno.test("import: one input and one output, which depends on it", () => {
  const nodes = [["Add", ["x", "other"], ["y"]], ["Neg", ["y"], ["z"]]] as const;
  assert.equal(
    refusal({ nodes, inputs: ["x", "other"] }),
    "Cannot import g.onnx: it must have one input, found x, other; export the network so that it takes one tensor, and labels as int64 [batch] if it takes any",
  );
  assert.equal(
    refusal({ nodes, inputs: ["x"], initializers: { other: row(1, 2, 3) }, outputs: ["y", "z"] }),
    "Cannot import g.onnx: it must have one output, found y, z; export the network so that it returns one tensor",
  );
  assert.equal(
    refusal({ nodes: [["Shape", ["x"], ["y"]]] }),
    'Cannot import g.onnx: its output "y" must depend on its input, found no path between them',
  );
});

const row = (...data: readonly number[]): Tensor => tensorOf("float32", [data.length], data);
const scalar = (element: "float32" | "bool", value: number): Tensor => tensorOf(element, [], [value]);

/** x through Dropout of this version's form with its own inputs, and what it writes negated. */
function dropout(parts: Partial<FileParts> & { inputs_of_node?: readonly string[]; reads?: string }) {
  const { inputs_of_node = ["x", "ratio", "training"], reads = "dropped" } = parts;
  const nodes = [
    ["Dropout", inputs_of_node, ["dropped", "mask"]],
    ["Neg", [reads], ["y"]],
  ] as const;
  return { nodes, ...parts };
}

const given = (ratio: number, training: 0 | 1) => ({
  initializers: { ratio: scalar("float32", ratio), training: scalar("bool", training) },
});

/** Operators of the imported graph and what they read, and the shares that are dropped. */
function kept(parts: Partial<FileParts> & Pick<FileParts, "nodes">) {
  const { graph, num_idle_dropouts } = imported(parts);
  const nodes = graph.nodes.map(({ op, inputs }) => [op, inputs[0]]);
  return { nodes, shares: droppedShares(graph), num_idle_dropouts };
}

Deno.test("import: Dropout that drops nothing passes its input on", () => {
  const parts = [
    dropout(given(0.5, 0)),
    dropout(given(0, 1)),
    dropout({ inputs_of_node: ["x"] }),
    dropout({ inputs_of_node: ["x", "ratio"], initializers: given(0.5, 1).initializers }),
    ofOpset11(0),
  ];
  for (const each of parts) {
    assert.deepEqual(kept(each), { nodes: [["Neg", "x"]], shares: [], num_idle_dropouts: 1 });
  }
});

/** Dropout before ai.onnx 12: its ratio an attribute. */
function ofOpset11(ratio?: number): Partial<FileParts> & Pick<FileParts, "nodes"> {
  const attributes = ratio === undefined ? {} : { ratio: { kind: "float", value: ratio } as const };
  return { opset: 11, nodes: [["Dropout", ["x"], ["d"], attributes], ["Neg", ["d"], ["y"]]] };
}

Deno.test("import: Dropout that drops stays, with its ratio", () => {
  const { training } = given(0.5, 1).initializers;
  const constants = [
    ["Constant", [], ["ratio"], { value_float: { kind: "float", value: 0.125 } }],
    ["Constant", [], ["training"], { value: { kind: "tensor", value: training } }],
  ] as const;
  const seeded = { seed: 7 };
  const cases: readonly (readonly [ratio: number, parts: Parameters<typeof kept>[0]])[] = [
    [0.25, dropout(given(0.25, 1))],
    [0.25, { ...dropout(given(0.25, 1)), opset: 12 }],
    // The number that a file's own generator would begin with says nothing here.
    [0.25, {
      ...given(0.25, 1),
      nodes: [["Dropout", ["x", "ratio", "training"], ["dropped"], seeded], ["Neg", ["dropped"], ["y"]]],
    }],
    [0.125, { nodes: [...constants, ...dropout({}).nodes] }],
    [0.5, dropout({ inputs_of_node: ["x", "", "training"], initializers: { training } })],
    [0.25, ofOpset11(0.25)],
    [0.5, ofOpset11()],
  ];
  for (const [ratio, parts] of cases) {
    const { nodes, shares, num_idle_dropouts } = kept(parts);
    assert.deepEqual(nodes.map(([op]) => op), ["Dropout", "Neg"]);
    assert.deepEqual([nodes[0]![1], shares, num_idle_dropouts], ["x", [ratio], 0]);
  }
});

Deno.test("import: Dropout whose ratio or mode is not known before, is out of range, or whose mask is read, is refused", () => {
  const start = "Cannot import node node0 (Dropout) of graph g.onnx: its ";
  const sum = [["ReduceSum", ["x"], ["s"], { keepdims: 0 }]] as const;
  const computed = (inputs: readonly string[]) => ({
    ...given(0.5, 1),
    nodes: [...sum, ["Cast", ["s"], ["b"], { to: 9 }], ["Dropout", inputs, ["d"]], ["Neg", ["d"], [
      "y",
    ]]] as const,
  });
  const third = start.replace("node0", "node2");
  assert.equal(refusal(computed(["x", "s", "training"])), `${third}ratio must be constant`);
  assert.equal(refusal(computed(["x", "ratio", "b"])), `${third}training_mode must be constant`);
  for (const ratio of [1, -0.25, NaN]) {
    assert.equal(
      refusal(dropout(given(ratio, 1))),
      `${start}ratio must be 0 or more and below 1: found ${ratio}`,
    );
  }
  for (const training of [0, 1] as const) {
    assert.equal(
      refusal(dropout({ ...given(0.5, training), reads: "mask" })),
      `${start}mask "mask" must not be used, because each step draws another`,
    );
  }
});

Deno.test("import: equal tensors that an exporter merged are weights of their own, other shared ones stay shared", () => {
  const nodes = [["PRelu", ["x", "w"], ["a"]], ["PRelu", ["a", "w"], ["y"]]] as const;
  const names = (w: Tensor) => [...imported({ nodes, initializers: { w } }).values.keys()];
  assert.deepEqual(names(row(0.25, 0.25, 0.25)), ["critic.w", "critic.w.2"]);
  assert.deepEqual(names(row(0.25, 0.5, 0.25)), ["critic.w"]);
  const renamed = [["Identity", ["w"], ["v"]], nodes[0], ["PRelu", ["a", "v"], ["y"]]] as const;
  const { graph } = imported({ nodes: renamed, initializers: { w: row(0.25, 0.25, 0.25) } });
  assert.deepEqual(graph.inputs, ["x", "critic.w", "critic.v"]);
});

Deno.test("import: names that conversions need are taken beside those of the file", () => {
  const { graph } = imported({
    opset: 11,
    nodes: [
      ["Unsqueeze", ["x"], ["wide"], { axes: [1] }],
      ["Unsqueeze", ["wide"], ["between"], { axes: [1] }],
      ["Softmax", ["between"], ["ints"]],
      ["Softmax", ["ints"], ["y"], { axis: 2 }],
    ],
  });
  assert.deepEqual(graph.types.get(graph.outputs[0]!)!.shape, ["N", 1, 1, 3]);
});

Deno.test("import: a batch that the file has as a number, also in sizes and shapes, becomes any batch", () => {
  const { graph } = imported({
    batch: 2,
    extents: [1, 2, 3],
    nodes: [
      ["Resize", ["x", "", "", "sizes"], ["large"], { mode: { kind: "string", value: "nearest" } }],
      ["Reshape", ["large", "flat"], ["y"]],
    ],
    initializers: {
      sizes: tensorOf("int64", [4], [2, 1, 4, 6]),
      flat: tensorOf("int64", [2], [2, 24]),
    },
  });
  assert.deepEqual(graph.types.get(graph.outputs[0]!)!.shape, ["N", 24]);
  const x = refTensor("float32", [3, 1, 2, 3], Array.from({ length: 18 }, (_, i) => i));
  const { shape, data } = interpret(graph, new Map([["x", x]])).values().next().value!;
  assert.deepEqual(shape, [3, 24]);
  assert.deepEqual([...data.slice(0, 12)], [0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2]);
});

Deno.test("import: a convolution over one axis that TensorFlow made one over two has weights without that axis", () => {
  const weights = tensorOf("float32", [2, 1, 1, 3], [1, 2, 3, 4, 5, 6]);
  const shapes = (name: string) => {
    const { graph, values } = imported({
      extents: [1, 1, 4],
      nodes: [["Conv", ["x", name], ["h"]], ["ConvTranspose", ["h", name], ["y"]]],
      initializers: { [name]: weights },
    });
    assert.deepEqual(graph.types.get(graph.outputs[0]!)!.shape, ["N", 1, 1, 4]);
    return [...values.values()].map(({ shape }) => shape);
  };
  assert.deepEqual(shapes("conv1d/convolution/ExpandDims_1:0"), [[2, 1, 3]]);
  assert.deepEqual(shapes("conv1d/kernel"), [[2, 1, 1, 3]]);
});
