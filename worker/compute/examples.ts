/** How a data set keeps its examples, and what the networks see. */

/** "uint8": value v is fround(v / 127.5 - 1). "float32": little-endian, as it is. */
export type Encoding = "uint8" | "float32";

/** Values of the 256 bytes: -1 to 1. */
export function byteValues(): Float32Array {
  return Float32Array.from({ length: 256 }, (_, v) => v / 127.5 - 1);
}

/** Turns stored examples into network inputs. */
export class ExampleDecoder {
  readonly #values = byteValues();

  constructor(readonly encoding: Encoding) {}

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
