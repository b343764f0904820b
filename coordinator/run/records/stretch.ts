/** Bytes and time from one committed step to the next, or to the end of a round, shared out over its steps. Pure. */

/** Counted since the start of the incarnation. */
export interface Measures {
  readonly in: number;
  readonly out: number;
  readonly elapsed_ms: number;
}

export class Stretch {
  #from: Measures;
  #to: Measures;

  constructor(from: Measures) {
    this.#from = from;
    this.#to = from;
  }

  /** The first step begins now. */
  begin(elapsed_ms: number): void {
    this.#to = { ...this.#to, elapsed_ms };
  }

  /** What the last steps have come to. */
  measure(to: Measures): void {
    this.#from = this.#to;
    this.#to = to;
  }

  /** Bytes of one of `count` steps, in whole numbers, and when it was committed. */
  part(index: number, count: number): Measures {
    const share = (from: number, to: number) =>
      Math.floor((to - from) * (index + 1) / count) - Math.floor((to - from) * index / count);
    const { in: bytes_in, out: bytes_out, elapsed_ms: end_ms } = this.#to, begin_ms = this.#from.elapsed_ms;
    // The last is exact.
    const elapsed_ms = index + 1 === count ? end_ms : begin_ms + (end_ms - begin_ms) * (index + 1) / count;
    return { in: share(this.#from.in, bytes_in), out: share(this.#from.out, bytes_out), elapsed_ms };
  }
}
