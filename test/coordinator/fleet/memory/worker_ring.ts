/** The ring of a worker on this machine, as hasty as an honest one can be. */
import type { MessageOf } from "../../../../wire/messages.ts";
import { bytesOf, type Shared } from "../../../../wire/frame.ts";
import type { PayloadRef } from "../../../../wire/payload_ref.ts";
import { payloadOffset, RingWriter, unseal, writeParcel } from "../../../../wire/shared_ring.ts";
import { writeAt } from "../../../../wire/shared_file.ts";
import type { ScriptedRing } from "../scripted_worker.ts";

export class WorkerRing implements ScriptedRing, Disposable {
  readonly #ring: RingWriter;
  readonly #file: Deno.FsFile;
  readonly #scratch: Uint8Array;
  readonly #parcels = new Map<MessageOf<"work">, PayloadRef>();

  /** Makes the file at `path`, with slots for `size` numbers each. */
  constructor(readonly path: string, size: number, num_slots: number) {
    this.#ring = RingWriter.create(path, 4 * size, num_slots);
    this.#file = Deno.openSync(path, { write: true });
    this.#scratch = new Uint8Array(4 * size).fill(0xee);
  }

  get slot_offsets(): readonly number[] {
    return this.#ring.slot_offsets;
  }

  /** Begins at once: a thread of its own writes into the slot. */
  begin(): PayloadRef {
    const parcel = this.#ring.reserve();
    unseal(this.#file, parcel);
    writeAt(this.#file, payloadOffset(parcel.offset), this.#scratch);
    return parcel;
  }

  end(parcel: PayloadRef, values: Float32Array): Shared {
    writeParcel(this.#file, parcel, bytesOf(values));
    return { ...parcel, bytes: values.byteLength };
  }

  reserve(work: MessageOf<"work">): void {
    this.#parcels.set(work, this.begin());
  }

  put(work: MessageOf<"work">, values: Float32Array): Shared {
    return this.end(this.#parcels.get(work)!, values);
  }

  [Symbol.dispose](): void {
    this.#file.close();
    this.#ring[Symbol.dispose]();
  }
}
