/** A limit on lines that others cause: a terminal or a log must not be theirs to fill. */
import { counted } from "./counted.ts";

export class LineLimit {
  readonly #max_lines: number;
  readonly #period_ms: number;
  #left: number;
  #refilled_ms = -Infinity;
  #unsaid = 0;

  /** `max_lines` at once, and as many again in each `period_ms`. */
  constructor(max_lines: number, period_ms: number) {
    this.#max_lines = this.#left = max_lines;
    this.#period_ms = period_ms;
  }

  /** True if a line may be said now, and if so, how many have not been since the last. */
  take(now_ms: number): { readonly unsaid: number } | null {
    const refill = this.#max_lines * (now_ms - this.#refilled_ms) / this.#period_ms;
    this.#left = Math.min(this.#max_lines, this.#left + refill);
    this.#refilled_ms = now_ms;
    if (this.#left < 1) {
      this.#unsaid++;
      return null;
    }
    this.#left--;
    const unsaid = this.#unsaid;
    this.#unsaid = 0;
    return { unsaid };
  }

  /** The line to say, which tells how many have been left out before it; null: it is left out. */
  admit(line: string, now_ms: number): string | null {
    const turn = this.take(now_ms);
    if (turn === null) return null;
    return turn.unsaid > 0 ? `${line} (${counted(turn.unsaid, "line")} left out before)` : line;
  }
}
