/** Payloads that lie beside the socket: what channels know of them. shared_ring.ts is how they get there. */

/** Where a payload lies. `tag`: 16 hexadecimal digits, never 0, another for each payload of a ring. */
export interface Parcel {
  readonly offset: number;
  readonly tag: string;
}

/** Where payloads are put that come out of a shared file. */
export interface PayloadBuffers {
  /** One of exactly so many bytes, its content left from before. */
  take(bytes: number): Uint8Array;
  /** Gives back what {@linkcode take} returned, once nobody reads it. */
  recycle(payload: Uint8Array): void;
}

/** What a channel needs of the receiving side. */
export interface Taker {
  /** The payload, or null if it was overwritten. */
  take(parcel: Parcel, bytes: number): Uint8Array | null;
  /** Gives back what {@linkcode take} returned, once nobody reads it. */
  recycle(payload: Uint8Array): void;
}
