/** Payloads that lie beside the socket: what channels know of them. shared_ring.ts is how they get there. */

/**
 * Position of a payload. `tag`: 16 hexadecimal digits, never 0, different for each payload of a ring.
 *
 * @example
 * ```ts
 * import type { PayloadRef } from "@wagon/wagon/wire";
 *
 * const ref: PayloadRef = { offset: 4096, tag: "00000000000000a1" };
 * console.log(ref.offset);
 * ```
 */
export interface PayloadRef {
  /** Its offset in the file. */
  readonly offset: number;
  /** Tells it from what was there before. */
  readonly tag: string;
}

/**
 * A channel's requirements of the receiving side, which alone knows how long a payload may be read.
 *
 * @example
 * ```ts
 * import type { PayloadReader } from "@wagon/wagon/wire";
 *
 * // Reads payloads from memory of this process.
 * const memory = new Uint8Array(8192);
 * const reader: PayloadReader = { take: ({ offset }, bytes) => memory.subarray(offset, offset + bytes) };
 * console.assert(reader.take({ offset: 0, tag: "00000000000000a1" }, 16)?.length === 16);
 * ```
 */
export interface PayloadReader {
  /** The payload, or null if it was overwritten. */
  take(parcel: PayloadRef, bytes: number): Uint8Array | null;
}
