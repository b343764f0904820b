/**
 * Ten steps of training (n_critic 1) over the project's own graphs, in plain code: what the PyTorch goldens are
 * compared with. An update is RMSProp or Adam as algorithm.md defines it.
 */
import { numElements } from "../../common/shape.ts";
import { fillUniform, type StreamKey } from "../../random/philox.ts";
import { augmentNumbers } from "../../models/nets/augment.ts";
import { initialState } from "../../models/initialise.ts";
import { buildLayout, views } from "../../models/layout.ts";
import type { Net, TensorSpec } from "../../models/nets/net.ts";
import { buildNetworks } from "../../models/nets/networks.ts";
import { objectiveOf } from "../../models/objectives/objectives.ts";
import type { ElementType, Graph } from "../../onnx/graph.ts";
import {
  criticTrainingGraph,
  generatorForwardGraph,
  generatorTrainingGraph,
  type Pair,
} from "../../models/training_graphs.ts";
import type { TrainingCase } from "../goldens/golden.ts";

/** Share of the running statistics that a generator step keeps: PyTorch's momentum is 0.1. */
const KEPT = 0.9;

export const STEPS = 10;

export type FloatArray = Float32Array | Float64Array;
export type Values = Map<string, FloatArray>;

/** Computes a graph's outputs from its inputs, both by name. */
export type Execute = (inputs: ReadonlyMap<string, FloatArray>) => Promise<ReadonlyMap<string, FloatArray>>;

/** The three graphs of training, ready to be computed. */
export interface Executors {
  readonly critic: Execute;
  readonly generator: Execute;
  readonly forward: Execute;
}

/** What an update does to a network: a wrong one shows whether the goldens see it. */
export interface UpdateRule {
  readonly lr: number;
  /** RMSProp's; Adam has none. */
  readonly alpha: number | null;
  readonly beta1: number;
  readonly beta2: number;
  /** True if Adam's running means are corrected for having begun at 0. */
  readonly corrected: boolean;
  readonly eps: number;
  /** eps added to RMSProp's mean square under the root, as TensorFlow 1 has it. */
  readonly eps_inside: boolean;
  readonly clip: number | null;
  /** A parameter that does not move. */
  readonly frozen: string | null;
}

export function pairOf(settings: TrainingCase, element: ElementType): Pair {
  const { critic, generator } = buildNetworks(settings);
  const uniform = (spec: TensorSpec) => begunUniform(spec, settings.kernel_bound!);
  return {
    critic: { ...critic, parameters: critic.parameters.map(uniform) },
    generator: { ...generator, parameters: generator.parameters.map(uniform) },
    objective: objectiveOf({
      objective: settings.objective ?? "wgan",
      penalty: settings.penalty ?? null,
      r1: settings.r1 ?? null,
      r2: settings.r2 ?? null,
    }),
    micro_batch: settings.micro_batch,
    element,
    ...settings.augment && { augmentation: settings.augment },
    ...settings.pac && { pac: settings.pac },
  };
}

/** Kernels begin uniform, scales at 1: Python draws no normal numbers. */
function begunUniform(spec: TensorSpec, bound: number): TensorSpec {
  if (spec.initialiser.kind !== "normal") return spec;
  const { mean } = spec.initialiser;
  return {
    ...spec,
    initialiser: mean === 0 ? { kind: "uniform", bound } : { kind: "constant", value: mean },
  };
}

function sizeOf({ input_shape }: Net): number {
  return numElements(input_shape);
}

/** The graphs of a case, each handed to `prepare`. */
export async function prepareGraphs(
  pair: Pair,
  prepare: (graph: Graph) => Execute | Promise<Execute>,
): Promise<Executors> {
  return {
    critic: await prepare(criticTrainingGraph(pair)),
    generator: await prepare(generatorTrainingGraph(pair)),
    forward: await prepare(generatorForwardGraph(pair)),
  };
}

const UNSAID: Omit<UpdateRule, "lr" | "eps"> = {
  alpha: null,
  beta1: 0,
  beta2: 0,
  corrected: true,
  eps_inside: false,
  clip: null,
  frozen: null,
};

/** The optimizer's running means. */
interface Memory {
  readonly averages: Values;
  readonly squares: Values;
}

/**
 * Trains and names the results as the goldens do: `losses`, `gradient.NAME` of step 1, `final.NAME`. Fewer `steps` give
 * the first losses, and nothing final.
 */
export async function train(
  settings: TrainingCase,
  pair: Pair,
  executors: Executors,
  changed: Partial<UpdateRule> = {},
  steps = STEPS,
): Promise<ReadonlyMap<string, FloatArray>> {
  const rule: UpdateRule = { ...UNSAID, ...settings.update, ...changed };
  const state = firstState(settings, pair);
  const zeros = (): Values => new Map([...state].map(([name, values]) => [name, values.map(() => 0)]));
  const memory: Memory = { averages: zeros(), squares: zeros() };
  const draw = (features: number, key: Omit<StreamKey, "seed" | "shard">, low = -1) =>
    drawBatch(settings, pair.element!, features, key, low);
  const augment = (purpose: "critic_augment" | "generator_augment", counter: number) =>
    drawAugment(settings, pair, { purpose, counter });
  const latent = sizeOf(pair.generator), features = sizeOf(pair.critic) / (settings.pac ?? 1);
  const losses = new Float64Array(2 * steps);
  const results: Values = new Map([["losses", losses]]);
  const record = (step: number, column: number, outputs: ReadonlyMap<string, FloatArray>) => {
    losses[2 * (step - 1) + column] = outputs.get("loss")![0]!;
    if (step > 1) return;
    for (const [name, values] of outputs) {
      if (name.endsWith("_grad")) results.set(`gradient.${name.slice(0, -5)}`, values);
    }
  };

  for (let step = 1; step <= steps; step++) {
    const real = draw(features, { purpose: "dataset", counter: step });
    const noise = draw(latent, { purpose: "critic_noise", counter: step });
    const fake = (await executors.forward(new Map([...state, ["noise", noise]]))).get("fake")!;
    const mix = draw(1, { purpose: "mixing", counter: step }, 0);
    const critic = await executors.critic(
      new Map([...state, ["real", real], ["fake", fake], ["mix", mix], ...augment("critic_augment", step)]),
    );
    record(step, 0, critic);
    update(state, memory, critic, rule, step);
    const fresh = draw(latent, { purpose: "generator_noise", counter: step });
    const generator = await executors.generator(
      new Map([...state, ["noise", fresh], ["real", real], ...augment("generator_augment", step)]),
    );
    record(step, 1, generator);
    update(state, memory, generator, { ...rule, clip: null }, step);
    for (const { name } of pair.generator.statistics) average(state.get(name)!, generator.get(name)!);
  }
  if (steps < STEPS) return results;
  for (const [name, values] of state) results.set(`final.${name}`, values);
  return results;
}

