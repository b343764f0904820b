/**
 * Is it working? One verdict on a run, from the sum of its log and what the doctor finds: a state, a sentence with its
 * figures, and what to do where something is wrong. docs/reading-a-run.md is this file for people.
 *
 * The distance of the samples to the data counts most, then how varied they are, then the critic's estimate: that is on
 * the critic's own scale, and may rise while samples become better. A GAN's losses do not tell whether it learns.
 */
import type { Summary } from "../summary/summary.ts";
import { type Finding, MIN_GENERATOR_STEPS, percent, short } from "./rule.ts";
import {
  type DistanceTrend,
  distanceTrend,
  estimateMove,
  isNearBest,
  type Move,
  NEARER,
  type Variety,
  varietyOf,
} from "./trends.ts";

/** All states, with the word that begins the sentence and how it is to be taken. */
export const VERDICT_STATES = {
  "too-early": { label: "Too early to tell", tone: "neutral" },
  unclear: { label: "Unclear", tone: "neutral" },
  learning: { label: "Learning", tone: "good" },
  level: { label: "Levelled off", tone: "neutral" },
  worsening: { label: "Getting worse", tone: "bad" },
  stalled: { label: "Stalled", tone: "bad" },
  failing: { label: "Failing", tone: "bad" },
} as const satisfies Record<string, { label: string; tone: "good" | "neutral" | "bad" }>;
export type VerdictState = keyof typeof VERDICT_STATES;

export interface RunVerdict {
  /** Stable: programs may know it. */
  readonly state: VerdictState;
  /** The state in words; stands before the sentence. */
  readonly label: string;
  readonly tone: "good" | "neutral" | "bad";
  /** The figures, without a full stop. */
  readonly sentence: string;
  /** Advice, in the words of the command line; null if nothing is wrong. */
  readonly advice: string | null;
}

/** Label and sentence. */
export function verdictLine({ label, sentence }: Pick<RunVerdict, "label" | "sentence">): string {
  return `${label}: ${sentence}`;
}

interface Evidence {
  readonly summary: Summary;
  /** Faults that spoil more than the speed, the most pressing first. */
  readonly faults: readonly Finding[];
  readonly distance: DistanceTrend | null;
  readonly variety: Variety | null;
  readonly estimate: Move | null;
}

type Judgement = Pick<RunVerdict, "state" | "sentence" | "advice">;

/** The verdict on a run, whether it is going on or has ended. */
export function verdictOf(summary: Summary, findings: readonly Finding[]): RunVerdict {
  const evidence: Evidence = {
    summary,
    faults: findings.filter(({ grade, spoils }) => grade === "fault" && spoils !== "speed"),
    distance: distanceTrend(summary),
    variety: varietyOf(summary),
    estimate: summary.wasserstein_estimate === null ? null : estimateMove(summary),
  };
  const judged = stopped(evidence) ?? early(evidence) ?? failing(evidence) ?? going(evidence);
  return { ...VERDICT_STATES[judged.state], ...judged };
}

function at(step: number): string {
  return `step ${step.toLocaleString("en-US")}`;
}

