/** A list of float32 numbers that grows, for data whose number is not known beforehand. */

/** Most numbers that are held: 2 GiB. */
export const MAX_NUMBERS = 2 ** 29;
const FIRST_NUMBERS = 1 << 16;
/** More room than is expected to be needed. */
const SLACK = 1.05;

export class Numbers {
  #values = new Float32Array(FIRST_NUMBERS);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Takes back the last ones, from `length` on. */
  set length(length: number) {
    this.#length = length;
  }

  /** Appends a number and returns what float32 makes of it. There must be room. */
  push(value: number): number {
    this.#values[this.#length] = value;
    return this.#values[this.#length++]!;
  }

  /**
   * Makes room for `count` more. `share`: of the whole that has been read, above 0 to 1: from it follows how much room
   * is taken at once, for growing copies. False where they are too many.
   */
  reserve(count: number, share: number): boolean {
    const needed = this.#length + count;
    if (needed <= this.#values.length) return true;
    if (needed > MAX_NUMBERS) return false;
    const expected = SLACK * needed / share;
    const room = Math.min(MAX_NUMBERS, Math.ceil(Math.max(needed, 1.5 * this.#values.length, expected)));
    const values = new Float32Array(room);
    values.set(this.#values.subarray(0, this.#length));
    this.#values = values;
    return true;
  }

  /** All of them; room that was not needed was never touched and costs no memory. */
  values(): Float32Array<ArrayBuffer> {
    return this.#values.subarray(0, this.#length);
  }
}
