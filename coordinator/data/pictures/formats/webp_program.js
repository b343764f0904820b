/** The decoder of @jsquash/webp as a compiled module. TypeScript cannot read this import. */
import source program from "@jsquash/webp/codec/dec/webp_dec.wasm";

export default program;
