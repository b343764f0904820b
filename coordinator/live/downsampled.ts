/** A growing list in bounded space: with too many entries, every second one goes, and then only every second comes. */

export class Downsampled<E extends { readonly step: number }> {
  readonly #max: number;
  #kept: E[] = [];
  /** The newest, where its turn has not come. */
  #newest: E | null = null;
  #stride = 1;
  #count = 0;

  /** `max`: entries that are kept at most, the newest beside them. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Adds an entry; those of the same or a later step are taken back first. */
  add(entry: E): void {
    this.takeBackAfter(entry.step - 1);
    if (this.#count++ % this.#stride !== 0) {
      this.#newest = entry;
      return;
    }
    this.#newest = null;
    this.#kept.push(entry);
    if (this.#kept.length <= this.#max) return;
    this.#newest = this.#kept.length % 2 === 0 ? entry : null;
    this.#kept = this.#kept.filter((_, i) => i % 2 === 0);
    this.#stride *= 2;
  }

  takeBackAfter(step: number): void {
    if (this.#newest && this.#newest.step > step) this.#newest = null;
    while (this.#kept.length > 0 && this.#kept.at(-1)!.step > step) {
      this.#kept.pop();
      this.#count = this.#kept.length * this.#stride;
    }
  }

  /** In order of steps: the first and the newest are always among them. */
  get entries(): readonly E[] {
    return this.#newest ? [...this.#kept, this.#newest] : this.#kept;
  }
}
