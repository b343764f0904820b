/** The exports of the WebAssembly module (compiled by scripts/build_kernels.ts). */
export * from "./update";
export * from "./rounding";
