/**
 * Rules over the Wasserstein estimate. They hold for every objective of the Wasserstein family: a critic that
 * outputs a constant reaches an estimate of 0, so a trained one must do better.
 */
import type { HealthStretch, Summary } from "../summary/summary.ts";
import { WINDOW_STEPS } from "../summary/summary.ts";
import { type Evidence, percent, type Rule, short } from "./rule.ts";
import { NEARER } from "./trends.ts";

/** Beyond this many standard errors a mean is not 0 by chance. */
const STANDARD_ERRORS = 3;
/** A step this many standard deviations below the mean of its stretch is no noise... */
const DIP_DEVIATIONS = 8;
/** ...and one that is further below 0 than the mean is above it is no small matter. */
const DIP_DEPTH = 1;
/** Single steps vary by more than this many times their mean: there is hardly an estimate. */
const UNSTEADY = 2;
/** Stretches shorter than this say nothing about spread. */
const MIN_STRETCH_STEPS = 40;

/** The stretches after the first eighth, in which every run is unsteady. */
function settled({ stretches }: Summary): HealthStretch[] {
  return stretches.slice(2).filter(({ num_steps }) => num_steps >= MIN_STRETCH_STEPS);
}

function isSteady({ mean, deviation }: HealthStretch): boolean {
  return deviation < UNSTEADY * mean;
}

function span(stretches: readonly HealthStretch[]): Pick<Evidence, "first_step" | "last_step"> {
  return { first_step: stretches[0]!.first_step, last_step: stretches.at(-1)!.last_step };
}

/** Objectives whose critic does not estimate a distance: nothing here is about them. */
function hasEstimate({ config }: Summary): boolean {
  const { objective } = config;
  return typeof objective !== "string" || objective.startsWith("wgan");
}

const negative: Rule = {
  code: "estimate-negative",
  spoils: "critic",
  condition: `The mean estimate of the last ${WINDOW_STEPS} steps is below 0 by more than ` +
    `${STANDARD_ERRORS} standard errors.`,
  cause: "The critic is worse than one that outputs a constant: it cannot follow the generator",
  change:
    "More critic steps with --n-critic; with a --penalty far above the preset's, the preset's; a lower --lr",
  find(summary) {
    const { wasserstein_estimate: mean, wasserstein_estimate_error: error, steps } = summary;
    if (!hasEstimate(summary) || mean === null || error === null) return null;
    if (mean >= -STANDARD_ERRORS * error) return null;
    return {
      seen: `The Wasserstein estimate is ${short(mean)} with a standard error of ${short(error)}`,
      first_step: Math.max(1, steps - WINDOW_STEPS + 1),
      last_step: steps,
      numbers: { mean, error },
    };
  },
};

const dips: Rule = {
  code: "estimate-dips",
  spoils: "critic",
  condition:
    `After the first eighth of the run, a single step's estimate is more than ${DIP_DEVIATIONS} standard deviations ` +
    "below the mean of its sixteenth of the run, and further below 0 than that mean is away from it. No finding if at " +
    "most a quarter of the sixteenths have such a step, and these and all later ones are steady: the step left no trace. Only a note if they were unsteady, and all later ones are steady.",
  cause: "The critic was thrown far from its optimum: its steps are too long for the slope there",
  change: "Lower --lr (a half, then a fifth); more critic steps with --n-critic help, too",
  find(summary) {
    if (!hasEstimate(summary)) return null;
    const depth = ({ mean, deviation, low }: HealthStretch) => (mean - low) / deviation;
    const all = settled(summary);
    const found = all.filter((stretch) => {
      const { mean, deviation, low } = stretch;
      return deviation > 0 && depth(stretch) > DIP_DEVIATIONS && low < -DIP_DEPTH * Math.abs(mean);
    });
    if (found.length === 0) return null;
    const few = 4 * found.length <= all.length;
    if (few && all.slice(all.indexOf(found[0]!)).every(isSteady)) return null;
    const worst = found.reduce((a, b) => depth(b) > depth(a) ? b : a);
    const after = all.slice(all.indexOf(found.at(-1)!) + 1);
    const passed = few && after.length > 0 && after.every(isSteady);
    return {
      ...passed && { passed },
      seen:
        `The estimate fell to ${short(worst.low)}, ${short(depth(worst))} standard deviations below its ` +
        `mean of ${short(worst.mean)}${passed ? ", and recovered by itself" : ""}`,
      ...span(found),
      numbers: { low: worst.low, mean: worst.mean, deviation: worst.deviation },
    };
  },
};

