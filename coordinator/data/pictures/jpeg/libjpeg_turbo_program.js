/**
 * The decoder of @cornerstonejs/codec-libjpeg-turbo-8bit 1.2.8 as a compiled module. The program lies here as the package
 * has it, since a published package may not import bytes; a test compares the two. TypeScript cannot read this import.
 */
import source program from "./libjpegturbowasm_decode.wasm";

export default program;
