/** When one direction of a network link delivers what it is given. Pure. */

export interface Direction {
  readonly rate_bps: number;
  /** What may pass at once after a rest: the depth of the token bucket, in bytes. */
  readonly burst_bytes: number;
  readonly delay_ms: number;
  readonly jitter_ms: number;
}

/** When bytes leave the sender's queue, and when they are there. */
export interface Passage {
  readonly sent_ms: number;
  readonly arrives_ms: number;
}

/** One direction: a token bucket, then a delay that never changes the order. */
export class Shaper {
  readonly #direction: Direction;
  readonly #random: () => number;
  /** When all that was offered has been sent, were the bucket empty then. */
  #free_ms = -Infinity;
  #arrived_ms = -Infinity;

  /** `random`: numbers from 0 to 1, for the jitter. */
  constructor(direction: Direction, random: () => number) {
    this.#direction = direction;
    this.#random = random;
  }

  /** Bytes are at the near end of the link at `now_ms`, which never goes back. */
  offer(num_bytes: number, now_ms: number): Passage {
    const { burst_bytes, delay_ms, jitter_ms } = this.#direction;
    const saved_ms = this.#time(burst_bytes);
    this.#free_ms = Math.max(this.#free_ms, now_ms) + this.#time(num_bytes);
    const sent_ms = Math.max(now_ms, this.#free_ms - saved_ms);
    this.#arrived_ms = Math.max(this.#arrived_ms, sent_ms + delay_ms + jitter_ms * this.#random());
    return { sent_ms, arrives_ms: this.#arrived_ms };
  }

  #time(num_bytes: number): number {
    return 8_000 * num_bytes / this.#direction.rate_bps;
  }
}