const unsteady: Rule = {
  code: "critic-far-from-optimum",
  spoils: "critic",
  condition:
    `After the first eighth of the run, in at least half of its sixteenths, the estimate's standard deviation ` +
    `from step to step is at least ${UNSTEADY} times its mean.`,
  cause:
    "The critic never comes near its optimum before the generator moves, so the generator learns from noise",
  change:
    "More critic steps with --n-critic; a lower --lr; with a --clip far above the preset's, the preset's",
  find(summary) {
    const all = settled(summary);
    if (!hasEstimate(summary) || all.length < 4) return null;
    const found = all.filter((stretch) => !isSteady(stretch));
    if (2 * found.length < all.length) return null;
    const last = found.at(-1)!;
    const share = found.length / all.length;
    return {
      seen: `In ${percent(share)} of the run the estimate hardly exceeds its noise; at the end it was ` +
        `${short(last.mean)} with a standard deviation of ${short(last.deviation)} from step to step`,
      ...span(found),
      numbers: { share, mean: last.mean, deviation: last.deviation },
    };
  },
};

const MIN_HELD_OUT = 5;
const OVERFIT = 0.5;

const overfits: Rule = {
  code: "critic-overfits",
  spoils: "critic",
  condition:
    `Over the later half of the run (${MIN_HELD_OUT} scores or more), the estimate on held-out examples is below ` +
    `${OVERFIT} of that on training examples, by the same weights. Needs --holdout.`,
  cause: "The critic has memorised its training examples, so it teaches the generator to copy them",
  change:
    "More data, a smaller critic, or fewer critic steps with --n-critic; stop where the two curves diverge",
  find(summary) {
    const later = summary.heldout.filter(({ step }) => 2 * step > summary.steps);
    const both = later.flatMap(({ mean_real, mean_training, mean_fake }) =>
      mean_training === undefined || mean_fake === undefined
        ? []
        : [{ heldout: mean_real - mean_fake, training: mean_training - mean_fake }]
    );
    if (!hasEstimate(summary) || both.length < MIN_HELD_OUT) return null;
    const mean = (key: "heldout" | "training") => both.reduce((sum, one) => sum + one[key], 0) / both.length;
    const [heldout, training] = [mean("heldout"), mean("training")];
    if (training <= 0 || heldout >= OVERFIT * training) return null;
    return {
      seen: `The estimate is ${short(training)} on training examples and ${short(heldout)} on held-out ones`,
      first_step: later[0]!.step,
      last_step: later.at(-1)!.step,
      numbers: { training, heldout },
    };
  },
};

/** Below this mean loss a GAN's critic is never in doubt; one that guesses has 2 ln 2. */
const NO_DOUBT = 0.05;

const saturated: Rule = {
  code: "critic-saturated",
  spoils: "critic",
  condition:
    `The mean critic loss of a GAN's last ${WINDOW_STEPS} steps is below ${NO_DOUBT} (one that guesses has 1.39). ` +
    "No finding if the samples came nearer to the data anyway.",
  cause:
    "The critic tells every sample from the data with certainty, so the generator learns hardly anything from it",
  change:
    "Fewer critic steps with --n-critic; a lower --lr, or --dropout in the critic; or a preset with wgan in its name",
  find({ config, loss_critic, steps, evaluations }) {
    if (config.objective !== "gan" || loss_critic === null || loss_critic >= NO_DOUBT) return null;
    const [first, last] = [evaluations[0], evaluations.at(-1)];
    const nearer = first?.step === 0 && last!.sliced_wasserstein <= NEARER * first.sliced_wasserstein;
    if (steps < WINDOW_STEPS || nearer) return null;
    return {
      seen: `The critic's loss is ${short(loss_critic)}, and would be 1.39 if it guessed`,
      first_step: steps - WINDOW_STEPS + 1,
      last_step: steps,
      numbers: { loss: loss_critic },
    };
  },
};

export const CURVE_RULES: readonly Rule[] = [negative, dips, unsteady, overfits, saturated];
