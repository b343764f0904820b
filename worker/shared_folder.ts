/** The worker's side of a shared folder: payloads go through files where the coordinator is on the same machine. */
import { join } from "node:path";
import type { MessageOf } from "../wire/messages.ts";
import type { Sharer, Taker } from "../wire/parcel.ts";
import { RingReader, RingWriter } from "../wire/shared_ring.ts";

export interface SharedFolder extends Disposable {
  readonly sharer: Sharer;
  readonly taker: Taker;
}

export type OpenShared = (
  offer: MessageOf<"welcome">["shared"],
  worker: number,
  room: { readonly max_bytes: number; readonly num_slots: number },
) => SharedFolder | null;

/** For a worker that shall use the socket alone. */
export const openNothing: OpenShared = () => null;

/**
 * Takes the coordinator's offer, or gives null: the folder is not there, does not hold the key (it is another
 * machine's), or has no room. `room`: bytes of one result, and results that may wait to be read.
 */
export const openSharedFolder: OpenShared = (offer, worker, { max_bytes, num_slots }) => {
  if (offer === null) return null;
  try {
    if (Deno.readTextFileSync(join(offer.folder, "key")) !== offer.key) return null;
    const taker = RingReader.open(join(offer.folder, "weights"));
    const sharer = RingWriter.create(join(offer.folder, `worker-${worker}`), max_bytes, num_slots);
    return {
      sharer,
      taker,
      [Symbol.dispose]: () => {
        taker[Symbol.dispose]();
        sharer[Symbol.dispose]();
      },
    };
  } catch {
    return null;
  }
};
