/**
 * Relativistic pairing: Jolicoeur-Martineau, "The relativistic discriminator", 2018 (arXiv:1807.00734), section 4.1, as
 * Huang et al., "The GAN is dead; long live the GAN!", 2024 (arXiv:2501.05441), section 2 use it with R1 and R2. Each
 * generated example is compared with a real one, the i-th of a micro-batch with its i-th:
 *
 *   loss_D = mean softplus(D(G(z)) - D(x))        loss_G = mean softplus(D(x) - D(G(z)))
 *
 * Only differences of scores count, so their level means nothing.
 */
import type { GraphBuilder, Value } from "../../onnx/builder.ts";
import { meanOfAll, type Objective, scoreBoth } from "./objective.ts";

/** mean softplus(lower - higher): small where each of `higher` is well above its partner. */
function ranking(b: GraphBuilder, higher: Value, lower: Value): Value {
  return meanOfAll(b, b.op("Softplus", [b.op("Sub", [lower, higher])]));
}

export const relativistic: Objective = {
  name: "rpgan",
  estimates_distance: false,
  mixes: false,
  pairs: true,

  criticLoss(b, critic, { real, fake }) {
    const { real_scores, fake_scores } = scoreBoth(b, critic, real, fake);
    return {
      loss: ranking(b, real_scores, fake_scores),
      mean_D_real: meanOfAll(b, real_scores),
      mean_D_fake: meanOfAll(b, fake_scores),
    };
  },

  generatorLoss(b, critic, fake, real) {
    const { real_scores, fake_scores } = scoreBoth(b, critic, real!, fake);
    return { loss: ranking(b, fake_scores, real_scores), mean_D_fake: meanOfAll(b, fake_scores) };
  },
};
