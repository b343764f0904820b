/** Critics as exporters write them, held against the same network written out by hand: loss and gradients in float64. */
import assert from "node:assert/strict";
import { numElements } from "../../../common/shape.ts";
import { importGraph } from "../../../models/import/import_graph.ts";
import { criticNet, generatorNet, importedNetwork } from "../../../models/import/imported_net.ts";
import { initialState } from "../../../models/initialise.ts";
import { buildLayout, views } from "../../../models/layout.ts";
import { weightTensors } from "../../../models/nets/spectral_norm.ts";
import { objectiveOf } from "../../../models/objectives/objectives.ts";
import { tensorOf } from "../../../onnx/tensor.ts";
import { criticTrainingGraph, type Pair } from "../../../models/training_graphs.ts";
import { seededNumbers } from "../../reference/seeded.ts";
import { fileModel, type FileParts } from "./file_model.ts";
import { errorOf, run } from "./imported_pair.ts";

export type Parameters = Readonly<Record<string, readonly number[]>>;

export interface CriticCase {
  readonly file: FileParts;
  /** What the network's author calls its parameters, with their first values. */
  readonly parameters: Parameters;
  /** The scores of a batch of examples. */
  readonly scores: (parameters: Parameters, batch: readonly (readonly number[])[]) => readonly number[];
  /** The layout's names where they are not the parameters'. */
  readonly slots?: Readonly<Record<string, string>>;
}

const BATCH = 4;

/** The critic of a file beside a small generator. */
export function pairWith(file: FileParts, objective: "wgan" | "wgan-gp" = "wgan"): Pair {
  const example_shape = file.extents, size = numElements(example_shape);
  const maker = fileModel({
    opset: 18,
    extents: [2],
    nodes: [["MatMul", ["x", "w"], ["y"]]],
    initializers: { w: tensorOf("float32", [2, size], Array.from(seededNumbers(7, 2 * size, -1, 1))) },
  });
  const critic = importedNetwork(importGraph(fileModel(file), "c.onnx", "critic"), "critic", []);
  const generator = importedNetwork(importGraph(maker, "g.onnx", "generator"), "generator", []);
  return {
    critic: criticNet(critic, { example_shape, logits: false }),
    generator: generatorNet(generator, { example_shape, logits: false }),
    objective: objectiveOf({ objective, penalty: objective === "wgan-gp" ? 10 : null }),
    micro_batch: BATCH,
  };
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

/** Trains exactly the parameters, from their values, with the loss and the gradients of the network itself. */
export async function checkCritic({ file, parameters, scores, slots = {} }: CriticCase): Promise<void> {
  const pair = pairWith(file);
  const slotOf = (name: string) => `critic.${slots[name] ?? name}`;
  assert.deepEqual(
    pair.critic.parameters.map(({ name }) => name).sort(),
    Object.keys(parameters).map(slotOf).sort(),
  );
  const state = views(buildLayout(weightTensors(pair.critic)), initialState(pair, 1).critic);
  const found: Record<string, number[]> = {};
  for (const [name, values] of Object.entries(parameters)) {
    found[name] = Array.from(state.get(slotOf(name))!);
    assert.ok(errorOf(found[name], Float64Array.from(values), 1e-9) < 1e-6, name);
  }
  const size = numElements(file.extents);
  const users = { real: seededNumbers(3, BATCH * size, -1, 1), fake: seededNumbers(4, BATCH * size, -1, 1) };
  const rows = (data: Float64Array) =>
    Array.from({ length: BATCH }, (_, i) => Array.from(data.subarray(i * size, (i + 1) * size)));
  const loss = (given: Parameters) =>
    mean(scores(given, rows(users.fake))) - mean(scores(given, rows(users.real)));
  const outputs = await run(pair, criticTrainingGraph(pair), users, "float64");
  assert.ok(
    Math.abs(outputs.get("loss")![0]! - loss(found)) < 1e-9,
    `loss ${outputs.get("loss")![0]} ${loss(found)}`,
  );
  const slopes = Object.entries(found).map(([name, values]) =>
    [name, Float64Array.from(values, (_, i) => slope(loss, found, name, i))] as const
  );
  const whole = Math.hypot(...slopes.flatMap(([, numbers]) => [...numbers]));
  for (const [name, expected] of slopes) {
    const error = errorOf(outputs.get(`${slotOf(name)}_grad`)!, expected, whole);
    // Measured: up to 3e-10.
    assert.ok(error < 3e-9, `${name}: ${error}`);
  }
}

/** A central difference. */
function slope(loss: (given: Parameters) => number, at: Parameters, name: string, i: number): number {
  const step = 1e-5;
  const moved = (by: number) =>
    loss({ ...at, [name]: at[name]!.map((value, j) => j === i ? value + by : value) });
  return (moved(step) - moved(-step)) / (2 * step);
}
