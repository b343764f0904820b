/**
 * Networks that PyTorch and Keras exported (scripts/goldens/make_import_goldens.py, make_keras_goldens.py): what they
 * give, and the gradients of one step, against PyTorch's float64 and Keras; by ONNX Runtime in float32, and by the
 * reference interpreter, which computes the same graphs in float64.
 */
import assert from "node:assert/strict";
import { importGraph } from "../../../models/import/import_graph.ts";
import {
  criticNet,
  generatorNet,
  type ImportedNetwork,
  importedNetwork,
  type Role,
} from "../../../models/import/imported_net.ts";
import { initialState } from "../../../models/initialise.ts";
import { buildLayout, views } from "../../../models/layout.ts";
import { objectiveOf } from "../../../models/objectives/objectives.ts";
import { readModel } from "../../../models/onnx/codec.ts";
import type { Graph } from "../../../models/onnx/graph.ts";
import { decodeSafetensors } from "../../../models/safetensors.ts";
import {
  criticEvalGraph,
  criticTrainingGraph,
  generatorForwardGraph,
  generatorTrainingGraph,
  type Pair,
  samplerGraph,
} from "../../../models/training_graphs.ts";
import { interpret } from "../../reference/interpreter.ts";
import { refTensor } from "../../reference/ref_tensor.ts";
import { norm } from "../norm.ts";
import { prepareInOrt } from "../onnx_runtime.ts";

const read = (file: string) => Deno.readFileSync(new URL(`files/${file}`, import.meta.url));

function importFile(file: string, role: Role): ImportedNetwork {
  return importedNetwork(importGraph(readModel(read(file), read), file, role), role, []);
}

/** float64 tensors of a golden file, by name. */
function golden(file: string): ReadonlyMap<string, Float64Array> {
  const { tensors } = decodeSafetensors(read(file));
  return new Map([...tensors].map(([name, { data }]) => [name, Float64Array.from(data as Float64Array)]));
}

function pairOf(
  [generator, critic]: readonly [string, string],
  micro_batch: number,
  example_shape: readonly number[],
  objective: "wgan" | "wgan-gp" | "gan",
): Pair {
  const logits = objective === "gan";
  return {
    generator: generatorNet(importFile(generator, "generator"), { example_shape, logits }),
    critic: criticNet(importFile(critic, "critic"), { example_shape, logits }),
    objective: objectiveOf({ objective, penalty: objective === "wgan-gp" ? 10 : null }),
    micro_batch,
  };
}

type Values = ReadonlyMap<string, ArrayLike<number>>;
type Execute = (graph: Graph, inputs: ReadonlyMap<string, Float64Array>) => Promise<Values>;

/** Both compute a float32 graph; the interpreter does not round, its constants apart. */
const EXECUTORS: Readonly<Record<"float32" | "float64", Execute>> = {
  float32: async (graph, inputs) => {
    const feeds = new Map([...inputs].map(([name, data]) => [name, Float32Array.from(data)]));
    return await (await prepareInOrt(graph))(feeds) as Values;
  },
  float64: (graph, inputs) => {
    const feeds = graph.inputs.map((name) => {
      const { element, shape } = graph.types.get(name)!;
      return [name, refTensor(element, shape as readonly number[], inputs.get(name)!)] as const;
    });
    const outputs = interpret(graph, new Map(feeds));
    return Promise.resolve(new Map([...outputs].map(([name, { data }]) => [name, data])));
  },
};
type Precision = keyof typeof EXECUTORS;

/** Runs a graph with the file's weights and these user inputs. */
async function run(
  pair: Pair,
  graph: Graph,
  users: Readonly<Record<string, Float64Array>>,
  precision: Precision = "float32",
): Promise<Values> {
  const state = initialState(pair, 1);
  const inputs = new Map(Object.entries(users));
  const specs = {
    critic: pair.critic.parameters,
    generator: pair.generator.parameters,
    statistics: pair.generator.statistics,
  };
  for (const name of ["critic", "generator", "statistics"] as const) {
    for (const [tensor, data] of views(buildLayout(specs[name]), state[name])) {
      inputs.set(tensor, Float64Array.from(data));
    }
  }
  return await EXECUTORS[precision](graph, inputs);
}

/** The graph for this many examples. */
function bound(graph: Graph, batch: number): Graph {
  const types = new Map(graph.types);
  for (const name of graph.inputs) {
    const { element, shape } = types.get(name)!;
    types.set(name, { element, shape: shape.map((dim) => dim === "N" ? batch : dim) });
  }
  return { ...graph, types };
}

/** ||a - b|| / max(||b||, floor). */
function errorOf(found: ArrayLike<number>, expected: Float64Array, floor = 0): number {
  assert.equal(found.length, expected.length);
  return norm(expected.map((value, i) => found[i]! - value)) / Math.max(norm(expected), floor);
}

/**
 * Largest errors, of outputs and of one step's losses and gradients. Float64 is not closer since the graphs keep
 * constants (a slope of 0.2, 1 / 24, the square root of 2) as float32. Measured: mlp outputs 1.05e-7 and 1.8e-9, step
 * 6.9e-6 and 2.6e-8; conv outputs 1.5e-7 and 4.1e-9, step 2.5e-6 and 7.7e-8.
 */
