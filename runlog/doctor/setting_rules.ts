/** Rules over a run's settings: what cannot go well, whatever the log's curves say so far. */
import { significant } from "../../common/significant.ts";
import type { Summary } from "../summary/summary.ts";
import type { Rule } from "./rule.ts";

/** The learning rates of the presets. A test compares them with the presets themselves, which this room cannot import. */
export const PRESET_LR: Readonly<Record<string, number>> = {
  wgan: 5e-5,
  "wgan-dcgan": 5e-5,
  "toy-wgan": 5e-4,
  gan: 2e-4,
  dcgan: 2e-4,
  "toy-gan": 1e-3,
  "wgan-gp": 1e-4,
  "wgan-gp-dcgan": 1e-4,
  "toy-wgan-gp": 2e-3,
  "toy-r3gan": 2e-3,
  "cwgan-gp": 5e-4,
  cdcgan: 2e-4,
  "toy-cwgan-gp": 2e-3,
  "wgan-gp-resnet": 2e-4,
  sngan: 2e-4,
  "r3gan-lite": 2e-4,
  "table-wgan-gp": 1e-3,
  "series-wgan-gp": 1e-4,
  strokes: 5e-4,
};

/** A learning rate this many times the preset's is far above it. */
const FAR_ABOVE = 10;
/** Lets 5e-3 be ten times 5e-4, whatever the quotient rounds to. */
const ROUNDING = 1e-9;
/** The presets' clip bounds are 40 to 200 times their learning rates. */
const CLIP_TO_LR = 100;
/** Samples this much nearer to the data than before training show that the learning rate was no hindrance. */
const MUCH_NEARER = 0.25;

interface LearningRate {
  readonly lr: number;
  /** How many times the preset's it is, and the preset's; null for a preset that is not known. */
  readonly usual: { readonly preset: string; readonly lr: number; readonly times: number } | null;
  /** The clip bound, if a step of RMSProp, about as long as lr, crosses it at once. */
  readonly crossed: number | null;
}

/** The learning rate of a run if it is far too high; else null. */
function farTooHigh({ config }: Summary): LearningRate | null {
  const { lr: both, lr_critic, lr_generator, clip, preset } = config;
  const rates = [lr_critic ?? both, lr_generator ?? both].filter((rate) => typeof rate === "number");
  if (rates.length < 2) return null;
  const lr = Math.max(...rates), critic = rates[0]!;
  const known = typeof preset === "string" && Object.hasOwn(PRESET_LR, preset) ? preset : null;
  const usual = known === null
    ? null
    : { preset: known, lr: PRESET_LR[known]!, times: lr / PRESET_LR[known]! };
  const crossed = typeof clip === "number" && clip > 0 && critic >= clip ? clip : null;
  const far_above = usual !== null && usual.times >= FAR_ABOVE * (1 - ROUNDING);
  return far_above || crossed !== null ? { lr, usual, crossed } : null;
}

/** True if samples got close to the data in spite of a learning rate that is within the clip bounds. */
function wentWell({ evaluations }: Summary, { crossed }: LearningRate): boolean {
  const [first, last] = [evaluations[0], evaluations.at(-1)];
  if (crossed !== null || first?.step !== 0 || last!.step === 0) return false;
  return last!.sliced_wasserstein <= MUCH_NEARER * first.sliced_wasserstein;
}

/** True if the learning rate explains whatever is wrong with the samples. */
export function isLearningRateTooHigh(summary: Summary): boolean {
  const found = farTooHigh(summary);
  return found !== null && !wentWell(summary, found);
}

/** As it is typed: 5e-5, 0.05. */
function typed(lr: number): string {
  return lr < 1e-3 ? lr.toExponential() : String(lr);
}

function seen({ lr, usual, crossed }: LearningRate): string {
  const times = usual !== null && usual.times >= FAR_ABOVE * (1 - ROUNDING)
    ? `${significant(usual.times).toLocaleString("en-US")} times the ${
      typed(usual.lr)
    } of preset ${usual.preset}`
    : null;
  const bound = crossed === null ? null : `not below the clip bound of ${typed(crossed)}`;
  return `The learning rate of ${typed(lr)} is ${
    [times, bound].filter((one) => one !== null).join(", and ")
  }`;
}

/** The preset's, unless the clip bound is too narrow for that. */
function suitable({ usual }: LearningRate, clip: unknown): number {
  const widest = typeof clip === "number" ? clip / FAR_ABOVE : Infinity;
  if (usual !== null && usual.lr < widest) return usual.lr;
  return significant(FAR_ABOVE * widest / CLIP_TO_LR);
}

const learningRate: Rule = {
  code: "learning-rate-too-high",
  spoils: "critic",
  condition:
    `The learning rate is ${FAR_ABOVE} times that of the preset or more, or it is not below the clip bound. If it is ` +
    `below the bound, it is a note once the samples' distance to the data is at most ${MUCH_NEARER} times that ` +
    `before ` +
    "the first step.",
  cause:
    "With such a high learning rate, each step moves the weights far too much, so neither network settles",
  change:
    "Start a new run without --lr, which takes the preset's, or with one of about a hundredth of --clip",
  find(summary) {
    const found = farTooHigh(summary);
    if (found === null || summary.steps === 0) return null;
    const { lr, usual, crossed } = found;
    const use = suitable(found, summary.config.clip);
    return {
      ...wentWell(summary, found) && { passed: true },
      seen: seen(found),
      change: `Start a new run with --lr ${typed(use)}`,
      first_step: 1,
      last_step: summary.steps,
      numbers: { lr, use, ...usual && { times: usual.times }, ...crossed !== null && { clip: crossed } },
    };
  },
};

export const SETTING_RULES: readonly Rule[] = [learningRate];
