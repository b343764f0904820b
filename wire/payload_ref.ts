/** Payloads that lie beside the socket: what channels know of them. shared_ring.ts is how they get there. */

/** Position of a payload. `tag`: 16 hexadecimal digits, never 0, different for each payload of a ring. */
export interface PayloadRef {
  /** Its offset in the file. */
  readonly offset: number;
  /** Tells it from what was there before. */
  readonly tag: string;
}

/** A channel's requirements of the receiving side, which alone knows how long a payload may be read. */
export interface PayloadReader {
  /** The payload, or null if it was overwritten. */
  take(parcel: PayloadRef, bytes: number): Uint8Array | null;
}
