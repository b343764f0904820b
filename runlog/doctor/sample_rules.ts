/** Rules over what the generator draws. */
import type { Summary } from "../summary/summary.ts";
import { isOutOfRange } from "./data_rules.ts";
import { MIN_GENERATOR_STEPS, percent, type Rule, short } from "./rule.ts";
import { isLearningRateTooHigh } from "./setting_rules.ts";
import { ALIKE, NEARER, RISING } from "./trends.ts";

const IN_A_ROW = 3;
const GOOD_QUALITY = 0.5;
const COVERED = 0.75;

/** True if a finding about the data or the settings says already why samples are not as they should be. */
function isExplained(summary: Summary): boolean {
  return isOutOfRange(summary) || isLearningRateTooHigh(summary);
}

const alike: Rule = {
  code: "mode-collapse",
  spoils: "samples",
  condition:
    `In the last ${IN_A_ROW} sample grids, samples are less than ${ALIKE} times as far apart as real ` +
    "examples, and this does not rise. For data whose modes (clusters) are known: at least " +
    `${percent(GOOD_QUALITY)} of the samples are near a mode, but fewer than ` +
    `${percent(COVERED)} of the modes have samples. The rule waits for ${MIN_GENERATOR_STEPS} generator ` +
    "steps, and is silent if data-out-of-range or learning-rate-too-high is found.",
  cause: "The generator draws the same few things again and again",
  change: "Raise --n-critic, lower --lr, set --clip near the preset's value, or use a larger --batch",
  find(summary) {
    const { samples, evaluations, generator_steps } = summary;
    if (generator_steps < MIN_GENERATOR_STEPS || isExplained(summary)) return null;
    const known = samples.filter(({ step, diversity }) => step > 0 && diversity !== undefined);
    const last = known.slice(-IN_A_ROW);
    const now = last.at(-1)?.diversity ?? Infinity;
    const before = Math.max(...known.slice(0, -1).map(({ diversity }) => diversity!));
    if (last.length === IN_A_ROW && last.every((s) => s.diversity! < ALIKE) && now <= RISING * before) {
      return {
        seen: `Samples are ${short(now)} times as far apart as real examples`,
        first_step: last[0]!.step,
        last_step: last.at(-1)!.step,
        numbers: { diversity: now },
      };
    }
    const evaluation = evaluations.at(-1);
    const modes = evaluation?.modes;
    if (!modes || modes.high_quality < GOOD_QUALITY || modes.covered >= COVERED * modes.count) return null;
    return {
      seen:
        `${modes.covered} of ${modes.count} modes are covered, though ${percent(modes.high_quality)} of ` +
        "the samples are near one",
      first_step: evaluation.step,
      last_step: evaluation.step,
      numbers: { covered: modes.covered, count: modes.count, high_quality: modes.high_quality },
    };
  },
};

const stalled: Rule = {
  code: "generator-stalled",
  spoils: "samples",
  condition:
    `After ${MIN_GENERATOR_STEPS} generator steps or more, the sliced Wasserstein distance of the samples to the ` +
    `data is more than ${NEARER} times that before the first step. The rule is silent if data-out-of-range or ` +
    "learning-rate-too-high is found.",
  cause: "The generator's steps were too few or too small, or it learned nothing useful from the critic",
  change: "First follow the advice about the critic; if there is none, train longer or raise --lr",
  find(summary) {
    const { evaluations, generator_steps } = summary;
    const [first, last] = [evaluations[0], evaluations.at(-1)];
    if (!first || !last || first.step > 0 || last.step === 0) return null;
    if (generator_steps < MIN_GENERATOR_STEPS || isExplained(summary)) return null;
    const [before, now] = [first.sliced_wasserstein, last.sliced_wasserstein];
    if (now <= NEARER * before) return null;
    return {
      seen: `The sliced Wasserstein distance to the data was ${short(before)} before training and is ${
        short(now)
      } now`,
      first_step: first.step,
      last_step: last.step,
      numbers: { before, now },
    };
  },
};

/** Nearer to training examples than held-out examples are, by this factor, is too near to be by chance. */
const COPIED = 0.5;

const memorised: Rule = {
  code: "samples-memorised",
  spoils: "samples",
  condition:
    `In the last ${IN_A_ROW} evaluations, samples are less than ${COPIED} times as far from their nearest training ` +
    "examples as held-out examples are (medians). Needs --holdout. The rule waits for " +
    `${MIN_GENERATOR_STEPS} generator steps, and is silent if mode-collapse is found.`,
  cause: "The generator has memorised training examples",
  change: "Use more data, --augment for images, or smaller networks; or stop earlier",
  find(summary) {
    const { evaluations, generator_steps } = summary;
    const last = evaluations.flatMap(({ step, nearest_training }) =>
      step > 0 && nearest_training ? [{ step, ...nearest_training }] : []
    ).slice(-IN_A_ROW);
    if (last.length < IN_A_ROW || generator_steps < MIN_GENERATOR_STEPS) return null;
    if (!last.every(({ samples, held_out }) => samples < COPIED * held_out)) return null;
    if (alike.find(summary) !== null) return null;
    const { step, samples, held_out } = last.at(-1)!;
    return {
      seen: `Samples are ${short(samples)} away from their nearest training examples, and held-out examples ${
        short(held_out)
      }`,
      first_step: last[0]!.step,
      last_step: step,
      numbers: { samples, held_out },
    };
  },
};

export const SAMPLE_RULES: readonly Rule[] = [alike, stalled, memorised];
