/**
 * JPEG files by libjpeg-turbo, compiled to WebAssembly: integers alone, so the same tones on every machine, and
 * those that Pillow, OpenCV and browsers with the same library have.
 */
// @ts-types="./libjpeg_turbo.d.ts"
import openTurbo, { type Codec } from "@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs";
// @ts-types="./libjpeg_turbo_program.d.ts"
import program from "./libjpeg_turbo_program.js";
import type { JpegHeader } from "./jpeg_header.ts";
import { type Attempt, withoutSurplus } from "./jpeg_surplus.ts";
import { openCodec } from "../formats/wasm_codec.ts";
import type { Pixels } from "../pixels.ts";

/** The codec's memory never shrinks: past a picture of so many pixels it is given back. */
const MOST_KEPT_PIXELS = 32e6;
/** Each failure leaves 16 of the 65,536 bytes of the codec's stack taken: after so many it is opened anew. */
const MOST_FAILURES = 256;
/** To look for surplus bytes, a file is decoded some thirty times. */
const MOST_MENDED_PIXELS = 16e6;

export class JpegCodec {
  #codec: Codec | null = null;
  #failures = 0;

  /**
   * Result of `use` on the pixels of a JPEG of 1 or 3 components, which lie in memory that is valid only meanwhile.
   * Throws Error with the reason where the file is not whole.
   */
  async decode<T>(bytes: Uint8Array, header: JpegHeader, use: (pixels: Pixels) => T): Promise<T> {
    const num_pixels = header.width * header.height;
    const used = (is_sound: boolean, pixels: Pixels) => is_sound ? { value: use(pixels) } : null;
    try {
      let result = await this.#decode(bytes, used);
      if (result === null && num_pixels <= MOST_MENDED_PIXELS) {
        const mended = await withoutSurplus(bytes, (file) => this.#decode(file, tonesOf));
        if (mended !== null) result = await this.#decode(mended, used);
      }
      if (result === null) throw failure(header);
      return result.value;
    } finally {
      if (num_pixels > MOST_KEPT_PIXELS) this.#codec = null;
    }
  }

  /** `is_sound`: libjpeg-turbo has neither failed nor warned. */
  async #decode<T>(bytes: Uint8Array, use: (is_sound: boolean, pixels: Pixels) => T): Promise<T> {
    const codec = this.#codec ??= await this.#open();
    const decoder = new codec.JPEGDecoder();
    let is_sound = true;
    try {
      decoder.getEncodedBuffer(bytes.length).set(bytes);
      decoder.decode();
    } catch (error) {
      is_sound = false;
      this.#failures++;
      if (typeof error !== "number" || this.#failures % MOST_FAILURES === 0) this.#codec = null;
    }
    const { width, height, componentCount: channels } = decoder.getFrameInfo();
    const result = use(is_sound, { width, height, channels, white: 255, data: decoder.getDecodedBuffer() });
    decoder.delete();
    return result;
  }

  #open(): Promise<Codec> {
    return openCodec(openTurbo, program);
  }
}

/** The codec itself says no more than that it failed. */
function failure({ unusual }: JpegHeader): Error {
  const why = unusual === null ? "" : ` (${unusual})`;
  return new Error(`a JPEG that is damaged, cut off or of an unsupported kind${why}`);
}

function tonesOf(is_sound: boolean, { data }: Pixels): Attempt {
  return { is_sound, tones: data.slice() };
}
