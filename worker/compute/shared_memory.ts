/** The worker's side of shared memory: payloads go through files where the coordinator is on the same machine. */
import { basename, join } from "node:path";
import { isOwnFolder } from "../../common/files/own_files.ts";
import type { MessageOf } from "../../wire/messages.ts";
import { SHARED_MEMORY_PREFIX } from "../../wire/shared_file.ts";
import { RingWriter } from "../../wire/shared_ring.ts";
import { type OfNetworks, weightsOffsets } from "../../wire/shared_weights.ts";

/** Paths of the files that weights lie in and that sums go to, and where in them each network and each slot begins. */
export interface SharedFiles {
  readonly weights: string;
  readonly weights_offsets: OfNetworks<number>;
  readonly sums: string;
  readonly slot_offsets: readonly number[];
}

/** The compute threads open both files by themselves: what they read and write passes through nobody else. */
export interface SharedMemory extends Disposable {
  readonly files: SharedFiles;
  /** Says where the next sum goes. */
  readonly sums: Pick<RingWriter, "reserve">;
}

/** Numbers of each network's weights, bytes of one result, and results that may wait to be read. */
export interface SharedSizes {
  readonly weights: OfNetworks<number>;
  readonly max_bytes: number;
  readonly num_slots: number;
}

export type OpenShared = (
  offer: MessageOf<"welcome">["shared"],
  worker: number,
  room: SharedSizes,
) => SharedMemory | null;

/** For a worker that shall use the socket alone. */
export const openNothing: OpenShared = () => null;

/** True if an address of a coordinator leads to this machine, whatever is asked of a name server. */
export function isOnThisMachine(url: string): boolean {
  return /^(127(\.\d+){3}|\[::1\]|localhost)$/.test(new URL(url).hostname);
}

/**
 * Takes the coordinator's offer, or gives null: the folder is not one that a coordinator of this user has made, is not
 * there, does not hold the key (it is another machine's), or has no room.
 */
export const openSharedMemory: OpenShared = (offer, worker, { weights, max_bytes, num_slots }) => {
  if (offer === null) return null;
  if (!basename(offer.folder).startsWith(SHARED_MEMORY_PREFIX) || !isOwnFolder(offer.folder)) return null;
  try {
    if (Deno.readTextFileSync(join(offer.folder, "key")) !== offer.key) return null;
    const path = join(offer.folder, `worker-${worker}`);
    const sums = RingWriter.create(path, max_bytes, num_slots);
    const files = {
      weights: join(offer.folder, "weights"),
      weights_offsets: weightsOffsets(weights),
      sums: path,
      slot_offsets: sums.slot_offsets,
    };
    return { files, sums, [Symbol.dispose]: () => sums[Symbol.dispose]() };
  } catch {
    return null;
  }
};
