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

  now_ms(): number {
    return this.#clock.now_ms();
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

/** `ran_ms`: how long a piece of work took from its begin to its end. */
type Done = (ran_ms: number) => void;

interface Task {
  readonly work_ms: number;
  readonly done: Done;
}

/** A thread does one thing after the other, and some only while there is nothing else. */
export class Thread {
  readonly #processor: Processor;
  readonly #waiting = new Fifo<Task>();
  #idle = new Fifo<Task>();
  #is_busy = false;
  /** Work that it has begun so far, whether or not others held it up. */
  work_ms = 0;

  constructor(processor: Processor) {
    this.#processor = processor;
  }

  run(work_ms: number, done: Done): void {
    this.#waiting.push({ work_ms, done });
    if (!this.#is_busy) this.#next();
  }

  /** Once there is nothing else to do; what has been begun is done to its end. */
  runIdle(work_ms: number, done: Done): void {
    this.#idle.push({ work_ms, done });
    if (!this.#is_busy) this.#next();
  }

  /** Gives up what waits for idle time. */
  dropIdle(): void {
    this.#idle = new Fifo();
  }

  #next(): void {
    const job = this.#waiting.shift() ?? this.#idle.shift();
    this.#is_busy = job !== undefined;
    if (job === undefined) return;
    this.work_ms += job.work_ms;
    const began_ms = this.#processor.now_ms();
    this.#processor.run(job.work_ms, () => {
      const ran_ms = this.#processor.now_ms() - began_ms;
      this.#next();
      job.done(ran_ms);
    });
  }
}
