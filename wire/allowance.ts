/**
 * How many messages a peer may send: one for each that it was sent, which may ask for an answer, and some more unasked
 * (heartbeats, a goodbye, what it holds from before). A peer that keeps to the protocol never comes near it.
 */

/** Answers that are still owed to a peer that reads and is silent: it must not save them up without end. */
const MAX_OWED = 8192;

/**
 * Messages that a peer may send unasked.
 *
 * @example
 * ```ts
 * import type { Unasked } from "@wagon/wagon/wire";
 *
 * const unasked: Unasked = { burst: 16, per_s: 4 };
 * console.log(unasked.burst);
 * ```
 */
export interface Unasked {
  /** Messages at once. */
  readonly burst: number;
  /** Messages in each second from then on. */
  readonly per_s: number;
}

export class Allowance {
  readonly #unasked: Unasked;
  #owed = 0;
  #left: number;
  #at_ms: number;

  constructor(unasked: Unasked, now_ms: number) {
    this.#unasked = unasked;
    this.#left = unasked.burst;
    this.#at_ms = now_ms;
  }

  /** The peer was sent what it may answer with so many messages. */
  asked(num_answers = 1): void {
    this.#owed = Math.min(MAX_OWED, this.#owed + num_answers);
  }

  /** The peer has sent a message. False: it was one too many. */
  spend(now_ms: number): boolean {
    if (this.#owed > 0) {
      this.#owed--;
      return true;
    }
    const { burst, per_s } = this.#unasked;
    this.#left = Math.min(burst, this.#left + per_s * (now_ms - this.#at_ms) / 1000);
    this.#at_ms = now_ms;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
