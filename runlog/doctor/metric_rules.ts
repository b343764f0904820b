/** A rule over the figures of how good samples are: that they were better once. */
import { FEATURE_MEASURES, isBetter, type Measure, type MeasureName, MEASURES } from "../measures.ts";
import type { Summary } from "../summary/summary.ts";
import { type Evidence, percent, type Rule, short } from "./rule.ts";

/** Evaluations since the best one at least. */
const SINCE = 4;
/** Share of the run since then, at least. */
const LONG = 0.25;
/** Share of what had been gained that is lost. */
const LOST = 0.25;
/** The last ones, of which the mean counts. */
const LAST = 3;

/** The most telling first: what papers judge by, and then what is always measured. */
const JUDGED: readonly MeasureName[] = [...FEATURE_MEASURES, "sliced_wasserstein"];

interface Point {
  readonly step: number;
  readonly value: number;
}

interface Turn {
  readonly name: MeasureName;
  readonly best: Point;
  readonly now: number;
  /** Of what was gained until the best. */
  readonly lost: number;
  readonly last_step: number;
}

/** How a figure turned; null where it did not, or it is too early to tell. */
function turnOf(name: MeasureName, { evaluations, steps }: Summary): Turn | null {
  const all = evaluations.flatMap((one): Point[] => {
    const value = one[name];
    return value === undefined ? [] : [{ step: one.step, value }];
  });
  const [untrained, ...trained] = all;
  if (untrained?.step !== 0 || trained.length <= SINCE) return null;
  const best = trained.reduce((a, b) => isBetter(name, b.value, a.value) ? b : a);
  const since = trained.slice(trained.indexOf(best) + 1), last_step = trained.at(-1)!.step;
  if (since.length < SINCE || last_step - best.step < LONG * steps) return null;
  const now = since.slice(-LAST).reduce((sum, { value }) => sum + value, 0) / LAST;
  const lost = (now - best.value) / (untrained.value - best.value);
  return lost >= LOST ? { name, best, now, lost, last_step } : null;
}

function evidenceOf({ name, best, now, lost, last_step }: Turn, kept: Summary["best"]): Evidence {
  const { title, option, factor = 1 }: Measure = MEASURES[name];
  const is_kept = kept?.measure === name;
  const at = best.step.toLocaleString("en-US");
  return {
    ...is_kept && { passed: true },
    seen: `The ${title} was best at step ${at}, ${short(factor * best.value)}, and is ${
      short(factor * now)
    } now: ${percent(lost)} of its improvement is lost`,
    change: is_kept
      ? `Use ${kept.generator}, which is of step ${kept.step.toLocaleString("en-US")}`
      : `Start a new run with --keep-best ${option}, or with --steps ${best.step}`,
    first_step: best.step,
    last_step,
    numbers: { best: best.value, now, lost, step: best.step },
  };
}

export const metric_turned: Rule = {
  code: "metric-turned",
  spoils: "samples",
  condition:
    `A figure of the samples' quality (the sliced Wasserstein distance, or one that --metrics names) was best ${SINCE} ` +
    `or more evaluations ago, and at least ${
      percent(LONG)
    } of the run ago. By the mean of the last ${LAST} ` +
    `evaluations, it has lost at least ${
      percent(LOST)
    } of the improvement that it had made from the first evaluation to the best one. ` +
    "It is a note if --keep-best has kept the best checkpoint by this figure.",
  cause:
    "The networks trained for longer than was good for the samples, or their learning rate is too high for the end",
  change:
    "Start a new run with --keep-best, with fewer --steps, or with a learning rate that falls (--decay-steps)",
  find(summary) {
    for (const name of JUDGED) {
      const turn = turnOf(name, summary);
      if (turn !== null) return evidenceOf(turn, summary.best);
    }
    return null;
  },
};
