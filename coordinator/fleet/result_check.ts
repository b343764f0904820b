/** What a result must be like to count: numbers all of them, and no variance below 0. Pure. */
import type { GraphEntry, Manifest } from "../../models/manifest.ts";

export type Kind = "critic" | "generator";

/** Places in the tail of a result, after the gradients: see models/manifest.ts. */
export const TAIL = {
  critic: { loss: 0, mean_real: 1, mean_fake: 2 },
  generator: { loss: 0, mean_fake: 1, statistics: 2 },
} as const;

/** What of a result is not as it must be. */
export interface Flaw {
  /** The part of the result, e.g. "loss". */
  readonly part: string;
  readonly required: string;
  readonly found: number;
  /** The first tensor with such a number. */
  readonly tensor: string;
}

export function graphOf({ graphs }: Pick<Manifest, "graphs">, kind: Kind): GraphEntry {
  return kind === "critic" ? graphs.critic_training_model : graphs.generator_training_model;
}

/** A flaw as a sentence of its own. */
export function flawText({ part, required, found, tensor }: Flaw): string {
  return `Its ${part} must be ${required}, found ${found} in ${tensor}`;
}

export class ResultCheck {
  readonly #manifest: Pick<Manifest, "graphs" | "layouts">;
  /** Places of variances in a generator's result. */
  readonly #variances: readonly number[];

  constructor(manifest: Pick<Manifest, "graphs" | "layouts">) {
    this.#manifest = manifest;
    const first = graphOf(manifest, "generator").tail_offset + TAIL.generator.statistics;
    this.#variances = manifest.layouts.statistics.slots
      .filter(({ name }) => name.endsWith(".running_var"))
      .flatMap(({ shape, offset }) => {
        const size = shape.reduce((product, extent) => product * extent, 1);
        return Array.from({ length: size }, (_, i) => first + offset + i);
      });
  }

  /**
   * What is wrong with the tail: loss, means and batch statistics. Short, so that each result's is looked at when it
   * comes.
   */
  tail(kind: Kind, values: Float32Array): Flaw | null {
    const { tail_offset } = graphOf(this.#manifest, kind);
    for (let i = tail_offset; i < values.length; i++) {
      if (!Number.isFinite(values[i]!)) return this.#flaw(kind, values, i, "finite");
    }
    if (kind === "critic") return null;
    for (const i of this.#variances) {
      if (values[i]! < 0) return this.#flaw(kind, values, i, "0 or more");
    }
    return null;
  }

  /** What is wrong with any number of a result. The update sees whether that is worth looking for. */
  whole(kind: Kind, values: Float32Array): Flaw | null {
    const tail = this.tail(kind, values);
    const { tail_offset } = graphOf(this.#manifest, kind);
    for (let i = 0; i < tail_offset; i++) {
      if (!Number.isFinite(values[i]!)) {
        return { ...this.#flaw(kind, values, i, "finite"), ...tail && sameBut(tail) };
      }
    }
    return tail;
  }

  #flaw(kind: Kind, values: Float32Array, index: number, required: string): Flaw {
    const { tail_offset, outputs } = graphOf(this.#manifest, kind);
    const tensor = outputs.findLast(({ offset }) => offset <= index)!.name;
    return { part: partOf(kind, index - tail_offset), required, found: values[index]!, tensor };
  }
}

/** A bad tail says what went wrong, a bad gradient where. */
function sameBut({ part, required, found }: Flaw): Omit<Flaw, "tensor"> {
  return { part, required, found };
}

function partOf(kind: Kind, place: number): string {
  if (place < 0) return "gradients";
  if (place === TAIL[kind].loss) return "loss";
  return kind === "critic" || place === TAIL.generator.mean_fake ? "means" : "batch statistics";
}
