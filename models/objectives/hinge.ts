/**
 * The hinge loss: Lim, Ye, "Geometric GAN", 2017 (arXiv:1705.02894), section 3; Miyato et al. 2018 (arXiv:1802.05957),
 * equations 16 and 17. The critic is trained by examples that it does not yet score by a margin of 1:
 *
 *   loss_D = mean relu(1 - D(x)) + mean relu(1 + D(G(z)))        loss_G = -mean D(G(z))
 *
 * Scores are no distance: beyond the margin nothing holds them.
 */
import type { GraphBuilder, Value } from "../../onnx/builder.ts";
import { meanOfAll, type Objective, scoreBoth } from "./objective.ts";
import { wgan } from "./wgan.ts";

/** mean relu(1 - margins) */
function shortfall(b: GraphBuilder, margins: Value): Value {
  const missing = b.op("Sub", [b.scalar(1, margins.type.element), margins]);
  return meanOfAll(b, b.op("Relu", [missing]));
}

export const hinge: Objective = {
  name: "hinge",
  estimates_distance: false,
  mixes: false,

  criticLoss(b, critic, { real, fake }) {
    const { real_scores, fake_scores } = scoreBoth(b, critic, real, fake);
    const on_real = shortfall(b, real_scores), on_fake = shortfall(b, b.op("Neg", [fake_scores]));
    return {
      loss: b.op("Add", [on_real, on_fake]),
      mean_D_real: meanOfAll(b, real_scores),
      mean_D_fake: meanOfAll(b, fake_scores),
    };
  },

  generatorLoss: wgan.generatorLoss,
};
