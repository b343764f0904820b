/**
 * R1 and R2: Mescheder, Geiger, Nowozin, "Which training methods for GANs do actually converge?", 2018
 * (arXiv:1801.04406), section 4.1. Any objective's critic is held flat at real examples (R1), at generated ones (R2), or
 * at both:
 *
 *   loss_D + gamma_1 / 2 mean |grad_x D(x)|^2 + gamma_2 / 2 mean |grad_x D(G(z))|^2
 *
 * Norms are over all axes of an example but the batch's. As in wgan_gp.ts the slope is a part of the graph.
 */
import { gradientValues } from "../../autodiff/gradients.ts";
import type { GraphBuilder, Value } from "../../onnx/builder.ts";
import type { Net } from "../nets/net.ts";
import { byPack } from "../nets/packing.ts";
import { meanOfAll, type Objective } from "./objective.ts";
import { checkScoresAlone } from "./scores_alone.ts";

/** Weights; null: no such penalty. */
export interface NormWeights {
  readonly r1: number | null;
  readonly r2: number | null;
}

/** The objective with these penalties. Its critic loss throws {@linkcode RangeError} where examples see each other. */
export function withGradientNorms(objective: Objective, { r1, r2 }: NormWeights): Objective {
  if (r1 === null && r2 === null) return objective;
  return {
    ...objective,
    criticLoss(b, critic, batch) {
      checkScoresAlone(critic);
      let { loss, ...means } = objective.criticLoss(b, critic, batch);
      for (const [gamma, examples] of [[r1, batch.real], [r2, batch.fake]] as const) {
        if (gamma === null) continue;
        const weight = b.scalar(gamma / 2, loss.type.element);
        loss = b.op("Add", [loss, b.op("Mul", [weight, squaredSlope(b, critic, examples)])]);
      }
      return { loss, ...means };
    },
  };
}

/** mean |grad_x D(x)|^2 */
function squaredSlope(b: GraphBuilder, critic: Net, examples: Value): Value {
  const scores = critic.forwardTrain(b, examples).output;
  const [slopes] = gradientValues(b, b.op("ReduceSum", [scores], { keepdims: 0 }), [examples]);
  const slope = byPack(b, slopes!, scores);
  const axes = b.ints([...slope.type.shape.keys()].slice(1));
  return meanOfAll(b, b.op("ReduceSum", [b.op("Mul", [slope, slope]), axes], { keepdims: 0 }));
}
