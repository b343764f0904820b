/**
 * Rules over the Wasserstein estimate. They hold for every objective of the Wasserstein family: a critic that
 * outputs a constant reaches an estimate of 0, so a trained one must do better.
 */
import type { Summary } from "../summary/summary.ts";
import type { HealthStretch } from "../summary/summary_parts.ts";
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
  cause: "The critic is worse than one that outputs a constant, because it cannot follow the generator",
  change: "Raise --n-critic, lower --lr, and if --penalty is far above the preset's value, use the preset's",
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
    `The rule divides the run into sixteenths and skips the first two. In one of the others, the estimate of a ` +
    `single ` +
    `step is more than ${DIP_DEVIATIONS} standard deviations below the mean of that sixteenth, and further below 0 ` +
    "than that mean is from 0. A sixteenth is called steady if its standard deviation is less than " +
    `${UNSTEADY} times its mean. If at most a quarter of the sixteenths have such a step, and these and all later ` +
    `ones ` +
    "are steady, there is no finding. If only the later ones are steady, it is a note.",
  cause: "The critic moved far away from its optimum, because its steps were too large",
  change: "Divide --lr by 2, and if that does not help, by 5; a higher --n-critic helps, too",
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
    `The rule divides the run into sixteenths and skips the first two. In at least half of the others, the standard ` +
    `deviation of the estimate from step to step is at least ${UNSTEADY} times its mean.`,
  cause:
    "The critic does not get close to its optimum before the generator changes, so the generator learns from noise",
  change: "Raise --n-critic, lower --lr, and if --clip is far above the preset's value, use the preset's",
  find(summary) {
    const all = settled(summary);
    if (!hasEstimate(summary) || all.length < 4) return null;
    const found = all.filter((stretch) => !isSteady(stretch));
    if (2 * found.length < all.length) return null;
    const last = found.at(-1)!;
    const share = found.length / all.length;
    return {
      seen:
        `In ${percent(share)} of the run the estimate is hardly larger than its noise; at the end it was ` +
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
    `In the later half of the run, which must have ${MIN_HELD_OUT} measurements or more, the estimate on held-out ` +
    `examples is less than ${OVERFIT} times that on training examples with the same weights. Needs --holdout.`,
  cause: "The critic has memorised its training examples, so it teaches the generator to copy them",
  change: "Use more data, a smaller critic or a lower --n-critic, or stop where the two curves diverge",
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
    `In a GAN, the mean critic loss of the last ${WINDOW_STEPS} steps is below ${NO_DOUBT}; a critic that guesses ` +
    `has ` +
    "a loss of 1.39. There is no finding if the samples got closer to the data anyway.",
  cause: "The critic recognises every sample with certainty, so the generator learns hardly anything from it",
  change: "Lower --n-critic or --lr, give the critic --dropout, or use a preset with wgan in its name",
  find({ config, loss_critic, steps, evaluations }) {
    if (config.objective !== "gan" || loss_critic === null || loss_critic >= NO_DOUBT) return null;
    const [first, last] = [evaluations[0], evaluations.at(-1)];
    const nearer = first?.step === 0 && last!.sliced_wasserstein <= NEARER * first.sliced_wasserstein;
    if (steps < WINDOW_STEPS || nearer) return null;
    return {
      seen: `The critic's loss is ${short(loss_critic)}; a critic that guesses has a loss of 1.39`,
      first_step: steps - WINDOW_STEPS + 1,
      last_step: steps,
      numbers: { loss: loss_critic },
    };
  },
};

export const CURVE_RULES: readonly Rule[] = [negative, dips, unsteady, overfits, saturated];
