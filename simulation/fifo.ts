/** A queue: first in, first out, in constant time however long it is. */
export class Fifo<T> {
  #items: T[] = [];
  #begin = 0;

  get length(): number {
    return this.#items.length - this.#begin;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#begin++];
    if (2 * this.#begin > this.#items.length) {
      this.#items = this.#items.slice(this.#begin);
      this.#begin = 0;
    }
    return item;
  }
}
