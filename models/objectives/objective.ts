/** Objectives: the two losses of an adversarial game, as nodes of a graph. */
import type { GraphBuilder, Value } from "../../onnx/builder.ts";
import { dependsOnBatch, type Net } from "../nets/net.ts";

/** Scalars of one critic step. */
export interface CriticLoss {
  /** The scalar to minimise. */
  readonly loss: Value;
  /** Mean score of real examples. */
  readonly mean_D_real: Value;
  /** Mean score of generated examples. */
  readonly mean_D_fake: Value;
}

/** Scalars of one generator step. */
export interface GeneratorLoss {
  /** The scalar to minimise. */
  readonly loss: Value;
  /** Mean score of generated examples. */
  readonly mean_D_fake: Value;
}

/** Micro-batches of examples [n, ...]. */
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
 */
export interface Objective {
  /** As it is called in manifests, e.g. "wgan". */
  readonly name: string;
  /** True if mean D(x) - mean D(G(z)) estimates a distance (Wasserstein's, up to a factor) of real and fake. */
  readonly estimates_distance: boolean;
  /** True if the critic's loss also takes a number of [0, 1) for each example (`mix`), drawn anew in each step. */
  readonly mixes: boolean;
  /** Adds the loss that the critic minimises. */
  criticLoss(b: GraphBuilder, critic: Net, batch: CriticBatch): CriticLoss;
  /** Adds the loss that the generator minimises. */
  generatorLoss(b: GraphBuilder, critic: Net, fake: Value): GeneratorLoss;
}

/**
 * The critic's scores [n, 1] of both micro-batches. One pass over real and fake together costs less than two, and
 * is the same where examples do not see each other; a critic that depends on its batch sees them apart.
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

/** The mean over all elements, as a scalar. */
export function meanOfAll(b: GraphBuilder, x: Value): Value {
  return b.op("ReduceMean", [x], { keepdims: 0 });
}
