/** What is fuzzed: a reader, with something that it can read. */
import { Chance } from "./chance.ts";

/** Most time of one attempt: the reader of Parquet has a deadline of 20 s of its own. */
const DEADLINE_MS = 30_000;

export interface Target {
  readonly name: string;
  /**
   * Damages the input by chance and has it read. Returns how that went, in a word; rejects with whatever is not one of
   * the reader's own errors, or where damage was taken for the truth.
   */
  attempt(chance: Chance): Promise<string>;
}

/** A finding: what came of the attempt that this seed makes again. */
export interface Finding {
  readonly seed: number;
  readonly error: unknown;
}

export interface Findings {
  readonly attempts: number;
  /** How often each outcome came. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly findings: readonly Finding[];
}

/** Attempts of consecutive seeds, for as long as `goOn`; each starts a chance of its own. */
export async function fuzz(
  target: Target,
  seed: number,
  goOn: (attempts: number) => boolean,
): Promise<Findings> {
  const outcomes = new Map<string, number>();
  const findings: Finding[] = [];
  let attempts = 0;
  using stray = new StrayErrors();
  for (; goOn(attempts); attempts++) {
    try {
      const outcome = await inTime(target.attempt(new Chance(seed + attempts)));
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (stray.errors.length > 0) throw stray.errors.splice(0)[0];
    } catch (error) {
      findings.push({ seed: seed + attempts, error });
    }
  }
  return { attempts, outcomes, findings };
}

/** Rejects where an attempt does not come to its end: something waits for what never comes. */
async function inTime<T>(attempt: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`No end within ${DEADLINE_MS} ms`)), DEADLINE_MS);
  try {
    return await Promise.race([attempt, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Errors that reach nobody: a process would end by them. */
class StrayErrors implements Disposable {
  readonly errors: unknown[] = [];
  readonly #onerror = (event: ErrorEvent) => {
    event.preventDefault();
    this.errors.push(event.error);
  };
  readonly #onrejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    this.errors.push(event.reason);
  };

  constructor() {
    addEventListener("error", this.#onerror);
    addEventListener("unhandledrejection", this.#onrejection);
  }

  [Symbol.dispose](): void {
    removeEventListener("error", this.#onerror);
    removeEventListener("unhandledrejection", this.#onrejection);
  }
}
