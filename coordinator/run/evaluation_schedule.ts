/** When samples are drawn, distances measured and held-out examples scored. Counts steps: time does not matter to it. */
import type { RunConfig } from "../config/config.ts";

/** Work that the schedule starts. Nothing here is awaited. */
export interface ScheduledWork {
  /** Looks at the networks' state. */
  vitals(): void;
  sample(): void;
  evaluate(): void;
  scoreHeldOut(): void;
}

/** True if one of the last `num_steps` steps up to `step` is a multiple of `every`; 0: never. */
export function isDueWithin(every: number, step: number, num_steps: number): boolean {
  return every > 0 && Math.floor(step / every) > Math.floor((step - num_steps) / every);
}

export interface Intervals extends Pick<RunConfig, "evaluate_every" | "sample_every"> {
  /** True if the step that a resumed run goes on from is evaluated once more where that is due: it never was. */
  readonly evaluate_first?: boolean;
}

export class EvaluationSchedule {
  readonly #every: Intervals;
  readonly #work: ScheduledWork;

  constructor(every: Intervals, work: ScheduledWork) {
    this.#every = every;
    this.#work = work;
  }

  /** Before the first step of this start of the coordinator; a resumed run has its first pictures already. */
  begin(step: number): void {
    const { evaluate_first, evaluate_every } = this.#every;
    if (step > 0) {
      if (evaluate_first && isDueWithin(evaluate_every, step, 1)) this.#work.evaluate();
      return;
    }
    this.#work.sample();
    this.#work.evaluate();
  }

  /** After each step but the last, or after `num_steps` of them. Returns whether samples were due. */
  committed(step: number, num_steps = 1): boolean {
    const due = (every: number) => isDueWithin(every, step, num_steps);
    if (due(this.#every.evaluate_every)) this.#work.evaluate();
    if (!due(this.#every.sample_every)) return false;
    this.#work.vitals();
    this.#work.sample();
    this.#work.scoreHeldOut();
    return true;
  }

  /** After the last step. */
  end(): void {
    this.#work.vitals();
    this.#work.sample();
    this.#work.evaluate();
  }
}
