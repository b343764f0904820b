/** Checks that a result has plausible numbers: all finite, of limited size, and no negative variance. Pure. */
import { MAGNITUDE_LIMIT } from "../../algorithm/optimizer.ts";
import type { NetworkName } from "../../common/network_name.ts";
import type { GraphEntry, Manifest } from "../../models/manifest.ts";
import { TAIL } from "../../models/tail.ts";
import { numElements } from "../../common/shape.ts";

/** The invalid part of a result. */
export interface Flaw {
  /** The part of the result, e.g. "loss". */
  readonly part: string;
  readonly required: string;
  readonly found: number;
  /** The first tensor with such a number. */
  readonly tensor: string;
}

export function graphOf({ graphs }: Pick<Manifest, "graphs">, kind: NetworkName): GraphEntry {
  return kind === "critic" ? graphs.critic_training_model : graphs.generator_training_model;
}

/** A flaw as a sentence of its own. */
export function flawText({ part, required, found, tensor }: Flaw): string {
  return `Its ${part} must be ${required}, found ${found} in ${tensor}`;
}

export class ResultCheck {
  readonly #manifest: Pick<Manifest, "graphs" | "layouts">;
  readonly #largest: (values: Float32Array) => number;
  /** Places of variances in the tail of a generator's result. */
  readonly #variances: readonly number[];

  /** `largest`: the largest magnitude of values, NaN where there is one. */
  constructor(manifest: Pick<Manifest, "graphs" | "layouts">, largest: (values: Float32Array) => number) {
    this.#manifest = manifest;
    this.#largest = largest;
    const first = TAIL.generator.statistics;
    this.#variances = manifest.layouts.statistics.slots
      .filter(({ name }) => name.endsWith(".running_var"))
      .flatMap(({ shape, offset }) => {
        return Array.from({ length: numElements(shape) }, (_, i) => first + offset + i);
      });
  }

  /**
   * The fault of a result. For a bad tail its text, for a bad gradient its place. `largest`: the largest magnitude
   * where it is known already, so that the gradients need not be looked at.
   */
  flaw(kind: NetworkName, values: Float32Array, largest: number | null): Flaw | null {
    const is_known = largest !== null && largest < MAGNITUDE_LIMIT;
    const { tail_offset } = graphOf(this.#manifest, kind);
    if (!this.arePlausible(is_known ? values.subarray(tail_offset) : values)) {
      return this.#tooLarge(kind, values);
    }
    const negative = this.#negativeVariance(kind, values.subarray(tail_offset));
    return negative === undefined ? null : this.#flaw(kind, values, tail_offset + negative, "0 or more");
  }

  /** True if all of these are finite and of limited size. */
  arePlausible(values: Float32Array): boolean {
    return this.#largest(values) < MAGNITUDE_LIMIT;
  }

  /** True if a result with this tail has no flaw there. */
  isTailPlausible(kind: NetworkName, tail: Float32Array): boolean {
    return this.arePlausible(tail) && this.#negativeVariance(kind, tail) === undefined;
  }

  /** The place of one in the tail. */
  #negativeVariance(kind: NetworkName, tail: Float32Array): number | undefined {
    return kind === "generator" ? this.#variances.find((i) => tail[i]! < 0) : undefined;
  }

  #tooLarge(kind: NetworkName, values: Float32Array): Flaw {
    const isBad = (value: number) => !(Math.abs(value) < MAGNITUDE_LIMIT);
    const { tail_offset } = graphOf(this.#manifest, kind);
    const in_tail = values.subarray(tail_offset).findIndex(isBad);
    const first = values.findIndex(isBad), last = in_tail < 0 ? first : tail_offset + in_tail;
    const required = Number.isFinite(values[last]) ? "below 2^63 in magnitude" : "finite";
    return { ...this.#flaw(kind, values, last, required), tensor: this.#tensorAt(kind, first) };
  }

  #flaw(kind: NetworkName, values: Float32Array, index: number, required: string): Flaw {
    const part = partOf(kind, index - graphOf(this.#manifest, kind).tail_offset);
    return { part, required, found: values[index]!, tensor: this.#tensorAt(kind, index) };
  }

  #tensorAt(kind: NetworkName, index: number): string {
    return graphOf(this.#manifest, kind).outputs.findLast(({ offset }) => offset <= index)!.name;
  }
}

function partOf(kind: NetworkName, place: number): string {
  if (place < 0) return "gradients";
  if (place === TAIL[kind].loss) return "loss";
  return kind === "critic" || place === TAIL.generator.mean_D_fake ? "means" : "batch statistics";
}
