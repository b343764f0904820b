/**
 * Least squares: Mao et al., "Least squares generative adversarial networks", 2017 (arXiv:1611.04076), equation 9, i.e.
 * a = 0, b = c = 1:
 *
 *   loss_D = mean (D(x) - 1)^2 / 2 + mean D(G(z))^2 / 2        loss_G = mean (D(G(z)) - 1)^2 / 2
 */
import type { GraphBuilder, Value } from "../../onnx/builder.ts";
import { meanOfAll, type Objective, scoreBoth } from "./objective.ts";

/** mean (scores - target)^2 / 2 */
function halfSquare(b: GraphBuilder, scores: Value, target: 0 | 1): Value {
  const number = (value: number) => b.scalar(value, scores.type.element);
  const off = target === 0 ? scores : b.op("Sub", [scores, number(target)]);
  return b.op("Mul", [number(0.5), meanOfAll(b, b.op("Mul", [off, off]))]);
}

export const lsgan: Objective = {
  name: "lsgan",
  estimates_distance: false,
  mixes: false,

  criticLoss(b, critic, { real, fake }) {
    const { real_scores, fake_scores } = scoreBoth(b, critic, real, fake);
    return {
      loss: b.op("Add", [halfSquare(b, real_scores, 1), halfSquare(b, fake_scores, 0)]),
      mean_D_real: meanOfAll(b, real_scores),
      mean_D_fake: meanOfAll(b, fake_scores),
    };
  },

  generatorLoss(b, critic, fake) {
    const scores = critic.forwardTrain(b, fake).output;
    return { loss: halfSquare(b, scores, 1), mean_D_fake: meanOfAll(b, scores) };
  },
};
