/** The decoder of @jsquash/avif as a compiled module. TypeScript cannot read this import. */
import source program from "@jsquash/avif/codec/dec/avif_dec.wasm";

export default program;