function joined(...clauses: readonly (string | null)[]): string {
  return clauses.filter((clause) => clause !== null).join("; ");
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** A run that an error ended. */
function stopped({ summary: { state, detail, steps } }: Evidence): Judgement | null {
  if (state !== "failed") return null;
  return {
    state: "failing",
    sentence: `the run stopped with an error at ${at(steps)}${detail ? `: ${detail}` : ""}`,
    advice: null,
  };
}

function early({ summary: { steps, generator_steps, state }, faults: [fault] }: Evidence): Judgement | null {
  if (generator_steps >= MIN_GENERATOR_STEPS) return null;
  const sentence = steps === 0
    ? "there is no step yet"
    : `the generator has made ${generator_steps} of the ${MIN_GENERATOR_STEPS} steps that a verdict needs`;
  if (fault) {
    return { state: "too-early", sentence: joined(sentence, lowerFirst(fault.seen)), advice: fault.change };
  }
  return {
    state: "too-early",
    sentence,
    advice: state === "finished" ? "Train longer, with more --steps" : null,
  };
}

/** The fault: one that shows in the samples, or one of the critic that no measurement contradicts. */
function failing(evidence: Evidence): Judgement | null {
  const { faults, distance, variety } = evidence;
  const [fault] = faults;
  const improved = distance !== null && hasImproved(distance);
  const alike = variety?.verdict === "alike";
  const spoilt = faults.some(({ spoils }) => spoils === "samples");
  if (!spoilt && !alike && (improved || !faults.some(({ spoils }) => spoils === "critic"))) return null;
  const outcome = joined(distanceClause(distance), varietyClause(evidence));
  if (!fault) return { state: "failing", sentence: outcome, advice: ALIKE_ADVICE };
  return {
    state: faults.every(({ code }) => code === "generator-stalled") ? "stalled" : "failing",
    sentence: joined(outcome || lowerFirst(fault.seen), `likely cause: ${lowerFirst(fault.cause)}`),
    advice: fault.change,
  };
}

const ALIKE_ADVICE = "Raise --n-critic, lower --lr, or use a larger --batch";

function isNearer({ whole }: DistanceTrend): boolean {
  return whole === null || whole.now <= NEARER * whole.before;
}

/** True if distances show that the samples became better, and did not become worse again. */
function hasImproved({ whole, direction }: DistanceTrend): boolean {
  return direction !== "rose" && (whole === null ? direction === "fell" : whole.now <= NEARER * whole.before);
}

function distanceClause(distance: DistanceTrend | null): string | null {
  if (!distance?.whole) return null;
  const { before, now } = distance.whole;
  if (now > NEARER * before) {
    return `the distance of samples to the data is ${short(now)} and was ${short(before)} before training ` +
      "(lower is better)";
  }
  return `the distance of samples to the data fell from ${short(before)} to ${short(now)} (lower is better)`;
}

/** How varied the samples are; where the data's modes are known, how many are covered. */
function varietyClause({ variety, summary: { evaluations } }: Evidence): string | null {
  const modes = evaluations.findLast(({ step }) => step > 0)?.modes;
  if (variety === null) return modes ? `${modes.covered} of ${modes.count} modes are covered` : null;
  const { diversity } = variety;
  const figure = `(${short(diversity)}, 1 is as varied)`;
  if (diversity < 0.5) return `samples are much less varied than the data ${figure}`;
  if (diversity < 0.8) return `samples are less varied than the data ${figure}`;
  if (diversity > 1.25) return `samples are more varied than the data ${figure}`;
  const as_varied = "samples are as varied as the data";
  if (!modes) return as_varied;
  const { covered, count } = modes;
  return covered === count
    ? `${as_varied} and cover all ${count} modes`
    : `${as_varied}, but cover only ${covered} of ${count} modes`;
}

function estimateClause({ first_step, before, now }: Move): string {
  const change = Math.round(100 * Math.abs(now / before - 1));
  return `the estimate ${now < before ? "fell" : "rose"} ${change} % since ${at(first_step)}`;
}

/** Nothing is found to be wrong: is it getting better? */
function going(evidence: Evidence): Judgement {
  const { distance, faults: [fault], variety } = evidence;
  const varied = varietyClause(evidence);
  if (distance?.direction === "rose") return worsening(evidence, distance);
  // The critic's troubles did not keep the samples from becoming better.
  const flaw = fault ? `but ${lowerFirst(fault.seen)}` : null;
  const advice = fault?.change ?? null;
  if (variety?.verdict === "unknown") {
    const sentence = joined(distanceClause(distance), varied, flaw);
    return {
      state: "unclear",
      sentence,
      advice: advice ?? "Train longer, and look whether samples become more varied",
    };
  }
  const better = improvement(evidence);
  if (better !== null) return { state: "learning", sentence: joined(better, varied, flaw), advice };
  if (distance === null) return unmeasured(evidence);
  const since = distance.recent ? ` and has been level since ${at(distance.recent.first_step)}` : "";
  const sentence = joined(
    (distanceClause(distance) ?? "the distance of samples to the data is level") + since,
    varied,
    flaw,
  );
  return { state: "level", sentence, advice };
}

/** Describes the improvement; null if none was measured. */
function improvement({ summary, distance, estimate }: Evidence): string | null {
  const falls = estimate !== null && estimate.now < estimate.before && estimate.now > 0;
  const fell = falls ? estimateClause(estimate) : null;
  // The estimate alone is no evidence: it falls for a critic that grows worse, too.
  if (distance === null) return null;
  if (!isNearer(distance) || !isNearBest(summary)) return null;
  if (distance.direction === "level") return fell && joined(fell, distanceClause(distance));
  if (distance.direction === null) return joined(distanceClause(distance), fell);
  const { first_step, before, now } = distance.recent!;
  const recent = `the distance of samples to the data fell ${percent(1 - now / before)} since ` +
    `${at(first_step)}`;
  return joined(`${recent} (to ${short(distance.best.distance)}, lower is better)`, fell);
}

function worsening(evidence: Evidence, { best, whole, recent }: DistanceTrend): Judgement {
  const now = short((whole ?? recent)!.now);
  return {
    state: "worsening",
    sentence: joined(
      `the distance of samples to the data rose from ${short(best.distance)} at ${at(best.step)} to ${now} ` +
        "(lower is better)",
      varietyClause(evidence),
    ),
    advice: evidence.faults[0]?.change ?? `Lower --lr, or stop about ${at(best.step)}`,
  };
}

/** Without a distance the estimate alone speaks, and a GAN has none. */
function unmeasured(evidence: Evidence): Judgement {
  const { summary, estimate } = evidence;
  const varied = varietyClause(evidence);
  if (summary.wasserstein_estimate === null) {
    const sentence =
      "the losses of this objective do not tell whether it learns, and no distance was measured";
    return { state: "unclear", sentence: joined(sentence, varied), advice: MEASURE_ADVICE };
  }
  const moved = estimate ? estimateClause(estimate) : "the estimate does not fall";
  const first = summary.config.evaluate_every;
  if (summary.state === "running" && typeof first === "number" && first > summary.steps) {
    return {
      state: "too-early",
      sentence: `${moved}; the first distance of samples to the data is measured at ${at(first)}`,
      advice: null,
    };
  }
  return {
    state: "unclear",
    sentence: joined(`${moved}, and no distance was measured`, varied),
    advice: MEASURE_ADVICE,
  };
}

const MEASURE_ADVICE = "Measure distances with --evaluate-every";