const TOLERANCE = {
  mlp: { outputs: { float32: 4e-7, float64: 6e-9 }, step: { float32: 2e-5, float64: 1e-7 } },
  conv: { outputs: { float32: 5e-7, float64: 1.5e-8 }, step: { float32: 8e-6, float64: 2.5e-7 } },
};

const SHAPE = [8, 8];
const IMPORTS: readonly (readonly [pair: "mlp" | "conv", how: string])[] = [
  ["mlp", "script11"],
  ["mlp", "script13"],
  ["mlp", "dynamo"],
  ["mlp", "fixed"],
  ["conv", "script11"],
  ["conv", "script13"],
  ["conv", "script17"],
  ["conv", "script18"],
  ["conv", "dynamo"],
];
const GOLDEN = golden("import.safetensors");

/** Gradients of one kind by parameter, against PyTorch's: the largest error of any tensor. */
function worstGradient(
  results: ReadonlyMap<string, ArrayLike<number>>,
  kind: string,
  names: readonly string[],
): number {
  const expected = names.map((name) => [name, GOLDEN.get(`${kind}.${name}`)!] as const);
  const whole = norm(expected.map(([, data]) => norm(data)));
  const role = kind.endsWith("generator") ? "" : "critic.";
  const errors = expected.map(([name, data]) => {
    const found = results.get(`${role === "" ? "generator." : ""}${name}_grad`)!;
    // PyTorch has no gradient for what the loss does not depend on: ours is then zero.
    const full = data.length === found.length ? data : new Float64Array(found.length);
    return errorOf(found, full, 1e-2 * whole);
  });
  return Math.max(...errors);
}

for (const [pair, how] of IMPORTS) {
  const files = [`${pair}_generator_${how}.onnx`, `${pair}_critic_${how}.onnx`] as const;
  const of = (name: string) => GOLDEN.get(`${pair}.${name}`)!;

  Deno.test(`import ${pair} ${how}: samples and scores are those of PyTorch`, async () => {
    for (const precision of ["float32", "float64"] as const) {
      const own = pairOf(files, 4, SHAPE, "wgan");
      const samples = await run(own, bound(samplerGraph(own), 4), { noise: of("noise") }, precision);
      const scores = await run(own, bound(criticEvalGraph(own), 4), { real: of("real") }, precision);
      const found = Math.max(
        errorOf(samples.get("samples")!, of("samples")),
        errorOf(scores.get("scores")!, of("scores")),
      );
      assert.ok(found <= TOLERANCE[pair].outputs[precision], `${precision} is off by ${found}`);
    }
  });

  for (const objective of ["wgan", "wgan-gp"] as const) {
    Deno.test(`import ${pair} ${how}: losses and gradients of a ${objective} step are PyTorch's`, async () => {
      for (const precision of ["float32", "float64"] as const) {
        const found = await stepErrors(pairOf(files, 4, SHAPE, objective), pair, objective, precision);
        const worst = Math.max(...Object.values(found));
        assert.ok(worst <= TOLERANCE[pair].step[precision], `${precision} is off: ${JSON.stringify(found)}`);
      }
    });
  }
}

/** What one step of each network gives, against PyTorch's: losses by their difference. */
async function stepErrors(
  own: Pair,
  pair: "mlp" | "conv",
  objective: "wgan" | "wgan-gp",
  precision: Precision,
) {
  const of = (name: string) => GOLDEN.get(`${pair}.${name}`)!;
  const noise = { noise: of("noise") };
  const forward = await run(own, generatorForwardGraph(own), noise, precision);
  const fake = Float64Array.from(forward.get("fake")!);
  const step = { real: of("real"), fake, ...objective === "wgan-gp" && { mix: of("mix") } };
  const critic = await run(own, criticTrainingGraph(own), step, precision);
  const generator = await run(own, generatorTrainingGraph(own), noise, precision);
  const kind = `${pair}.${objective.replace("-", "_")}`;
  const names = own.generator.parameters.map(({ name }) => name.replace(/^generator\./, ""));
  return {
    critic_loss: Math.abs(critic.get("loss")![0]! - GOLDEN.get(`${kind}.loss`)![0]!),
    critic: worstGradient(critic, kind, own.critic.parameters.map(({ name }) => name)),
    generator_loss: Math.abs(generator.get("loss")![0]! - of("generator.loss")[0]!),
    generator: worstGradient(generator, `${pair}.generator`, names),
  };
}

Deno.test("import keras: channels last, what tf2onnx wrote gives what Keras gave", async () => {
  const tensors = golden("keras.safetensors");
  const own = pairOf(["keras_generator.onnx", "keras_critic.onnx"], 3, [3, 8, 8], "gan");
  const samples = await run(own, bound(samplerGraph(own), 3), { noise: tensors.get("noise")! });
  const scores = await run(own, bound(criticEvalGraph(own), 3), { real: tensors.get("real")! });
  const found = [
    errorOf(samples.get("samples")!, tensors.get("samples")!),
    errorOf(scores.get("scores")!, tensors.get("scores")!),
  ];
  // Measured: 3.6e-7.
  assert.ok(Math.max(...found) < 1e-6, `errors ${found}`);
});
