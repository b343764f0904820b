/** How a data set keeps its examples and their labels, and what the networks see. */
import type { Manifest } from "../../models/manifest.ts";
import { fillClassLabels } from "../../random/class_labels.ts";
import { flipImages } from "../../random/flips.ts";
import type { StreamKey } from "../../random/philox.ts";

/** "uint8": value v is fround(v / 127.5 - 1). "float32": little-endian, as it is. */
export type Encoding = "uint8" | "float32";

/** Values of the 256 bytes: -1 to 1. */
export function byteValues(): Float32Array {
  return Float32Array.from({ length: 256 }, (_, v) => v / 127.5 - 1);
}

/** Bytes of an example's class behind it, a little-endian u32. */
export const LABEL_BYTES = 4;

/** Turns stored examples into network inputs. */
export class ExampleDecoder {
  readonly #values = byteValues();

  constructor(readonly encoding: Encoding) {}

  /**
   * Fills `out` and `labels`, from examples that are each followed by their class. Throws RangeError for other lengths.
   */
  decodeLabelled(stored: Uint8Array, out: Float32Array, labels: Float32Array): void {
    const floats = out.length / labels.length, row = stored.length / labels.length;
    const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
    for (let i = 0; i < labels.length; i++) {
      const end = (i + 1) * row - LABEL_BYTES;
      this.decode(stored.subarray(i * row, end), out.subarray(i * floats, (i + 1) * floats));
      labels[i] = view.getUint32(end, true);
    }
  }

  /** Fills `out`; `stored` has one byte per element (uint8) or four (float32). Throws RangeError otherwise. */
  decode(stored: Uint8Array, out: Float32Array): void {
    const bytes = this.encoding === "uint8" ? out.length : out.byteLength;
    if (stored.length !== bytes) {
      throw new RangeError(`Examples must have ${bytes} bytes: found ${stored.length}`);
    }
    if (this.encoding === "float32") {
      new Uint8Array(out.buffer, out.byteOffset, out.byteLength).set(stored);
    } else {
      const values = this.#values;
      for (let i = 0; i < bytes; i++) out[i] = values[stored[i]!]!;
    }
  }
}

/** Images that are flipped at random from left to right, in the step that takes them. */
export class RandomFlips {
  readonly #columns: number | null;
  readonly #micro_batch: number;

  /** `columns`: of the images; null: nothing is flipped. `micro_batch`: images of a leaf. */
  constructor(columns: number | null, micro_batch: number) {
    this.#columns = columns;
    this.#micro_batch = micro_batch;
  }

  /** Flips those of a shard's `part`-th leaf, in place: its leaves share out the stream among them in order. */
  apply(real: Float32Array, key: StreamKey, part: number): void {
    if (this.#columns === null) return;
    flipImages(real, this.#micro_batch, this.#columns, key, part * this.#micro_batch);
  }
}

/** The class of each example of the leaf under way: one buffer, filled again for each leaf of each step. */
export class LeafLabels {
  /** The source of the graphs' input; null where networks take no labels. */
  readonly data: Float32Array | null;
  readonly #class_counts: readonly number[];

  /** `class_counts`: examples of each class. */
  constructor({ num_classes, micro_batch }: Manifest, class_counts: readonly number[] | null = null) {
    this.data = num_classes === undefined ? null : new Float32Array(micro_batch);
    this.#class_counts = class_counts ?? [];
  }

  /** Decodes stored examples into `real`, and takes their classes, which follow each of them. */
  decode(decoder: ExampleDecoder, stored: Uint8Array, real: Float32Array): void {
    if (this.data === null) decoder.decode(stored, real);
    else decoder.decodeLabelled(stored, real, this.data);
  }

  /** Draws the classes of a shard's `part`-th leaf: its leaves share out the stream among them in order. */
  draw(key: StreamKey, part: number): void {
    if (this.data !== null) fillClassLabels(this.data, this.#class_counts, key, part * this.data.length);
  }

  /** Takes labels that were told. */
  set(labels: Float32Array | null): void {
    if (labels !== null) this.data?.set(labels);
  }

  /** True if these are the labels of the leaf. */
  are(labels: Float32Array | null): boolean {
    return this.data === null || this.data.every((label, i) => label === labels?.[i]);
  }
}
