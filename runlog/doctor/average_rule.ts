/** A rule over the averaged generator, which samples come from (--ema-half-life). */
import type { Summary } from "../summary/summary.ts";
import { MIN_GENERATOR_STEPS, percent, type Rule } from "./rule.ts";

/** An average with so much of the initial weights in it at the end is not that of a trained generator. */
const MUCH = 0.1;
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
