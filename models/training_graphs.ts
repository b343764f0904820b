/**
 * The graphs of a pair of networks, as `graphNamesOf` in `manifest.ts` lists them. Inputs come user inputs
 * first, then trained tensors, then frozen ones. Training graphs give the loss, each parameter's gradient as
 * `<parameter>_grad`, then the rest of the tail (`tail.ts`): the mean scores, and the batch statistics under the names
 * of the running ones. All are compiled (`compile.ts`). Tests may give them other gradient rules.
 *
 * Where the networks take labels, an input `label` [n] follows the other user inputs: the class of each example, a whole
 * number. A critic step has the labels of its real examples; its fakes are made for the same ones.
 *
 * What networks drop is a product with a mask, an input `mask_0` and so on behind all others, as it comes up;
 * `masks` takes them. Graphs that are used afterwards, not trained, drop nothing.
 *
 * With an augmentation, the critic of training graphs sees augmented examples. Each of its passes has numbers of its
 * own, an input `augment_0` and so on among the masks.
 */
import type { Rules } from "../autodiff/rule.ts";
import { type Augmentation, augmented, augmentNumbers } from "./nets/augment.ts";
import { compileForward, compileTraining } from "./compile.ts";
import { BETWEEN_GRAPH } from "./manifest.ts";
import type { BatchMoments, Drop, Net, TensorSpec } from "./nets/net.ts";
import { weightTensors } from "./nets/spectral_norm.ts";
import type { Objective } from "./objectives/objective.ts";
import { ofPacks, packing } from "./nets/packing.ts";
import { GraphBuilder, type Value } from "../onnx/builder.ts";
import { formatShape, isFixed } from "../onnx/dims.ts";
import type { ElementType, Graph } from "../onnx/graph.ts";
import { GraphError } from "../onnx/graph_error.ts";
import { TAIL_NAMES } from "./tail.ts";

/**
 * An input that is drawn for each leaf: a mask that stands for what is dropped, 0 where it is, else 1 / (1 - ratio)
 * (random/dropout.ts), or the numbers of an augmentation, uniform in [0, 1).
 */
export interface DropoutMask {
  readonly input: string;
  readonly shape: readonly number[];
  /** Share that is dropped: above 0, below 1; null: numbers of an augmentation. */
  readonly ratio: number | null;
}

/** A generator against a critic. The generator makes examples of the shape that the critic scores. */
export interface Pair {
  readonly critic: Net;
  readonly generator: Net;
  readonly objective: Objective;
  /** Examples of one shard in one step. */
  readonly micro_batch: number;
  /** Element type of the graphs; float32 by default. */
  readonly element?: ElementType;
  /** What images are augmented by before the critic sees them; absent: nothing. */
  readonly augmentation?: Augmentation;
  /** Examples that the critic scores at a time, whose shape is then that of a pack (packing.ts); absent: 1. */
  readonly pac?: number;
  /** From real [N, ...] to features [N, count], which metrics compare; absent: nothing needs them. */
  readonly features?: Graph;
}

/** real, fake [n, ...], mix [n, 1, ...] if the objective mixes, label [n] if the critic takes labels, critic -> loss, gradients, mean_D_real, mean_D_fake */
export function criticTrainingGraph(
  pair: Pair,
  rules?: Rules,
  masks: DropoutMask[] = [],
  name = "critic_training_model",
): Graph {
  const { objective, micro_batch } = pair, critic = packing(pair.critic, pair.pac ?? 1);
  const b = new GraphBuilder(name);
  const real = b.input("real", elementOf(pair), [micro_batch, ...critic.input_shape]);
  const fake = b.input("fake", elementOf(pair), [micro_batch, ...critic.input_shape]);
  const ones = critic.input_shape.map(() => 1);
  const mix = objective.mixes
    ? { mix: ofPacks(b, b.input("mix", elementOf(pair), [micro_batch, ...ones]), pair.pac ?? 1) }
    : {};
  const label = labelInput(b, pair, micro_batch);
  declare(b, pair, weightTensors(critic));
  const means = objective.criticLoss(b, seeing(pair, dropping(critic, b, masks, label), masks), {
    real,
    fake,
    ...mix,
  });
  for (const name of TAIL_NAMES.critic) b.output(means[name], name);
  return compileTraining(b.build(), namesOf(critic.parameters), rules);
}

/** The same for the steps between those that have lazy penalties. */
export function criticBetweenGraph(pair: Pair, masks: DropoutMask[] = []): Graph {
  const { objective } = pair;
  const between = { ...pair, objective: objective.lazy?.between ?? objective };
  return criticTrainingGraph(between, undefined, masks, BETWEEN_GRAPH);
}

/** noise [n, latent], real [n, ...] if the objective pairs, generator, critic -> loss, gradients, mean_D_fake, batch statistics */
export function generatorTrainingGraph(pair: Pair, rules?: Rules, masks: DropoutMask[] = []): Graph {
  const { generator, micro_batch } = pair, critic = packing(pair.critic, pair.pac ?? 1);
  const b = new GraphBuilder("generator_training_model");
  const noise = b.input("noise", elementOf(pair), [micro_batch, ...generator.input_shape]);
  const real = pair.objective.pairs
    ? b.input("real", elementOf(pair), [micro_batch, ...critic.input_shape])
    : undefined;
  const label = labelInput(b, pair, micro_batch);
  declare(b, pair, generator.parameters);
  declare(b, pair, weightTensors(critic));
  const { output: fake, moments } = dropping(generator, b, masks, label).forwardTrain(b, noise);
  const means = pair.objective.generatorLoss(
    b,
    seeing(pair, dropping(critic, b, masks, label), masks),
    fake,
    real,
  );
  for (const name of TAIL_NAMES.generator) b.output(means[name], name);
  outputStatistics(b, pair, moments);
  return compileTraining(b.build(), namesOf(generator.parameters), rules);
}

