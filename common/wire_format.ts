/** How sums of gradients and weights travel between machines (kernels/rounding.ts). */
export const WIRE_FORMATS = ["float32", "bfloat16", "int8"] as const;
export type WireFormat = typeof WIRE_FORMATS[number];

/** Bytes of a number, scales included. */
export const WIRE_BYTES: Readonly<Record<WireFormat, number>> = {
  float32: 4,
  bfloat16: 2,
  int8: 1 + 4 / 256,
};

/**
 * `group_shards`: shards of a wire group, a node of the summing tree whose sum is rounded before it is added to others,
 * so that one worker must compute it. Null in float32, where nothing is rounded and any node may travel.
 */
export interface Wire {
  readonly format: WireFormat;
  readonly group_shards: number | null;
}

export const FLOAT32_WIRE: Wire = { format: "float32", group_shards: null };
