/** Objectives: the two losses of an adversarial game, as nodes of a graph. */
import type { GraphBuilder, Value } from "../../onnx/builder.ts";
import { dependsOnBatch, type Net } from "../nets/net.ts";

/**
 * Scalars of one critic step.
 *
 * @example
 * ```ts
 * import { type CriticBatch, type CriticLoss, meanOfAll, type Net, scoreBoth } from "@wagon/wagon";
 * import type { GraphBuilder } from "@wagon/wagon/onnx";
 *
 * function criticLoss(b: GraphBuilder, critic: Net, { real, fake }: CriticBatch): CriticLoss {
 *   const { real_scores, fake_scores } = scoreBoth(b, critic, real, fake);
 *   const [mean_D_real, mean_D_fake] = [meanOfAll(b, real_scores), meanOfAll(b, fake_scores)];
 *   return { loss: b.op("Sub", [mean_D_fake, mean_D_real]), mean_D_real, mean_D_fake };
 * }
 * console.log(criticLoss.name);
 * ```
 */
export interface CriticLoss {
  /** The scalar to minimise. */
  readonly loss: Value;
  /** Mean score of real examples. */
  readonly mean_D_real: Value;
  /** Mean score of generated examples. */
  readonly mean_D_fake: Value;
}

/**
 * Scalars of one generator step.
 *
 * @example
 * ```ts
 * import { type GeneratorLoss, meanOfAll, type Net } from "@wagon/wagon";
 * import type { GraphBuilder, Value } from "@wagon/wagon/onnx";
 *
 * function generatorLoss(b: GraphBuilder, critic: Net, fake: Value): GeneratorLoss {
 *   const mean_D_fake = meanOfAll(b, critic.forwardTrain(b, fake).output);
 *   return { loss: b.op("Neg", [mean_D_fake]), mean_D_fake };
 * }
 * console.log(generatorLoss.name);
 * ```
 */
export interface GeneratorLoss {
  /** The scalar to minimise. */
  readonly loss: Value;
  /** Mean score of generated examples. */
  readonly mean_D_fake: Value;
}

/**
 * Micro-batches of examples [n, ...].
 *
 * @example
 * ```ts
 * import type { CriticBatch } from "@wagon/wagon";
 * import { GraphBuilder } from "@wagon/wagon/onnx";
 *
 * const b = new GraphBuilder("batch");
 * const batch: CriticBatch = { real: b.input("real", "float32", [16, 2]), fake: b.input("fake", "float32", [16, 2]) };
 * console.assert(batch.real.type.shape.length === 2);
 * ```
 */
export interface CriticBatch {
  /** Real examples. */
  readonly real: Value;
  /** Generated examples. */
  readonly fake: Value;
  /** For an objective that mixes: one number for each example, [n, 1, ...] of the examples' rank. */
  readonly mix?: Value;
}

/**
 * An adversarial objective. The critic's tensors are inputs of the graph already. Both losses are minimised. Scores
 * are high on real.
 *
 * @example
 * ```ts
 * import { meanOfAll, type Objective, train } from "@wagon/wagon";
 *
 * // A WGAN that scores real and fake examples in two passes.
 * const objective: Objective = {
 *   name: "two-passes",
 *   estimates_distance: true,
 *   mixes: false,
 *   criticLoss(b, critic, { real, fake }) {
 *     const mean_D_real = meanOfAll(b, critic.forwardTrain(b, real).output);
 *     const mean_D_fake = meanOfAll(b, critic.forwardTrain(b, fake).output);
 *     return { loss: b.op("Sub", [mean_D_fake, mean_D_real]), mean_D_real, mean_D_fake };
 *   },
 *   generatorLoss(b, critic, fake) {
 *     const mean_D_fake = meanOfAll(b, critic.forwardTrain(b, fake).output);
 *     return { loss: b.op("Neg", [mean_D_fake]), mean_D_fake };
 *   },
 * };
 * await train({ data: "8gaussians", steps: 5, objective });
 * ```
 */
export interface Objective {
  /** As it is called in manifests, e.g. "wgan". */
  readonly name: string;
  /** True if mean D(x) - mean D(G(z)) estimates a distance (Wasserstein's, up to a factor) of real and fake. */
  readonly estimates_distance: boolean;
  /** True if the critic's loss also takes a number of [0, 1) for each example (`mix`), drawn anew in each step. */
  readonly mixes: boolean;
  /** True if the generator's loss also takes real examples, as many as it makes; absent: it does not. */
  readonly pairs?: boolean;
  /** An objective with lazy penalties: it counts every so many critic steps, and another one, without them, between. */
  readonly lazy?: { readonly every: number; readonly between: Objective };
  /** Adds the loss that the critic minimises. */
  criticLoss(b: GraphBuilder, critic: Net, batch: CriticBatch): CriticLoss;
  /** Adds the loss that the generator minimises. `real`: of an objective that pairs. */
  generatorLoss(b: GraphBuilder, critic: Net, fake: Value, real?: Value): GeneratorLoss;
}

/**
 * The critic's scores [n, 1] of both micro-batches. One pass over real and fake together costs less than two, and
 * is the same where examples do not see each other; a critic that depends on its batch sees them apart.
 *
 * @example
 * ```ts
 * import { type Objective, meanOfAll, scoreBoth } from "@wagon/wagon";
 *
 * const criticLoss: Objective["criticLoss"] = (b, critic, { real, fake }) => {
 *   const { real_scores, fake_scores } = scoreBoth(b, critic, real, fake);
 *   const [mean_D_real, mean_D_fake] = [meanOfAll(b, real_scores), meanOfAll(b, fake_scores)];
 *   return { loss: b.op("Sub", [mean_D_fake, mean_D_real]), mean_D_real, mean_D_fake };
 * };
 * console.log(criticLoss.name);
 * ```
 */
export function scoreBoth(
  b: GraphBuilder,
  critic: Net,
  real: Value,
  fake: Value,
): { real_scores: Value; fake_scores: Value } {
  if (dependsOnBatch(critic)) {
    return {
      real_scores: critic.forwardTrain(b, real).output,
      fake_scores: critic.forwardTrain(b, fake).output,
    };
  }
  const both = b.op("Concat", [real, fake], { axis: 0 });
  const scores = critic.forwardTrain(b, both).output;
  const [real_scores, fake_scores] = b.ops("Split", [scores], { axis: 0, num_outputs: 2 }, 2);
  return { real_scores: real_scores!, fake_scores: fake_scores! };
}

/**
 * The mean over all elements, as a scalar.
 *
 * @example
 * ```ts
 * import { meanOfAll } from "@wagon/wagon";
 * import { GraphBuilder } from "@wagon/wagon/onnx";
 *
 * const b = new GraphBuilder("mean");
 * const mean = meanOfAll(b, b.input("x", "float32", [8, 4]));
 * console.assert(mean.type.shape.length === 0);
 * ```
 */
export function meanOfAll(b: GraphBuilder, x: Value): Value {
  return b.op("ReduceMean", [x], { keepdims: 0 });
}
