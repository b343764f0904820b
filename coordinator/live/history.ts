/**
 * The curves of a run in bounded memory, for the live page: stretches of 1, 2, 4, ... steps, each with mean, least
 * and greatest value of every curve. When there are too many, neighbours are joined two by two, so a run of any
 * length is at most MAX_STRETCHES of them. Their JSON is kept in chunks, which do not change once they are full
 * (until the next joining), so that a page is only sent what is new.
 */
import { significant } from "../../common/significant.ts";
import type { StepFacts } from "../../runlog/log/step_facts.ts";

/** Significant digits of the numbers that the page gets: more than a screen shows. */
export const SHOWN_DIGITS = 5;

/** Stretches that are kept at most: more than a screen has pixels to show. */
export const MAX_STRETCHES = 1024;
/** Stretches of a chunk; divides half of MAX_STRETCHES. */
export const CHUNK = 64;

/** The curves, in the order in which a row has them. */
export const CURVES = ["gap", "loss_critic", "loss_generator"] as const;
export type Curve = typeof CURVES[number];

/** Statistics of one curve over a range of steps. */
interface Extent {
  count: number;
  mean: number;
  low: number;
  high: number;
}

interface Stretch {
  first_step: number;
  last_step: number;
  readonly curves: Record<Curve, Extent>;
}

/** The last step, then (mean, least, greatest) for each curve; null where the stretch has no value of it. */
export type HistoryRow = readonly (number | null)[];

function extentOf(value: number): Extent {
  return Number.isFinite(value)
    ? { count: 1, mean: value, low: value, high: value }
    : { count: 0, mean: 0, low: Infinity, high: -Infinity };
}

function join(a: Extent, b: Extent): Extent {
  const count = a.count + b.count;
  if (count === 0) return a;
  return {
    count,
    mean: a.mean + (b.mean - a.mean) * b.count / count,
    low: Math.min(a.low, b.low),
    high: Math.max(a.high, b.high),
  };
}

function joined(a: Stretch, b: Stretch): Stretch {
  const curves = CURVES.map((curve) => [curve, join(a.curves[curve], b.curves[curve])]);
  return {
    first_step: a.first_step,
    last_step: b.last_step,
    curves: Object.fromEntries(curves) as Stretch["curves"],
  };
}

function rowOf({ last_step, curves }: Stretch): HistoryRow {
  const values = CURVES.flatMap((curve) => {
    const { count, mean, low, high } = curves[curve];
    return [mean, low, high].map((value) => count === 0 ? null : significant(value, SHOWN_DIGITS));
  });
  return [last_step, ...values];
}

export class History {
  #stretches: Stretch[] = [];
  /** Steps of a full stretch, a power of two. */
  #width = 1;
  /** JSON of the chunks that are full. */
  #texts: string[] = [];

  /** Adds a step. A step that is there already, and all after it, are taken back first. */
  add({ step, mean_real, mean_fake, loss_critic, loss_generator }: StepFacts): void {
    this.takeBackAfter(step - 1);
    const added: Stretch = {
      first_step: step,
      last_step: step,
      curves: {
        gap: extentOf(mean_real - mean_fake),
        loss_critic: extentOf(loss_critic),
        loss_generator: extentOf(loss_generator),
      },
    };
    const last = this.#stretches.at(-1);
    if (last && last.last_step - last.first_step + 1 < this.#width) {
      this.#stretches[this.#stretches.length - 1] = joined(last, added);
      return;
    }
    if (this.#stretches.length === MAX_STRETCHES) this.#joinAll();
    this.#stretches.push(added);
  }

  /** Takes back all steps larger than `step`. Of a stretch that this cuts, the values stay as they were. */
  takeBackAfter(step: number): void {
    const last = this.#stretches.at(-1);
    if (!last || last.last_step <= step) return;
    this.#stretches = this.#stretches.filter(({ first_step }) => first_step <= step);
    const cut = this.#stretches.at(-1);
    if (cut) cut.last_step = Math.min(cut.last_step, step);
    this.#texts = this.#texts.slice(0, Math.max(0, Math.ceil(this.#stretches.length / CHUNK) - 1));
  }

  get rows(): HistoryRow[] {
    return this.#stretches.map(rowOf);
  }

  /** JSON of the rows, CHUNK of them in each text; the last may have fewer. */
  get chunks(): readonly string[] {
    const full = Math.max(0, Math.ceil(this.#stretches.length / CHUNK) - 1);
    for (let chunk = this.#texts.length; chunk < full; chunk++) this.#texts.push(this.#textOf(chunk));
    return this.#stretches.length === 0 ? [] : [...this.#texts, this.#textOf(full)];
  }

  #textOf(chunk: number): string {
    const stretches = this.#stretches.slice(CHUNK * chunk, CHUNK * (chunk + 1));
    return JSON.stringify(stretches.map(rowOf));
  }

  #joinAll(): void {
    this.#stretches = Array.from(
      { length: MAX_STRETCHES / 2 },
      (_, i) => joined(this.#stretches[2 * i]!, this.#stretches[2 * i + 1]!),
    );
    this.#width *= 2;
    this.#texts = [];
  }
}
