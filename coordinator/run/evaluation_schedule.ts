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

export class EvaluationSchedule {
  readonly #every: Pick<RunConfig, "evaluate_every" | "sample_every">;
  readonly #work: ScheduledWork;

  constructor(every: Pick<RunConfig, "evaluate_every" | "sample_every">, work: ScheduledWork) {
    this.#every = every;
    this.#work = work;
  }

  /** Before the first step of this start of the coordinator; a resumed run has its first pictures already. */
  begin(step: number): void {
    if (step > 0) return;
    this.#work.sample();
    this.#work.evaluate();
  }

  /** After each step but the last. Returns whether samples were due. */
  committed(step: number): boolean {
    const due = (every: number) => every > 0 && step % every === 0;
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
