/** Buffers that are used once each. Remembers what came back. */
import type { PayloadBuffers } from "../../wire/parcel.ts";

export class FreshBuffers implements PayloadBuffers {
  readonly recycled: Uint8Array[] = [];

  take(bytes: number): Uint8Array {
    return new Uint8Array(bytes);
  }

  recycle(payload: Uint8Array): void {
    this.recycled.push(payload);
  }
}
