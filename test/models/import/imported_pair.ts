/** Pairs of imported networks, run with the weights of their files, in float32 and in float64. */
import type { NetworkName } from "../../../common/network_name.ts";
import assert from "node:assert/strict";
import { importGraph } from "../../../models/import/import_graph.ts";
import {
  criticNet,
  generatorNet,
  type ImportedNetwork,
  importedNetwork,
} from "../../../models/import/imported_net.ts";
import { initialState } from "../../../models/initialise.ts";
import { buildLayout, views } from "../../../models/layout.ts";
import { weightTensors } from "../../../models/nets/spectral_norm.ts";
import { objectiveOf } from "../../../models/objectives/objectives.ts";
import { readModel } from "../../../onnx/codec.ts";
import type { Graph } from "../../../onnx/graph.ts";
import { decodeSafetensors } from "../../../common/files/safetensors.ts";
import type { Pair } from "../../../models/training_graphs.ts";
import { interpret } from "../../reference/interpreter.ts";
import { refTensor } from "../../reference/ref_tensor.ts";
import { norm } from "../norm.ts";
import { prepareInOrt } from "../onnx_runtime.ts";

const read = (file: string) => Deno.readFileSync(new URL(`files/${file}`, import.meta.url));

export function importFile(file: string, role: NetworkName): ImportedNetwork {
  return importedNetwork(importGraph(readModel(read(file), read), file, role), role, []);
}

/** The tensors of a golden file, by name. */
export function golden(file: string): ReadonlyMap<string, Float64Array> {
  const { tensors } = decodeSafetensors(read(file));
  return new Map([...tensors].map(([name, { data }]) => [name, Float64Array.from(data as Float64Array)]));
}

export function pairOf(
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

export type Values = ReadonlyMap<string, ArrayLike<number>>;
type Execute = (graph: Graph, inputs: ReadonlyMap<string, Float64Array>) => Promise<Values>;

/**
 * Numbers of these networks and of our passes that float32 cannot hold: slope, epsilons, a part of twelve, the roots and
 * pi of Gelu, n / (n - 1) of variances over 4, 64 and 256 numbers. Files and graphs have them rounded.
 */
const NUMBERS = [
  ...[0.2, 1e-3, 1e-5, 1e-12, 1 / 12, Math.SQRT2, Math.SQRT1_2, 2 / Math.sqrt(Math.PI)],
  ...[4, 64, 256].map((n) => n / (n - 1)),
];
const EXACT = new Map(NUMBERS.map((number) => [Math.fround(number), number]));

const unrounded = (stored: number) => EXACT.get(stored) ?? stored;

/** Both compute a float32 graph; the interpreter does not round, and takes constants as they were meant. */
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
    const outputs = interpret(graph, new Map(feeds), unrounded);
    return Promise.resolve(new Map([...outputs].map(([name, { data }]) => [name, data])));
  },
};
export type Precision = keyof typeof EXECUTORS;

/** Runs a graph with the file's weights and these user inputs. */
export async function run(
  pair: Pair,
  graph: Graph,
  users: Readonly<Record<string, Float64Array>>,
  precision: Precision = "float32",
): Promise<Values> {
  const state = initialState(pair, 1);
  const inputs = new Map(Object.entries(users));
  const specs = {
    critic: weightTensors(pair.critic),
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
export function bound(graph: Graph, batch: number): Graph {
  const types = new Map(graph.types);
  for (const name of graph.inputs) {
    const { element, shape } = types.get(name)!;
    types.set(name, { element, shape: shape.map((dim) => dim === "N" ? batch : dim) });
  }
  return { ...graph, types };
}

/** ||a - b|| / max(||b||, floor). */
export function errorOf(found: ArrayLike<number>, expected: Float64Array, floor = 0): number {
  assert.equal(found.length, expected.length);
  return norm(expected.map((value, i) => found[i]! - value)) / Math.max(norm(expected), floor);
}
