/**
 * JPEG files by libjpeg-turbo, compiled to WebAssembly: integers alone, so the same tones on every machine, and
 * those that Pillow, OpenCV and browsers with the same library have.
 */
// @ts-types="./libjpeg_turbo.d.ts"
import openCodec, {
  type Codec,
  type JpegDecoder,
} from "@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs";
import program from "@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm" with { type: "bytes" };
import type { JpegHeader } from "./jpeg_header.ts";
import type { Pixels } from "./pixels.ts";

/** The codec's memory never shrinks: past a picture of so many pixels it is given back. */
const MOST_KEPT_PIXELS = 4e6;

export class JpegCodec {
  #codec: Codec | null = null;

  /**
   * The tones of a JPEG of 1 or 3 components, passed to `use` in memory that is valid only meanwhile. Throws Error
   * with the reason where it is not whole.
   */
  async decode<T>(bytes: Uint8Array, header: JpegHeader, use: (pixels: Pixels) => T): Promise<T> {
    this.#codec ??= await openCodec({ wasmBinary: program, print: () => {}, printErr: () => {} });
    const decoder = new this.#codec.JPEGDecoder();
    try {
      decoded(decoder, bytes);
      const { width, height, componentCount: channels } = decoder.getFrameInfo();
      if (width !== header.width || height !== header.height) throw new Error("another size");
      return use({ width, height, channels, white: 255, data: decoder.getDecodedBuffer() });
    } finally {
      decoder.delete();
      if (header.width * header.height > MOST_KEPT_PIXELS) this.#codec = null;
    }
  }
}

function decoded(decoder: JpegDecoder, bytes: Uint8Array): void {
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    decoder.decode();
  } catch {
    // The codec throws the address of a text that says no more.
    throw new Error("a JPEG that is damaged, cut off or of an uncommon kind");
  }
}
