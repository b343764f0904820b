/** Means over the last values, in constant time and space for each value. */

export class RecentMean {
  readonly #values: Float64Array;
  #count = 0;

  /** `window`: values that count. */
  constructor(window: number) {
    this.#values = new Float64Array(window);
  }

  add(value: number): void {
    this.#values[this.#count++ % this.#values.length] = value;
  }

  /** NaN before the first value. */
  get value(): number {
    const n = Math.min(this.#count, this.#values.length);
    return n === 0 ? NaN : this.#values.subarray(0, n).reduce((a, b) => a + b) / n;
  }
}
