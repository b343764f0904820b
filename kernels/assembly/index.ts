/** The exports of the WebAssembly module (compiled by scripts/build_kernels.ts). */
export * from "./update";
export * from "./rounding";
export * from "./mac";
export * from "./moving_average";
export * from "./sum_of_squares";
export * from "./projections";
