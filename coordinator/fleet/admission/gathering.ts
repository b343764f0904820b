/** Waits for enough workers to be in. */
interface Waiting {
  readonly count: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class Gathering {
  #waiting: Waiting | null = null;

  /** Resolves once `count` workers are in, of which there are `present` now. Rejects when abandoned. */
  wait(count: number, present: number): Promise<void> {
    if (present >= count) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting = { count, resolve, reject });
  }

  /** One more is in. */
  joined(present: number): void {
    if (this.#waiting === null || present < this.#waiting.count) return;
    this.#waiting.resolve();
    this.#waiting = null;
  }

  abandon(error: unknown): void {
    this.#waiting?.reject(error);
    this.#waiting = null;
  }
}
