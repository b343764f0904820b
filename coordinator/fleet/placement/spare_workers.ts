/** Workers that are left out because steps with them were longer, and when each may be tried again. Pure. */
import type { Speed } from "./assignment.ts";

/** What failed is tried again after so long, twice as long each time, up to the longest. */
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 600_000;

/** The pause after the `times`-th failure in a row. */
export function pauseAfter(times: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (times - 1));
}

/** Why a worker is left out: steps with it and without it. */
export interface SpareReason {
  readonly with_ms: number;
  readonly without_ms: number;
}

interface Spare {
  readonly reason: SpareReason;
  readonly until_ms: number;
  /** How often it was found so in a row. */
  readonly times: number;
}

export class SpareWorkers {
  readonly #spares = new Map<number, Spare>();

  /** Why a worker is left out; null where it is not. */
  why(worker: number): SpareReason | null {
    return this.#spares.get(worker)?.reason ?? null;
  }

  /** Steps with these workers were longer. `reason`: null where that is known from before. */
  add(workers: readonly number[], reason: SpareReason | null, now_ms: number): void {
    for (const worker of workers) {
      const known = this.#spares.get(worker);
      const times = (known?.times ?? 0) + 1;
      this.#spares.set(worker, {
        reason: reason ?? known!.reason,
        times,
        until_ms: now_ms + pauseAfter(times),
      });
    }
  }

  delete(workers: readonly number[]): void {
    for (const worker of workers) this.#spares.delete(worker);
  }

  /** Those that are not left out; all where nobody else is there. */
  others<S extends Speed>(speeds: readonly S[]): readonly S[] {
    const found = speeds.filter(({ worker }) => !this.#spares.has(worker));
    return found.length > 0 ? found : speeds;
  }

  /** Those that may be tried again. */
  due(speeds: readonly Speed[], now_ms: number): readonly Speed[] {
    return speeds.filter(({ worker }) => (this.#spares.get(worker)?.until_ms ?? Infinity) <= now_ms);
  }
}
