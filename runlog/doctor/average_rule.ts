/** Rules over the averaged generator, which samples come from (--ema-half-life). */
import type { Summary } from "../summary/summary.ts";
import { MIN_GENERATOR_STEPS, percent, type Rule, short } from "./rule.ts";

/** An average with so much of the initial weights in it at the end is not that of a trained generator. */
const MUCH = 0.1;
/** A distance beyond the other by this factor is worse. */
const WORSE = 1.25;
/** Evaluations of both that are compared: the last ones. */
const COMPARED = 3;
/** The half-life that is recommended, as a share of the examples that generator steps are made from. */
const USUAL = 20;

interface Average {
  readonly half_life: number;
  /** Examples of all generator steps, were the run at its end. */
  readonly examples: number;
  /** Share of the initial weights then. */
  readonly share: number;
}

/** What the average will be at the end of the run, if the generator is trained as often as so far. */
function averageAtEnd({ config, steps, generator_steps }: Summary): Average | null {
  const { ema_half_life: half_life, batch, steps: target } = config;
  if (typeof half_life !== "number" || half_life <= 0 || typeof batch !== "number") return null;
  const length = typeof target === "number" ? Math.max(target, steps) : steps;
  const examples = batch * generator_steps * length / steps;
  return { half_life, examples, share: 0.5 ** (examples / half_life) };
}

interface Distances {
  readonly averaged: number;
  readonly raw: number;
  readonly first_step: number;
  readonly last_step: number;
}

/** Mean distances of samples by the average and by the raw weights; null where they are too few. */
function distancesOf({ evaluations, generator_steps }: Summary): Distances | null {
  const both = evaluations.flatMap(({ step, sliced_wasserstein: averaged, raw_sliced_wasserstein: raw }) =>
    step > 0 && raw !== undefined ? [{ step, averaged, raw }] : []
  ).slice(-COMPARED);
  if (both.length < COMPARED || generator_steps < MIN_GENERATOR_STEPS) return null;
  const mean = (key: "averaged" | "raw") => both.reduce((sum, one) => sum + one[key], 0) / both.length;
  return {
    averaged: mean("averaged"),
    raw: mean("raw"),
    first_step: both[0]!.step,
    last_step: both.at(-1)!.step,
  };
}

/** At first, every average is behind. */
function isEarly({ steps, config: { steps: target } }: Summary): boolean {
  return typeof target === "number" && 2 * steps < target;
}

function compared({ averaged, raw, ...steps }: Distances) {
  const seen = `Samples of the averaged generator are ${
    short(averaged)
  } from the data, and those of its raw weights ${short(raw)} (mean of the last ${COMPARED} distances)`;
  return { seen, ...steps, numbers: { averaged, raw } };
}

const OF_BOTH = `the mean sliced Wasserstein distance of the last ${COMPARED} evaluations`;

export const average_worse: Rule = {
  code: "average-worse",
  spoils: "samples",
  condition:
    `By ${OF_BOTH}, samples of the averaged generator (--ema-half-life) are more than ${WORSE} times as far from the ` +
    `data as those of its raw weights. The rule waits for ${MIN_GENERATOR_STEPS} generator steps and the later half of ` +
    "the run, and is silent if average-lags is found.",
  cause: "The half-life is so long that the average still contains earlier, worse weights",
  change: "Start a new run with a smaller --ema-half-life",
  find(summary) {
    const distances = distancesOf(summary);
    if (distances === null || isEarly(summary) || average_lags.find(summary) !== null) return null;
    if (distances.averaged <= WORSE * distances.raw) return null;
    const { ema_half_life } = summary.config;
    const smaller = typeof ema_half_life === "number"
      ? `Start a new run with --ema-half-life ${Number((ema_half_life / 5).toPrecision(1))}`
      : average_worse.change;
    return { ...compared(distances), change: smaller };
  },
};

export const average_better: Rule = {
  code: "average-better",
  spoils: "samples",
  condition:
    `By ${OF_BOTH}, samples of the raw weights are more than ${WORSE} times as far from the data as those of the ` +
    `averaged generator (--ema-half-life). The rule waits for ${MIN_GENERATOR_STEPS} generator steps. This is always ` +
    "a note: samples and generator.onnx come from the average.",
  cause: "The weights still move a lot from step to step, and their average does not",
  change:
    "Keep --ema-half-life; with a learning rate that falls to 0 (--decay-steps), the raw weights get about as good",
  find(summary) {
    const distances = distancesOf(summary);
    if (distances === null || distances.raw <= WORSE * distances.averaged) return null;
    return { ...compared(distances), passed: true };
  },
};

export const average_lags: Rule = {
  code: "average-lags",
  spoils: "samples",
  condition:
    `At the end of the run, at least ${
      percent(MUCH)
    } of the averaged generator (--ema-half-life) will still come from its initial weights. ` +
    `The rule waits for ${MIN_GENERATOR_STEPS} generator steps.`,
  cause: "The half-life is too long for this run, and samples and generator.onnx come from the average",
  change: "Start a new run with a smaller --ema-half-life, or with more --steps",
  find(summary) {
    if (summary.generator_steps < MIN_GENERATOR_STEPS) return null;
    const average = averageAtEnd(summary);
    if (average === null || average.share < MUCH) return null;
    const { half_life, examples, share } = average;
    const use = Number((examples / USUAL).toPrecision(1));
    return {
      seen: `With --ema-half-life ${half_life}, ${
        percent(share)
      } of the averaged generator will come from its initial weights at the end of the run`,
      change: `Start a new run with --ema-half-life ${use}, or with more --steps`,
      first_step: 1,
      last_step: summary.steps,
      numbers: { half_life, share, use },
    };
  },
};
