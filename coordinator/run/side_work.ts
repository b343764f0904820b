/**
 * Work beside the training, e.g. pictures and evaluations. Two of a kind may end in any order, since workers do them;
 * what comes of them is told in the order in which they were begun.
 */
export class SideWork<K extends string, R> {
  readonly #tell: (result: R) => void;
  readonly #failed: (kind: K, error: unknown) => void;
  /** The last of each kind; it ends after those before it. */
  readonly #last = new Map<K, Promise<void>>();

  /** `failed` is told what `work` throws, and what `tell` throws. */
  constructor(tell: (result: R) => void, failed: (kind: K, error: unknown) => void) {
    this.#tell = tell;
    this.#failed = failed;
  }

  /** Begins at once. `work` resolves to null where nothing came of it. */
  begin(kind: K, work: () => Promise<R | null>): void {
    this.#last.set(kind, this.#take(kind, work, this.#last.get(kind)));
  }

  async #take(kind: K, work: () => Promise<R | null>, before: Promise<void> | undefined): Promise<void> {
    let result: R | null = null;
    try {
      result = await work();
    } catch (error) {
      this.#failed(kind, error);
    }
    await before;
    try {
      if (result !== null) this.#tell(result);
    } catch (error) {
      this.#failed(kind, error);
    }
  }

  /** Resolves when all that was begun has ended. */
  async ended(): Promise<void> {
    const last = [...this.#last.values()];
    await Promise.all(last);
    // What was told may have begun more.
    if ([...this.#last.values()].some((one) => !last.includes(one))) await this.ended();
  }
}
