/** libavif's decoder of @jsquash/avif. */
// @ts-types="./emscripten.d.ts"
import open from "@jsquash/avif/codec/dec/avif_dec.js";
// @ts-types="./program.d.ts"
import program from "./avif_program.js";
import { type Decoded, type OpenCodec, openCodec } from "./wasm_codec.ts";

export interface AvifCodec {
  /** Tones of `bits` bits; null where the file is damaged. */
  decode(bytes: Uint8Array, bits: 8): Decoded | null;
}

export function openAvif(): Promise<AvifCodec> {
  return openCodec(open as OpenCodec<AvifCodec>, program);
}
