/** How weights are updated and averaged, as a run's configuration has it (docs/optimizer.md). */
import type { Optimizer } from "../../algorithm/optimizers.ts";
import { type Decay, DECAYS } from "../../algorithm/schedule.ts";
import { UserError } from "../../common/errors.ts";
import { nullable, num, oneOf } from "../../runlog/shape.ts";

export interface UpdateConfig {
  /** Learning rates of the networks; null: `lr`. */
  readonly lr_critic: number | null;
  readonly lr_generator: number | null;
  /** How learning rates fall over `decay_steps`. */
  readonly decay: Decay;
  /** Largest norm of a network's gradient; null: any. */
  readonly clip_grad_norm: number | null;
  /** Examples after which a step counts half in the averaged generator; 0: it is not averaged. */
  readonly ema_half_life: number;
}

/** What a recorded run must have. */
export const UPDATE_FIELDS = {
  lr_critic: nullable(num),
  lr_generator: nullable(num),
  decay: oneOf(...DECAYS),
  clip_grad_norm: nullable(num),
  ema_half_life: num,
};

/** What was given and belongs to no field of its own: Adam's betas, which are part of the optimizer. */
export interface GivenBetas {
  readonly betas?: string;
}

/** What the preset has, beside what was given. */
interface Preset {
  readonly name: string;
  readonly optimizer: Optimizer;
  readonly decay_steps: number;
}

/** What was given, completed. Throws as {@linkcode optimizerOf} does. */
export function resolveUpdates(
  given: Partial<UpdateConfig> & GivenBetas,
  preset: Preset & Partial<UpdateConfig>,
): UpdateConfig & Pick<Preset, "optimizer"> {
  const {
    lr_critic = null,
    lr_generator = null,
    decay = "linear",
    clip_grad_norm = null,
    ema_half_life = 0,
  } = {
    ...preset,
    ...given,
  };
  const optimizer = optimizerOf(given, preset);
  return { lr_critic, lr_generator, decay, clip_grad_norm, ema_half_life, optimizer };
}

/** Throws {@linkcode UserError} for a decay other than the default over no steps. */
export function checkUpdate(
  { decay, decay_steps }: Partial<UpdateConfig> & { readonly decay_steps?: number },
  preset: Preset,
): void {
  const steps = decay_steps ?? preset.decay_steps;
  // The settings of every run name linear, which is the default.
  if (decay === undefined || decay === "linear" || steps > 0) return;
  throw new UserError(
    `Cannot use --decay ${decay}: it says how learning rates fall over --decay-steps, which must be above 0, found ${steps} ` +
      `(preset ${preset.name}); give --decay-steps, for example the number of --steps`,
  );
}

/** The optimizer with the betas that were given. Throws {@linkcode UserError} where they are none, or it has none. */
function optimizerOf({ betas }: GivenBetas, { name, optimizer }: Preset): Optimizer {
  if (betas === undefined) return optimizer;
  if (optimizer.kind !== "adam") {
    throw new UserError(
      `Cannot use --betas ${betas}: Adam is required, found ${optimizer.kind} (preset ${name}); use --preset gan or ` +
        "wgan-gp, or leave it out",
    );
  }
  const numbers = betas.split(",").map((text) => text.trim() === "" ? NaN : Number(text));
  const [beta1 = NaN, beta2 = NaN] = numbers;
  if (numbers.length !== 2 || !numbers.every((beta) => beta >= 0 && beta < 1)) {
    throw new UserError(
      `Option --betas must be two numbers from 0 to below 1, separated by a comma: found ${
        JSON.stringify(betas)
      }`,
    );
  }
  return { ...optimizer, beta1, beta2 };
}

/** Throws {@linkcode UserError} where a resumed run was given other betas than it has. */
export function checkSameBetas(given: GivenBetas, recorded: Omit<Preset, "decay_steps">): void {
  if (given.betas === undefined) return;
  const { optimizer } = recorded;
  if (JSON.stringify(optimizerOf(given, { ...recorded, decay_steps: 0 })) === JSON.stringify(optimizer)) {
    return;
  }
  const found = optimizer.kind === "adam" ? `${optimizer.beta1},${optimizer.beta2}` : "none";
  throw new UserError(
    `Cannot resume with another --betas: the run has ${found}, found ${given.betas}; leave the option out, or start a new run`,
  );
}
