/** Times from one critic round to the next since somebody else computes something. Pure: times are arguments. */
import { median } from "../../../common/median.ts";

/** Times kept. */
const WINDOW = 16;
/** The first of each, which carries weights to new places and finds caches cold, does not count. */
const COLD = 1;

export class RoundTimes {
  /** Without a generator round in between, and with one. */
  #plain: number[] = [];
  #with_generator: number[] = [];
  #began_ms: number | null = null;
  #has_generator = false;
  #cold = COLD;
  /** The longest that was cold; NaN before there is one. */
  cold_ms = NaN;

  /** Others compute from this round on. */
  restart(): void {
    this.#plain = [];
    this.#with_generator = [];
    this.#cold = COLD;
    this.cold_ms = NaN;
  }

  /** A round begins. */
  began(kind: "critic" | "generator", now_ms: number): void {
    if (kind === "generator") this.#has_generator = true;
    else this.#beganCritic(now_ms);
  }

  #beganCritic(now_ms: number): void {
    if (this.#began_ms !== null) {
      const times = this.#has_generator ? this.#with_generator : this.#plain;
      const took_ms = now_ms - this.#began_ms;
      if (this.#cold > 0) {
        this.#cold--;
        this.cold_ms = took_ms;
      } else times.push(took_ms);
      if (times.length > WINDOW) times.shift();
    }
    this.#began_ms = now_ms;
    this.#has_generator = false;
  }

  get #times(): readonly number[] {
    return this.#plain.length > 0 ? this.#plain : this.#with_generator;
  }

  /** Times that count. Only those of one kind: with a generator round in between where there are no others. */
  get count(): number {
    return this.#times.length;
  }

  /** NaN where none counts. */
  get median_ms(): number {
    return this.count === 0 ? NaN : median(this.#times);
  }
}
