/** What is drawn for a graph, anew for each leaf of each step: masks of its dropout, and numbers of its augmentation. */
import { numElements } from "../../common/shape.ts";
import type { GraphEntry } from "../../models/manifest.ts";
import { fillDropoutMasks, type MaskToFill } from "../../random/dropout.ts";
import { fillUniform, type StreamKey } from "../../random/philox.ts";

const PURPOSES = {
  critic: { dropout: "critic_dropout", augment: "critic_augment" },
  generator: { dropout: "generator_dropout", augment: "generator_augment" },
  fake: { dropout: "fake_dropout", augment: null },
} as const;

export class DrawnInputs {
  /** In the order of the graph's inputs. Empty where nothing is augmented. */
  readonly #augment: Float32Array<ArrayBuffer>;
  readonly #masks: Masks;
  readonly #of: keyof typeof PURPOSES;

  /** `of`: what the graph trains, or makes. */
  constructor(entry: Pick<GraphEntry, "inputs">, of: keyof typeof PURPOSES) {
    this.#of = of;
    this.#masks = new Masks(entry);
    const sizes = entry.inputs.filter(({ source }) => source === "augment")
      .map(({ shape }) => numElements(shape.map(Number)));
    this.#augment = new Float32Array(sizes.reduce((sum, size) => sum + size, 0));
  }

  /** As a graph is bound to them. */
  get sources(): { readonly mask: Float32Array; readonly augment: Float32Array } {
    return { mask: this.#masks.data, augment: this.#augment };
  }

  /** Draws those of a shard's `part`-th leaf: its leaves share out each stream among them in order. */
  fill(key: Omit<StreamKey, "purpose">, part: number): void {
    const { dropout, augment } = PURPOSES[this.#of];
    this.#masks.fill({ ...key, purpose: dropout }, part);
    if (augment === null || this.#augment.length === 0) return;
    fillUniform(this.#augment, { ...key, purpose: augment }, 0, 1, part * this.#augment.length);
  }
}

/** The masks of a graph's dropout. */
export class Masks {
  /** All masks, in the order of the graph's inputs. Empty where the graph drops nothing. */
  readonly data: Float32Array<ArrayBuffer>;
  readonly #parts: readonly MaskToFill[];

  constructor({ inputs }: Pick<GraphEntry, "inputs">) {
    const masks = inputs.flatMap(({ source, shape, ratio }) =>
      source === "mask" ? [{ size: numElements(shape.map(Number)), ratio: ratio! }] : []
    );
    this.data = new Float32Array(masks.reduce((sum, { size }) => sum + size, 0));
    let begin = 0;
    this.#parts = masks.map(({ size, ratio }) => ({ out: this.data.subarray(begin, begin += size), ratio }));
  }

  /** Draws the masks of a shard's `part`-th leaf: its leaves share out the stream among them in order. */
  fill(key: StreamKey, part: number): void {
    if (this.data.length > 0) fillDropoutMasks(this.#parts, key, part * this.data.length);
  }
}
