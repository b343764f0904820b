/** Which weights are trained, what fits examples, and what a network with batch normalisation gives in training. */
import assert from "node:assert/strict";
import { matchLayout } from "../../../models/import/layout_match.ts";
import { importGraph } from "../../../models/import/import_graph.ts";
import { criticNet, endsInSigmoid, importedNetwork } from "../../../models/import/imported_net.ts";
import { matchesGlob } from "../../../models/import/weights/trainable.ts";
import { GraphBuilder } from "../../../onnx/builder.ts";
import type { Tensor } from "../../../onnx/graph.ts";
import { tensorOf } from "../../../onnx/tensor.ts";
import { interpret } from "../../reference/interpreter.ts";
import { refTensor } from "../../reference/ref_tensor.ts";
import { fileModel, type FileNode } from "./file_model.ts";

const row = (...data: readonly number[]): Tensor => tensorOf("float32", [data.length], data);

function network(
  nodes: readonly FileNode[],
  initializers: Readonly<Record<string, Tensor>>,
  patterns: readonly string[] = [],
) {
  const model = fileModel({ opset: 17, extents: [3], nodes, initializers });
  return importedNetwork(importGraph(model, "c.onnx", "critic"), "critic", patterns);
}

Deno.test("patterns: * is any characters and ? is one", () => {
  const matches: readonly (readonly [pattern: string, name: string, does: boolean])[] = [
    ["critic.?.weight", "critic.3.weight", true],
    ["critic.?.weight", "critic.13.weight", false],
    ["critic.?.weight", "critic..weight", false],
    ["critic.*", "critic.", true],
    ["*.bias", "critic.bias.2.bias", true],
    ["*.bias", "critic.bias.2", false],
    ["*1*2*", "a1b12c", true],
    ["critic", "critics", false],
    ["", "", true],
  ];
  for (const [pattern, name, does] of matches) {
    assert.equal(matchesGlob(pattern, name), does, `${pattern} ${name}`);
  }
});

Deno.test("trainable: numbers of the code stay, weights of layers and one-element biases are trained", () => {
  const nodes: FileNode[] = [
    ["Mul", ["x", "half"], ["a"]],
    ["MatMul", ["a", "w"], ["b"]],
    ["Add", ["b", "bias"], ["c"]],
    ["Mul", ["c", "slope"], ["y"]],
  ];
  const values = {
    half: tensorOf("float32", [], [0.5]),
    w: tensorOf("float32", [3, 1], [1, 2, 3]),
    bias: row(0.125),
    slope: tensorOf("float32", [1, 1], [0.2]),
  };
  const trained = (patterns: readonly string[]) =>
    network(nodes, values, patterns).parameters.map(({ name }) => name);
  assert.deepEqual(trained([]), ["critic.w", "critic.bias"]);
  assert.deepEqual(trained(["critic.s*"]), ["critic.slope"]);
});

Deno.test("fit: the same number of values is required, and the layout must be clear", () => {
  assert.deepEqual(matchLayout([192], [3, 8, 8]), { perm: null, shape: [3, 8, 8] });
  assert.equal(matchLayout([191], [3, 8, 8]), null);
  assert.equal(matchLayout([3, 8, 8], [64]), null);
  assert.deepEqual(matchLayout([4, 6, 3], [3, 4, 6])!.perm, [0, 3, 1, 2]);
  assert.deepEqual(matchLayout([3, 4, 6], [4, 6, 3])!.perm, [0, 2, 3, 1]);
  assert.equal(matchLayout([4, 6, 3], [3, 6, 4]), null);
});

Deno.test("critic: it must give one score", () => {
  const two = network([["MatMul", ["x", "w"], ["y"]]], {
    w: tensorOf("float32", [3, 2], [1, 2, 3, 4, 5, 6]),
  });
  assert.throws(() => criticNet(two, { example_shape: [3], logits: false }), {
    name: "UserError",
    message: "Cannot use critic c.onnx: it must give one score for each example, [N,1], found [N,2]",
  });
});

