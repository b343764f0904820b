/** libwebp's decoder of @jsquash/webp. */
// @ts-types="./emscripten.d.ts"
import open from "@jsquash/webp/codec/dec/webp_dec.js";
// @ts-types="./program.d.ts"
import program from "./webp_program.js";
import { type Decoded, type OpenCodec, openCodec } from "./wasm_codec.ts";

export interface WebpCodec {
  /** null where the file is damaged. */
  decode(bytes: Uint8Array): Decoded | null;
}

export function openWebp(): Promise<WebpCodec> {
  return openCodec(open as OpenCodec<WebpCodec>, program);
}
