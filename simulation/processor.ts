/** Processors by simulated time: cores that those who compute at one time share evenly, and threads that run on them. */
import type { Cancel, Clock } from "../wire/clock.ts";
import { Fifo } from "./fifo.ts";

interface Job {
  left_ms: number;
  readonly done: () => void;
}

/** Less is left of a job by rounding alone. */
const NOTHING_MS = 1e-9;

export class Processor {
  readonly #clock: Clock;
  readonly #cores: number;
  #jobs: Job[] = [];
  #updated_ms = 0;
  #cancel: Cancel = () => {};

  /** `cores`: jobs that run at full speed side by side; may be Infinity. */
  constructor(clock: Clock, cores: number) {
    this.#clock = clock;
    this.#cores = cores;
  }

  /** Has a core work for `work_ms`, which takes longer where there are more jobs than cores; then calls `done`. */
  run(work_ms: number, done: () => void): void {
    this.#advance();
    this.#jobs.push({ left_ms: work_ms, done });
    this.#schedule();
  }

  get #rate(): number {
    return Math.min(1, this.#cores / this.#jobs.length);
  }

  #advance(): void {
    const now_ms = this.#clock.now_ms();
    const worked_ms = (now_ms - this.#updated_ms) * this.#rate;
    this.#updated_ms = now_ms;
    if (worked_ms > 0) { for (const job of this.#jobs) job.left_ms -= worked_ms; }
  }

  #schedule(): void {
    this.#cancel();
    if (this.#jobs.length === 0) return;
    let least_ms = Infinity;
    for (const { left_ms } of this.#jobs) if (left_ms < least_ms) least_ms = left_ms;
    this.#cancel = this.#clock.after(least_ms / this.#rate, () => this.#finish(least_ms));
  }

  /** Ends the jobs of which there was least left. */
  #finish(least_ms: number): void {
    this.#updated_ms = this.#clock.now_ms();
    for (const job of this.#jobs) job.left_ms -= least_ms;
    const done = this.#jobs.filter(({ left_ms }) => left_ms <= NOTHING_MS);
    this.#jobs = this.#jobs.filter(({ left_ms }) => left_ms > NOTHING_MS);
    this.#schedule();
    for (const job of done) job.done();
  }
}

/** A thread does one thing after the other. */
export class Thread {
  readonly #processor: Processor;
  readonly #waiting = new Fifo<{ readonly work_ms: number; readonly done: () => void }>();
  #is_busy = false;
  /** Work that it was given so far, whether or not others held it up. */
  work_ms = 0;

  constructor(processor: Processor) {
    this.#processor = processor;
  }

  run(work_ms: number, done: () => void): void {
    this.work_ms += work_ms;
    this.#waiting.push({ work_ms, done });
    if (!this.#is_busy) this.#next();
  }

  #next(): void {
    const job = this.#waiting.shift();
    this.#is_busy = job !== undefined;
    if (job === undefined) return;
    this.#processor.run(job.work_ms, () => {
      this.#next();
      job.done();
    });
  }
}
