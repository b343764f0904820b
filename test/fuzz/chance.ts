/** Chance that can be had again: a small generator (mulberry32) with a seed. */

export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.#state = this.#state + 0x6d2b_79f5 | 0;
    let word = Math.imul(this.#state ^ this.#state >>> 15, 1 | this.#state);
    word = word + Math.imul(word ^ word >>> 7, 61 | word) ^ word;
    return ((word ^ word >>> 14) >>> 0) / 2 ** 32;
  }

  /** An integer from 0 to below `count`. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  is(probability: number): boolean {
    return this.next() < probability;
  }
}
