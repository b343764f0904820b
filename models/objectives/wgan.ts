/**
 * Wasserstein GAN with weight clipping: Arjovsky, Chintala, Bottou, "Wasserstein GAN", 2017 (arXiv:1701.07875),
 * Algorithm 1. Its w ascends the estimate mean f(x) - mean f(g(z)) and its theta descends -mean f(g(z)); here
 * both are losses to be minimised:
 *
 *   loss_D = -mean D(x) + mean D(G(z))        loss_G = -mean D(G(z))
 *
 * The clipping that makes the critic Lipschitz is a part of the update, not of the graph.
 */
import { meanOfAll, type Objective, scoreBoth } from "./objective.ts";

export const wgan: Objective = {
  name: "wgan",
  estimates_distance: true,
  mixes: false,

  criticLoss(b, critic, { real, fake }) {
    const { real_scores, fake_scores } = scoreBoth(b, critic, real, fake);
    const mean_D_real = meanOfAll(b, real_scores);
    const mean_D_fake = meanOfAll(b, fake_scores);
    return { loss: b.op("Sub", [mean_D_fake, mean_D_real]), mean_D_real, mean_D_fake };
  },

  generatorLoss(b, critic, fake) {
    const mean_D_fake = meanOfAll(b, critic.forwardTrain(b, fake).output);
    return { loss: b.op("Neg", [mean_D_fake]), mean_D_fake };
  },
};
