/** A program's settings of a run: the options of the command line, by their names with _ for -. */
import { checkOptions } from "../common/cli/options.ts";
import type { GivenConfig } from "../coordinator/config/config.ts";
import { givenConfig } from "../coordinator/config/given_config.ts";
import { RUN_OPTIONS } from "../coordinator/config/options/run_options.ts";

/**
 * Settings of a run. The preset gives those that are left out; `deno task train --help` describes each.
 *
 * @example
 * ```ts
 * import type { RunSettings } from "@wagon/wagon";
 *
 * const settings: RunSettings = { preset: "toy-wgan", steps: 5000, lr: 1e-3, n_critic: 2 };
 * console.log(settings.preset);
 * ```
 */
export interface RunSettings {
  /** Networks and hyperparameters: a key of {@linkcode presets}. */
  readonly preset?: string;
  /** Rows and columns that images are cropped and resized to. */
  readonly image_size?: number;
  /** 1: make images grey; 3: colour. */
  readonly channels?: number;
  /** How a picture becomes a square of `image_size`: by its middle, squashed, or padded. Default: "crop". */
  readonly fit?: "crop" | "squash" | "pad";
  /** "white", "black" or "#rrggbb": colour behind transparent pixels and of the border of padded pictures. */
  readonly ground?: string;
  /** Refuses to start if a picture is damaged, or skips it. Default: "refuse". */
  readonly on_bad_item?: "refuse" | "skip";
  /** Flips images at random from left to right, in each step again. Default: false. */
  readonly flip?: boolean;
  /** What images are augmented by before the critic sees them: names of color, translation and cutout, with commas. */
  readonly augment?: string | null;
  /** Axes of an array, with a letter for each, e.g. "NHWC" or "NTC" (docs/your-own-data.md). */
  readonly layout?: string;
  /** Columns of a table that are categories beside those of words, by name or number, e.g. "zip,kind". */
  readonly categories?: string;
  /** "none", "minmax", "standard" or the path of a scaling: how numbers are scaled; samples are scaled back. */
  readonly scale?: string;
  /** Patterns for the names of the weights of your own networks to train. Default: all weights. */
  readonly trainable?: readonly string[];
  /** Adds a border to images, up to this many rows and columns. */
  readonly pad_to?: number;
  /** Value of that border's pixels, 0 to 255. */
  readonly pad_value?: number;
  /** Share of the data kept out of training, 0 to 0.9. */
  readonly holdout?: number;
  /** Seed of all random numbers. Default: 1. */
  readonly seed?: number;
  /** Length of the run in critic steps. */
  readonly steps?: number;
  /** Length of the run in passes over the data, instead of `steps`. */
  readonly epochs?: number;
  /** Real examples in a critic step. */
  readonly batch?: number;
  /** Parts of a batch, each computed by one worker thread. The results depend on it. */
  readonly shards?: number;
  /** Sets `shards` for this many threads: to the smallest divisor of `batch` that gives each thread a shard. */
  readonly for_workers?: number;
  /** With `for_workers`: lets `batch` grow with the threads, and `lr` with the square root of `batch`. */
  readonly scale_batch?: boolean;
  /** Critic steps for each generator step. */
  readonly n_critic?: number;
  /** Learning rate of both networks. */
  readonly lr?: number;
  /** Learning rate of the critic alone. Default: `lr`. */
  readonly lr_critic?: number;
  /** Learning rate of the generator alone. Default: `lr`. */
  readonly lr_generator?: number;
  /** Steps over which the learning rates fall to 0; 0 keeps them constant. */
  readonly decay_steps?: number;
  /** How learning rates fall. Default: "linear". */
  readonly decay?: "linear" | "cosine";
  /** Adam's betas, such as "0.5,0.999". */
  readonly betas?: string;
  /** Scales down a network's gradient if its norm is larger than this. Default: off. */
  readonly clip_grad_norm?: number;
  /** Critic parameters are clipped to [-clip, clip] after each step. */
  readonly clip?: number;
  /** Weight of the gradient penalty, for the presets that have one. */
  readonly penalty?: number;
  /** Weight of the squared norm of the critic's gradient at real examples; 0: none. */
  readonly r1?: number;
  /** Weight of the squared norm of the critic's gradient at generated examples; 0: none. */
  readonly r2?: number;
  /** Computes the gradient penalties only in one of this many critic steps, with this many times the weight. Default: 1. */
  readonly lazy_penalty?: number;
  /** Length of the generator's noise. */
  readonly latent?: number;
  /** Feature maps in the layer next to the image, for convolutional presets. */
  readonly width?: number;
  /** Run folder, name of a run, or checkpoint whose weights the run begins with. Default: random weights. */
  readonly warm_start?: string;
  /** Examples that the critic scores together, so that it notices samples that are too similar. Default: 1. */
  readonly pac?: number;
  /** Side of the maps over which residual presets have self-attention. Default: none. */
  readonly attention?: number;
  /** Share of the critic's hidden features that each step drops, 0 to 0.9. */
  readonly dropout?: number;
  /** Divides the critic's weights by their spectral norms, instead of clipping them. */
  readonly spectral_norm?: boolean;
  /** When the generator is trained (docs/algorithm.md). Default: "paper". */
  readonly schedule?: "paper" | "post";
  /** Makes 100 critic steps before each of the first 25 generator steps and before every 500th. */
  readonly warm_up?: boolean;
  /** Computes each shard in this many parts, a power of two. The results depend on it. */
  readonly accumulate?: number;
  /** Examples after which a step counts half in the average of the generator, from which samples are drawn; 0: no average. */
  readonly ema_half_life?: number;
  /** Number format in which gradients and weights are sent. The results depend on it. Default: "float32". */
  readonly wire?: "float32" | "bfloat16" | "int8";
  /** Groups of shards whose sums are rounded and sent together, for the other formats. Default: one for each shard. */
  readonly wire_groups?: number;
  /** Steps that each of `learners` makes independently before they are averaged. The results depend on it. */
  readonly local_steps?: number;
  /** Learners of `local_steps`: a power of two that divides the shards. */
  readonly learners?: number;
  /** Learning rate of the outer step, which moves the weights towards the learners' average. Default: 1, the average itself. */
  readonly outer_lr?: number;
  /** Nesterov momentum of the outer step. Default: 0. */
  readonly outer_momentum?: number;
  /** Doubles n_critic whenever the critic stays far from its optimum. */
  readonly adaptive_n_critic?: boolean;
  /** Ends the run once the Wasserstein estimate has stopped falling. */
  readonly early_stopping?: boolean;
  /** First step at which `early_stopping` may end the run. */
  readonly min_steps?: number;
  /** Refuses workers that round differently, so that the run can be repeated bit for bit. */
  readonly exact?: boolean;
  /** Critic steps between grids of samples, whose diversity is measured; 0: only at start and end. */
  readonly sample_every?: number;
  /** Critic steps between measurements of the distance to the data; 0: only at start and end. */
  readonly evaluate_every?: number;
  /** Also keeps the checkpoint whose samples are best by this figure, in a run with a folder. Default: none. */
  readonly keep_best?: "swd" | "fid" | "kid" | "precision" | "recall" | "density" | "coverage";
  /** Figures of features that are also measured at each evaluation, e.g. "fid,kid" (docs/evaluating.md). Default: none. */
  readonly metrics?: string;
  /** Critic steps between checkpoints, for a run with a folder. */
  readonly checkpoint_every?: number;
}

/** All of these settings, and the paths and names that the data and the networks may have on a command line. */
export type NamedSettings = RunSettings & {
  readonly dataset?: string;
  readonly data?: string;
  readonly labels?: string;
  readonly generator?: string;
  readonly critic?: string;
  readonly objective?: string;
};

/** The given part of the configuration. Throws {@linkcode UserError} for an unknown key or a value out of its range. */
export function givenOf(settings: NamedSettings): GivenConfig {
  const set = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  return givenConfig(checkOptions(RUN_OPTIONS, set, "the options"));
}
