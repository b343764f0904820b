/** The optimizers that a run may have, and the constants of the papers. */

/** RMSProp: no momentum, not centred, v0 = 0, eps outside the root (algorithm.md, "WGAN with weight clipping"). */
export interface Rmsprop {
  readonly kind: "rmsprop";
  /** Decay of the running mean of squares. */
  readonly alpha: number;
  readonly eps: number;
}

/** Adam: Kingma, Ba, "Adam: a method for stochastic optimization", 2015 (arXiv:1412.6980), Algorithm 1. */
export interface Adam {
  readonly kind: "adam";
  /** Decay of the running mean of gradients, [0, 1). */
  readonly beta1: number;
  /** Decay of the running mean of squares, [0, 1). */
  readonly beta2: number;
  readonly eps: number;
}

export type Optimizer = Rmsprop | Adam;

/** Constants of the papers' codes; where a paper says nothing, PyTorch's defaults. */
export const RMSPROP: Rmsprop = { kind: "rmsprop", alpha: 0.99, eps: 1e-8 };
/** As Radford et al. 2015 (arXiv:1511.06434, section 4) set it for GANs. */
export const ADAM_OF_GANS: Adam = { kind: "adam", beta1: 0.5, beta2: 0.999, eps: 1e-8 };
/** Gulrajani et al. 2017, Algorithm 1. */
export const ADAM_OF_WGAN_GP: Adam = { kind: "adam", beta1: 0, beta2: 0.9, eps: 1e-8 };
