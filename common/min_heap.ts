/** A binary heap: the least of many, in logarithmic time. */
export class MinHeap<T> {
  readonly #items: T[] = [];
  readonly #isBefore: (a: T, b: T) => boolean;

  /** `isBefore`: a strict order. */
  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore;
  }

  push(item: T): void {
    const items = this.#items;
    let at = items.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!this.#isBefore(item, items[above]!)) break;
      items[at] = items[above]!;
      at = above;
    }
    items[at] = item;
  }

  /** Takes the least one out; undefined where there is none. */
  pop(): T | undefined {
    const items = this.#items;
    const first = items[0], last = items.pop();
    if (items.length > 0) this.#sink(last!);
    return first;
  }

  /** Puts an item in place of the first. */
  #sink(item: T): void {
    const items = this.#items;
    let at = 0;
    while (true) {
      let below = 2 * at + 1;
      if (below >= items.length) break;
      if (below + 1 < items.length && this.#isBefore(items[below + 1]!, items[below]!)) below++;
      if (!this.#isBefore(items[below]!, item)) break;
      items[at] = items[below]!;
      at = below;
    }
    items[at] = item;
  }
}
