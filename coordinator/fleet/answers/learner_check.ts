/** Checks that a learner's result has plausible numbers: all finite, of limited size, and no negative variance. Pure. */
import { type LearnerLayout } from "../../../algorithm/learner_layout.ts";
import { MAGNITUDE_LIMIT } from "../../../algorithm/optimizer.ts";
import { numElements } from "../../../common/shape.ts";
import type { Flaw } from "../result_check.ts";

export class LearnerCheck {
  readonly #layout: LearnerLayout;
  readonly #largest: (values: Float32Array) => number;
  /** Places of numbers that are 0 or more: [begin, end). */
  readonly #squares: readonly (readonly [number, number])[];

  /** `largest`: the largest magnitude of values, NaN where there is one. */
  constructor(layout: LearnerLayout, largest: (values: Float32Array) => number) {
    this.#layout = layout;
    this.#largest = largest;
    this.#squares = layout.sections.flatMap(({ buffer, begin, layout }) => {
      if (buffer === "square_average") return [[begin, begin + layout.size] as const];
      if (buffer !== "statistics") return [];
      return layout.slots.filter(({ name }) => name.endsWith(".running_var"))
        .map(({ offset, shape }) => [begin + offset, begin + offset + numElements(shape)] as const);
    });
  }

  /** The fault of a result. */
  flaw(values: Float32Array): Flaw | null {
    if (!(this.#largest(values) < MAGNITUDE_LIMIT)) {
      const isBad = (value: number) => !(Math.abs(value) < MAGNITUDE_LIMIT);
      const figure = values.findIndex((value, i) => this.#layout.isFigure(i) && isBad(value));
      const place = figure >= 0 ? figure : values.findIndex(isBad);
      return this.#flaw(values, place, Number.isFinite(values[place]) ? "below 2^63 in magnitude" : "finite");
    }
    for (const [begin, end] of this.#squares) {
      for (let i = begin; i < end; i++) if (values[i]! < 0) return this.#flaw(values, i, "0 or more");
    }
    return null;
  }

  #flaw(values: Float32Array, place: number, required: string): Flaw {
    const part = this.#layout.isFigure(place) ? "losses and gradients" : "state";
    return { part, required, found: values[place]!, tensor: this.#layout.nameAt(place) };
  }
}
