/** The masks of a graph's dropout: one buffer, filled anew for each leaf of each step. */
import type { GraphEntry } from "../../models/manifest.ts";
import { fillDropoutMasks, type MaskToFill } from "../../random/dropout.ts";
import type { StreamKey } from "../../random/philox.ts";
import { numElements } from "../../common/shape.ts";

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
