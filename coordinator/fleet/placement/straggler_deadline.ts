/**
 * How long to wait for a worker's answer: a deadline that follows its own earlier answers, so that nobody has to tune a
 * timeout and no worker's deadline depends on another's.
 */
import { median } from "../../../common/median.ts";

/** Answers remembered. */
const WINDOW = 64;
const MEASURE_EVERY = 16;
/** Deadlines are median + SPREAD x median absolute deviation, and at least FACTOR x median. */
const SPREAD = 12;
const FACTOR = 4;
/** Never hurry a worker by less than this: a browser tab or a swapping laptop may pause so long. */
const FLOOR_MS = 1_000;
/** After this many deadlines the worker is taken for hung: its connection is closed, and it may join again. */
const GIVE_UP_FACTOR = 5;
/** And never before this: with one worker, there is nothing better to do than to wait. */
const GIVE_UP_FLOOR_MS = 300_000;
/** Before anything was measured (first run of a session compiles kernels). */
const FIRST_MS = 60_000;
/** Or this many times what its probe promises, which knows nothing of the load of the machine, and never longer than this. */
const FIRST_FACTOR = 8;
const LONGEST_FIRST_MS = 3_600_000;

export class StragglerDeadline {
  readonly #arrivals_ms: number[] = [];
  #count = 0;
  #late_ms: number;

  /** `expected_ms`: time of an answer by the worker's own probe, where that is long. */
  constructor(expected_ms = 0) {
    this.#late_ms = Math.max(FIRST_MS, Math.min(LONGEST_FIRST_MS, FIRST_FACTOR * expected_ms));
  }

  /** Notes how long an answer took, from asking to arrival, by the coordinator's clock. */
  arrived(answered_ms: number): void {
    this.#arrivals_ms[this.#count++ % WINDOW] = answered_ms;
    // Often at first: until then the deadline is that of a worker of which nothing is known.
    if (this.#count <= MEASURE_EVERY || this.#count % MEASURE_EVERY === 0) this.#late_ms = this.#measure();
  }

  /** After this time the work is asked of another worker, too. */
  get late_ms(): number {
    return this.#late_ms;
  }

  /** After this time the worker is taken for hung. */
  get give_up_ms(): number {
    return Math.max(GIVE_UP_FLOOR_MS, this.#late_ms * GIVE_UP_FACTOR);
  }

  #measure(): number {
    const middle = median(this.#arrivals_ms);
    const deviation = median(this.#arrivals_ms.map((t) => Math.abs(t - middle)));
    return Math.max(FLOOR_MS, FACTOR * middle, middle + SPREAD * deviation);
  }
}