/** noise [n, latent], generator -> fake; with the moments of this micro-batch, as in training */
export function generatorForwardGraph(pair: Pair, masks: DropoutMask[] = []): Graph {
  const { generator, micro_batch } = pair;
  const b = new GraphBuilder("generator_forward_model");
  const noise = b.input("noise", elementOf(pair), [micro_batch, ...generator.input_shape]);
  const label = labelInput(b, pair, micro_batch);
  declare(b, pair, generator.parameters);
  b.output(dropping(generator, b, masks, label).forwardTrain(b, noise).output, "fake");
  return compileForward(b.build());
}

/** real [N, ...], or N packs, critic -> scores [N, 1] */
export function criticEvalGraph(pair: Pair): Graph {
  const b = new GraphBuilder("critic_eval_model");
  const real = b.input("real", elementOf(pair), ["N", ...pair.critic.input_shape]);
  const label = labelInput(b, pair, "N");
  declare(b, pair, weightTensors(pair.critic));
  b.output(pair.critic.forwardTrain(b, real, undefined, label).output, "scores");
  return compileForward(b.build());
}

/** noise [N, latent], generator, statistics -> samples [N, ...] */
export function samplerGraph(pair: Pair): Graph {
  const { generator } = pair;
  const b = new GraphBuilder("sampler_model");
  const noise = b.input("noise", elementOf(pair), ["N", ...generator.input_shape]);
  const label = labelInput(b, pair, "N");
  declare(b, pair, generator.parameters);
  declare(b, pair, generator.statistics);
  b.output(generator.forwardEval(b, noise, label), "samples");
  return compileForward(b.build());
}

function labelInput(b: GraphBuilder, pair: Pair, count: number | "N"): Value | undefined {
  return pair.generator.num_classes === undefined ? undefined : b.input("label", elementOf(pair), [count]);
}

/**
 * The network with y = x mask where it drops; its masks become inputs of the graph. Objectives score micro-batches, or
 * several that they have put together: `label` [n] counts for each of them.
 */
function dropping(net: Net, b: GraphBuilder, masks: DropoutMask[], label?: Value): Net {
  const drop: Drop = (x, ratio) => {
    const { element, shape } = x.type;
    if (!isFixed(shape)) {
      throw new GraphError(
        `Cannot drop features of "${x.name}" in graph ${b.name}: a fixed shape is required, found ${
          formatShape(shape)
        }`,
      );
    }
    const mask = b.input(`mask_${masks.filter(({ ratio }) => ratio !== null).length}`, element, shape);
    masks.push({ input: mask.name, shape, ratio });
    return b.op("Mul", [x, mask]);
  };
  return { ...net, forwardTrain: (b, x) => net.forwardTrain(b, x, drop, label && labelsFor(b, x, label)) };
}

/** The critic of augmented examples, if there is an augmentation. */
function seeing({ augmentation }: Pair, critic: Net, masks: DropoutMask[]): Net {
  if (augmentation === undefined) return critic;
  return {
    ...critic,
    forwardTrain(b, x) {
      const count = masks.filter(({ ratio }) => ratio === null).length;
      const shape = [Number(x.type.shape[0]), augmentNumbers(augmentation)];
      const uniforms = b.input(`augment_${count}`, x.type.element, shape);
      masks.push({ input: uniforms.name, shape, ratio: null });
      return critic.forwardTrain(b, augmented(b, x, uniforms, augmentation));
    },
  };
}

/** The labels [n] as often as x [k n, ...] has micro-batches. */
function labelsFor(b: GraphBuilder, x: Value, label: Value): Value {
  const [rows] = x.type.shape, [count] = label.type.shape;
  const times = Number(rows) / Number(count);
  if (!Number.isInteger(times)) {
    throw new GraphError(
      `Cannot score "${x.name}" in graph ${b.name}: whole micro-batches of ${count} examples are required, found ${rows}`,
    );
  }
  return times === 1 ? label : b.op("Concat", Array(times).fill(label), { axis: 0 });
}

function elementOf({ element = "float32" }: Pair): ElementType {
  return element;
}

function declare(b: GraphBuilder, pair: Pair, tensors: readonly TensorSpec[]): void {
  for (const { name, shape } of tensors) b.input(name, elementOf(pair), shape);
}

function namesOf(tensors: readonly TensorSpec[]): string[] {
  return tensors.map(({ name }) => name);
}

/** Running variances follow the unbiased one, n / (n - 1) times what normalises n numbers, as in PyTorch. */
function outputStatistics(b: GraphBuilder, pair: Pair, moments: readonly BatchMoments[]): void {
  if (moments.length === 0) return;
  const { micro_batch, generator: { statistics } } = pair;
  const values = moments.flatMap(({ mean, variance, positions }): Value[] => {
    const n = micro_batch * positions;
    return [mean, b.op("Mul", [variance, b.scalar(n / (n - 1), elementOf(pair))])];
  });
  statistics.forEach(({ name }, i) => b.output(values[i]!, name));
}
