/**
 * The first generative adversarial network: Goodfellow et al., "Generative adversarial nets", 2014
 * (arXiv:1406.2661), Algorithm 1, with the generator's loss that does not saturate (section 3). The critic is the
 * discriminator without its sigmoid, so its scores are logits, and -log(sigmoid(s)) = softplus(-s):
 *
 *   loss_D = mean softplus(-D(x)) + mean softplus(D(G(z)))        loss_G = mean softplus(-D(G(z)))
 *
 * Its mean scores say how far apart it holds real and fake, but their difference is no distance.
 */
import type { GraphBuilder, Value } from "../../onnx/builder.ts";
import { meanOfAll, type Objective, scoreBoth } from "./objective.ts";

/** Binary cross-entropy of logits against the label 0; against 1 it is that of the negated ones. */
function crossEntropy(b: GraphBuilder, logits: Value): Value {
  return meanOfAll(b, b.op("Softplus", [logits]));
}

export const gan: Objective = {
  name: "gan",
  estimates_distance: false,
  mixes: false,

  criticLoss(b, critic, { real, fake }) {
    const { real_scores, fake_scores } = scoreBoth(b, critic, real, fake);
    const on_real = crossEntropy(b, b.op("Neg", [real_scores]));
    const on_fake = crossEntropy(b, fake_scores);
    return {
      loss: b.op("Add", [on_real, on_fake]),
      mean_D_real: meanOfAll(b, real_scores),
      mean_D_fake: meanOfAll(b, fake_scores),
    };
  },

  generatorLoss(b, critic, fake) {
    const scores = critic.forwardTrain(b, fake).output;
    return { loss: crossEntropy(b, b.op("Neg", [scores])), mean_D_fake: meanOfAll(b, scores) };
  },
};
