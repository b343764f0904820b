/**
 * Wasserstein GAN with gradient penalty: Gulrajani et al., "Improved training of Wasserstein GANs", 2017
 * (arXiv:1704.00028), Algorithm 1. In place of clipping, the critic's slope is held near 1 at points x^ between real
 * and fake, with a of its own for each example, uniform on [0, 1):
 *
 *   x^ = a x + (1 - a) G(z)
 *   loss_D = -mean D(x) + mean D(G(z)) + penalty mean (|grad_x^ D(x^)| - 1)^2        loss_G = -mean D(G(z))
 *
 * The norm is over all axes of an example (or of a pack of them, packing.ts) but the batch's, with 1e-12 inside its root, whose derivative would
 * otherwise have no value at a slope of 0. The slope is a part of the graph, made by the backward pass; differentiating
 * the loss goes through it, so it is differentiated twice.
 */
import { gradientValues } from "../../autodiff/gradients.ts";
import type { Net } from "../nets/net.ts";
import type { GraphBuilder, Value } from "../../onnx/builder.ts";
import type { CriticBatch, Objective } from "./objective.ts";
import { byPack } from "../nets/packing.ts";
import { meanOfAll } from "./objective.ts";
import { checkScoresAlone } from "./scores_alone.ts";
import { wgan } from "./wgan.ts";

/** Keeps the root's derivative finite. */
const UNDER_ROOT = 1e-12;

/** @throws {RangeError} where the critic's examples see each other: its slope would not be that of one example. */
export function wganGp(penalty: number): Objective {
  return {
    name: "wgan-gp",
    estimates_distance: true,
    mixes: true,

    criticLoss(b, critic, batch) {
      checkScoresAlone(critic);
      const { loss, ...means } = wgan.criticLoss(b, critic, batch);
      const penalised = b.op("Mul", [slopePenalty(b, critic, batch), b.scalar(penalty, loss.type.element)]);
      return { loss: b.op("Add", [loss, penalised]), ...means };
    },

    generatorLoss: wgan.generatorLoss,
  };
}

/** mean (|grad_x^ D(x^)| - 1)^2 */
function slopePenalty(b: GraphBuilder, critic: Net, { real, fake, mix }: CriticBatch): Value {
  const number = (value: number) => b.scalar(value, real.type.element);
  const rest = b.op("Sub", [number(1), mix!]);
  const between = b.op("Add", [b.op("Mul", [mix!, real]), b.op("Mul", [rest, fake])]);
  const scores = critic.forwardTrain(b, between).output;
  const [slopes] = gradientValues(b, b.op("ReduceSum", [scores], { keepdims: 0 }), [between]);
  const slope = byPack(b, slopes!, scores);
  const axes = b.ints([...slope.type.shape.keys()].slice(1));
  const square = b.op("ReduceSum", [b.op("Mul", [slope, slope]), axes], { keepdims: 0 });
  const norm = b.op("Sqrt", [b.op("Add", [square, number(UNDER_ROOT)])]);
  const excess = b.op("Sub", [norm, number(1)]);
  return meanOfAll(b, b.op("Mul", [excess, excess]));
}
