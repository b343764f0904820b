/** Imported critics under a gradient penalty, whose training graph holds second derivatives of them. */
import assert from "node:assert/strict";
import { importGraph } from "../../../models/import/import_graph.ts";
import { criticNet, importedNetwork } from "../../../models/import/imported_net.ts";
import { objectiveOf } from "../../../models/objectives/objectives.ts";
import type { Tensor } from "../../../onnx/graph.ts";
import { tensorOf } from "../../../onnx/tensor.ts";
import { criticTrainingGraph, type DropoutMask } from "../../../models/training_graphs.ts";
import { interpret } from "../../reference/interpreter.ts";
import { refTensor, sizeOf } from "../../reference/ref_tensor.ts";
import { seededNumbers } from "../../reference/seeded.ts";
import { differenceError } from "../../autodiff/checking.ts";
import { fileModel, type FileNode } from "./file_model.ts";

const equation = (value: string) => ({ equation: { kind: "string", value } }) as const;

function floats(seed: number, ...shape: readonly number[]): Tensor {
  return tensorOf("float32", shape, [...seededNumbers(seed, sizeOf(shape), -1, 1)]);
}

/** The critic's loss of two examples [3, 2] with a penalty of 10, and its gradient by all weights. */
function penalised(nodes: readonly FileNode[], initializers: Readonly<Record<string, Tensor>>) {
  const file = fileModel({ opset: 17, extents: [3, 2], nodes, initializers });
  const network = importedNetwork(importGraph(file, "c.onnx", "critic"), "critic", []);
  const critic = criticNet(network, { example_shape: [3, 2], logits: false });
  const masks: DropoutMask[] = [];
  const objective = objectiveOf({ objective: "wgan-gp", penalty: 10 });
  const graph = criticTrainingGraph(
    { critic, generator: critic, objective, micro_batch: 2 },
    undefined,
    masks,
  );
  const given = new Map(critic.parameters.map(({ name, initialiser }) => [name, initialiser]));
  const feeds = new Map(graph.inputs.map((name, i) => {
    const shape = graph.types.get(name)!.shape as readonly number[], initialiser = given.get(name);
    const numbers = initialiser?.kind === "given"
      ? initialiser.values
      : seededNumbers(i + 20, sizeOf(shape), name.startsWith("m") ? 0.1 : -1, 1);
    return [name, refTensor("float32", shape, numbers)] as const;
  }));
  return { graph, feeds, wrt: [...given.keys()], masks };
}

Deno.test("second order: Einsum over the batch in a critic with a gradient penalty", () => {
  const { masks, ...problem } = penalised([
    ["Einsum", ["x", "w"], ["h"], equation("nij,jk->nik")],
    ["Tanh", ["h"], ["t"]],
    ["Dropout", ["t", "ratio", "training"], ["d"]],
    ["Einsum", ["d", "d"], ["y"], equation("nik,nik->n")],
  ], {
    w: floats(1, 2, 4),
    ratio: tensorOf("float32", [], [0.5]),
    training: tensorOf("bool", [], [1]),
  });
  assert.ok(!problem.graph.nodes.some(({ op }) => op === "Einsum"));
  // Real and fake together, and the examples between them.
  assert.deepEqual(masks.map(({ shape }) => shape), [[4, 3, 4], [2, 3, 4]]);
  const error = differenceError(problem, "loss", "_grad");
  // Measured: 1.2e-12.
  assert.ok(error <= 1e-11, `off by ${error}`);
});

Deno.test("second order: a recurrent critic with a gradient penalty", () => {
  const { masks: _, ...problem } = penalised([
    ["Transpose", ["x"], ["xt"], { perm: [1, 0, 2] }],
    ["GRU", ["xt", "W", "R", "B"], ["all", "last"], { hidden_size: 2 }],
    ["Squeeze", ["last", "zero"], ["h"]],
    ["MatMul", ["h", "v"], ["y"]],
  ], {
    W: floats(1, 1, 6, 2),
    R: floats(2, 1, 6, 2),
    B: floats(3, 1, 12),
    v: floats(4, 2, 1),
    zero: tensorOf("int64", [1], [0]),
  });
  assert.deepEqual(problem.wrt.map((name) => problem.graph.types.get(name)!.shape), [
    [6, 2],
    [6, 2],
    [6],
    [6],
    [2, 1],
  ]);
  const loss = interpret(problem.graph, problem.feeds).get("loss")!.data[0]!;
  assert.ok(Number.isFinite(loss));
  const error = differenceError(problem, "loss", "_grad");
  // Measured: 3.2e-12.
  assert.ok(error <= 3e-11, `off by ${error}`);
});
