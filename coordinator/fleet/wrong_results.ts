/**
 * Which workers gave a wrong result lately. One may be chance (a cosmic ray in a week of computing); a second so soon is
 * a device that cannot be relied on. Pure.
 */

/** For so long a wrong result is held against its worker. */
const MEMORY_MS = 24 * 60 * 60 * 1000;
/** Workers that are remembered; with more, the one that was wrong longest ago is forgotten. */
const MAX_WORKERS = 1024;

export class WrongResults {
  /** When each was wrong last, the longest ago first. Whoever joins again is known by its name. */
  readonly #last_ms = new Map<string, number>();

  /** Notes a wrong result. Whether its worker had another one within a day. */
  isRepeated(worker: string, now_ms: number): boolean {
    const before_ms = this.#last_ms.get(worker);
    this.#last_ms.delete(worker);
    this.#last_ms.set(worker, now_ms);
    if (this.#last_ms.size > MAX_WORKERS) this.#last_ms.delete(this.#last_ms.keys().next().value!);
    return before_ms !== undefined && now_ms - before_ms < MEMORY_MS;
  }
}