function arrayOf(element: ElementType): Float32ArrayConstructor | Float64ArrayConstructor {
  return element === "float64" ? Float64Array : Float32Array;
}

function firstState(settings: TrainingCase, pair: Pair): Values {
  const { critic, generator, statistics } = initialState(pair, settings.seed);
  const named = [
    ...views(buildLayout(pair.critic.parameters), critic),
    ...views(buildLayout(pair.generator.parameters), generator),
    ...views(buildLayout(pair.generator.statistics), statistics),
  ];
  return new Map(named.map(([name, values]) => [name, arrayOf(pair.element!).from(values)]));
}

/** Uniform numbers of [low, 1), for noise too: Python draws the same ones. */
function drawBatch(
  settings: TrainingCase,
  element: ElementType,
  features: number,
  key: Omit<StreamKey, "seed" | "shard">,
  low: number,
): FloatArray {
  const batch = new Float32Array(settings.micro_batch * features);
  fillUniform(batch, { seed: settings.seed, shard: 0, ...key }, low, 1);
  return arrayOf(element).from(batch);
}

/** Most passes of a micro-batch through a critic in one step. */
const MOST_PASSES = 4;

/** "augment": what the images of all passes are augmented by. {@linkcode withAugmentInputs} hands it out. */
function drawAugment(
  { augment, seed, micro_batch }: TrainingCase,
  { element }: Pair,
  key: Omit<StreamKey, "seed" | "shard">,
): [string, FloatArray][] {
  if (augment === undefined) return [];
  const numbers = new Float32Array(MOST_PASSES * micro_batch * augmentNumbers(augment));
  fillUniform(numbers, { seed, shard: 0, ...key }, 0, 1);
  return [["augment", arrayOf(element!).from(numbers)]];
}

/** The inputs with "augment" as the graph takes it: `augment_0`, `augment_1` and so on, one behind the other. */
export function withAugmentInputs(
  graph: Graph,
  inputs: ReadonlyMap<string, FloatArray>,
): ReadonlyMap<string, FloatArray> {
  const all = new Map(inputs);
  let taken = 0;
  for (const name of graph.inputs.filter((name) => name.startsWith("augment_"))) {
    const size = numElements(graph.types.get(name)!.shape as number[]);
    all.set(name, inputs.get("augment")!.slice(taken, taken += size));
  }
  return all;
}

function update(
  state: Values,
  { averages, squares }: Memory,
  outputs: ReadonlyMap<string, FloatArray>,
  rule: UpdateRule,
  step: number,
): void {
  for (const [name, weights] of state) {
    const gradient = outputs.get(`${name}_grad`);
    if (gradient === undefined || name === rule.frozen) continue;
    if (rule.alpha === null) adam(weights, averages.get(name)!, squares.get(name)!, gradient, rule, step);
    else rmsprop(weights, squares.get(name)!, gradient, rule, rule.alpha);
  }
}

function adam(
  weights: FloatArray,
  averages: FloatArray,
  squares: FloatArray,
  gradient: FloatArray,
  { lr, beta1, beta2, corrected, eps }: UpdateRule,
  step: number,
): void {
  const [first, second] = corrected ? [1 - beta1 ** step, 1 - beta2 ** step] : [1, 1];
  for (let i = 0; i < weights.length; i++) {
    const g = gradient[i]!;
    averages[i] = beta1 * averages[i]! + (1 - beta1) * g;
    squares[i] = beta2 * squares[i]! + (1 - beta2) * g * g;
    weights[i] = weights[i]! - lr * (averages[i]! / first) / (Math.sqrt(squares[i]! / second) + eps);
  }
}

function rmsprop(
  weights: FloatArray,
  squares: FloatArray,
  gradient: FloatArray,
  { lr, eps, eps_inside, clip }: UpdateRule,
  alpha: number,
): void {
  for (let i = 0; i < weights.length; i++) {
    const g = gradient[i]!;
    squares[i] = alpha * squares[i]! + (1 - alpha) * g * g;
    const root = eps_inside ? Math.sqrt(squares[i]! + eps) : Math.sqrt(squares[i]!) + eps;
    const moved = weights[i]! - lr * g / root;
    weights[i] = clip === null ? moved : Math.min(Math.max(moved, -clip), clip);
  }
}

function average(running: FloatArray, batch: FloatArray): void {
  for (let i = 0; i < running.length; i++) {
    running[i] = KEPT * running[i]! + (1 - KEPT) * batch[i]!;
  }
}