Deno.test("critic: a last Sigmoid is not looked for behind a Dropout", () => {
  const ends = (op: string) =>
    endsInSigmoid(network([
      ["MatMul", ["x", "w"], ["a"]],
      ["Sigmoid", ["a"], ["b"]],
      [op, op === "Dropout" ? ["b", "ratio", "training"] : ["b"], ["y"]],
    ], {
      w: tensorOf("float32", [3, 1], [1, 2, 3]),
      ratio: tensorOf("float32", [], [0.5]),
      training: tensorOf("bool", [], [1]),
    }));
  assert.deepEqual(["Identity", "Dropout"].map(ends), [true, false]);
});

Deno.test("dropout: two of one value have masks of their own, also where composites beside them are written out", () => {
  const parted = network([
    ["Dropout", ["x", "ratio", "training"], ["a"]],
    ["Dropout", ["x", "ratio", "training"], ["b"]],
    ["Mul", ["a", "b"], ["c"]],
    ["Gelu", ["c"], ["d"]],
    ["MatMul", ["d", "w"], ["y"]],
  ], {
    w: tensorOf("float32", [3, 1], [1, 10, 100]),
    ratio: tensorOf("float32", [], [0.5]),
    training: tensorOf("bool", [], [1]),
  });
  const net = criticNet(parted, { example_shape: [3], logits: false });
  const b = new GraphBuilder("training");
  const x = b.input("x", "float32", [2, 3]);
  b.input("critic.w", "float32", [3, 1]);
  const dropped: (readonly [string, number])[] = [];
  const { output } = net.forwardTrain(b, x, (hidden, ratio) => {
    dropped.push([hidden.name, ratio]);
    return b.op("Neg", [hidden]);
  });
  assert.deepEqual(dropped, [["x", 0.5], ["x", 0.5]]);
  b.output(output, "y");
  assert.equal(b.build().nodes.filter(({ op }) => op === "Dropout").length, 0);
});

Deno.test("batch normalisation: in training by the batch's own moments, which come back in turn", () => {
  const normalised = network([
    ["BatchNormalization", ["x", "scale", "shift", "mean", "var"], ["n"], {
      epsilon: { kind: "float", value: 0.5 },
    }],
    ["MatMul", ["n", "w"], ["y"]],
  ], {
    scale: row(1, 2, 3),
    shift: row(-1, 0, 1),
    mean: row(9, 9, 9),
    var: row(7, 7, 7),
    w: tensorOf("float32", [3, 1], [1, 10, 100]),
  });
  const net = criticNet(normalised, { example_shape: [3], logits: false });
  const b = new GraphBuilder("training");
  const x = b.input("x", "float32", [2, 3]);
  for (const { name, shape } of net.parameters) b.input(name, "float32", shape);
  const { output, moments } = net.forwardTrain(b, x);
  b.output(output, "y");
  for (const { mean, variance } of moments) {
    b.output(mean, "mean");
    b.output(variance, "variance");
  }
  const values: Record<string, readonly number[]> = {
    x: [1, 2, 3, 3, 6, 9],
    "critic.scale": [1, 2, 3],
    "critic.shift": [-1, 0, 1],
    "critic.w": [1, 10, 100],
  };
  const graph = b.build();
  const feeds = graph.inputs.map((name) =>
    [name, refTensor("float32", graph.types.get(name)!.shape as readonly number[], values[name]!)] as const
  );
  const found = interpret(graph, new Map(feeds));
  assert.deepEqual([...found.get("mean")!.data], [2, 4, 6]);
  assert.deepEqual([...found.get("variance")!.data], [1, 4, 9]);
  // (x - mean) / sqrt(variance + epsilon) is -+ sqrt(2 / 3), 2 / sqrt(4.5) and 3 / sqrt(9.5).
  const up = Math.sqrt(1 / 1.5) - 1 + 10 * 2 * 2 / Math.sqrt(4.5) + 100 * (3 * 3 / Math.sqrt(9.5) + 1);
  const down = -Math.sqrt(1 / 1.5) - 1 - 10 * 2 * 2 / Math.sqrt(4.5) + 100 * (-3 * 3 / Math.sqrt(9.5) + 1);
  const error = Math.max(...[down, up].map((y, i) => Math.abs(found.get("y")!.data[i]! - y)));
  // Measured: 5.7e-14, of numbers up to 400.
  assert.ok(error <= 5e-13, `off by ${error}`);
  assert.deepEqual(normalised.statistics.map(({ name }) => name), [
    "critic.scale.running_mean",
    "critic.scale.running_var",
  ]);
});
