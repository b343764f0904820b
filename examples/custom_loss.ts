/** Trains with losses of your own: least squares GAN. Run it: deno run --allow-read --allow-ffi examples/custom_loss.ts */
import { meanOfAll, type Objective, scoreBoth, train } from "@wagon/wagon";
import type { GraphBuilder, Value } from "@wagon/wagon/onnx";

/** mean (scores - label)^2 */
function squares(b: GraphBuilder, scores: Value, label: number): Value {
  const error = b.op("Sub", [scores, b.scalar(label)]);
  return meanOfAll(b, b.op("Mul", [error, error]));
}

/** Mao et al. 2017: real examples score 1, generated ones 0. */
const least_squares: Objective = {
  name: "least-squares",
  estimates_distance: false,
  mixes: false,
  criticLoss(b, critic, { real, fake }) {
    const { real_scores, fake_scores } = scoreBoth(b, critic, real, fake);
    return {
      loss: b.op("Add", [squares(b, real_scores, 1), squares(b, fake_scores, 0)]),
      mean_D_real: meanOfAll(b, real_scores),
      mean_D_fake: meanOfAll(b, fake_scores),
    };
  },
  generatorLoss(b, critic, fake) {
    const scores = critic.forwardTrain(b, fake).output;
    return { loss: squares(b, scores, 1), mean_D_fake: meanOfAll(b, scores) };
  },
};

const steps = Number(Deno.args[0] ?? 1000);
const { summary } = await train({ data: "8gaussians", preset: "toy-gan", objective: least_squares, steps });
console.log(
  `losses: critic ${summary.loss_critic?.toFixed(3)}, generator ${summary.loss_generator?.toFixed(3)}`,
);
