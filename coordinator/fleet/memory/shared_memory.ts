/**
 * The folder through which workers on this machine share memory with the coordinator: the weights of both networks, and
 * a ring of sums for each worker (result_memory.ts).
 */
import { dirname, join } from "node:path";
import { mapFile, wholePages } from "../../../common/files/mapped_file.ts";
import { isOwnFolder, openOwnFile } from "../../../common/files/own_files.ts";
import type { Channel } from "../../../wire/channel.ts";
import { bytesOf } from "../../../wire/frame.ts";
import { NETWORKS } from "../../../common/network_name.ts";
import type { MessageOf } from "../../../wire/messages.ts";
import type { PayloadReader } from "../../../wire/payload_ref.ts";
import { SHARED_MEMORY_PREFIX } from "../../../wire/shared_file.ts";
import { type OfNetworks, weightsOffsets, WeightsWriter } from "../../../wire/shared_weights.ts";

/** Opens the ring that a worker has made at a path. Throws where that cannot be. */
export type OpenRing = (worker: number, path: string) => PayloadReader;

export class SharedMemory implements Disposable {
  readonly #folder: string;
  readonly #key: string;
  /** Locked as long as this process lives. */
  readonly #lock: Deno.FsFile;
  readonly #weights: WeightsWriter;
  /** True if the file of weights has taken the place of the weights themselves. */
  readonly #in_place: boolean;
  readonly #openRing: OpenRing;

  private constructor(
    folder: string,
    key: string,
    lock: Deno.FsFile,
    weights: WeightsWriter,
    in_place: boolean,
    openRing: OpenRing,
  ) {
    this.#folder = folder;
    this.#key = key;
    this.#lock = lock;
    this.#weights = weights;
    this.#in_place = in_place;
    this.#openRing = openRing;
  }

  /**
   * Makes the folder, or null where there is no room or no right to: payloads then go through the socket. `weights`, in
   * whole pages of their own, stay as they are, but lie in the folder's file from now on where that can be. `parent`:
   * the system's folder for temporary files, unless it is another.
   */
  static open(
    weights: OfNetworks<Float32Array<ArrayBuffer>>,
    openRing: OpenRing,
    parent?: string,
  ): SharedMemory | null {
    const folder = makeFolder(parent);
    if (folder === null) return null;
    clearStale(dirname(folder));
    const key = crypto.getRandomValues(new Uint8Array(16)).toHex();
    try {
      // A file of its own: on Windows a locked file cannot be read by others.
      const lock = Deno.openSync(join(folder, "lock"), { write: true, createNew: true, mode: 0o600 });
      lock.lockSync(true);
      Deno.writeTextFileSync(join(folder, "key"), key, { mode: 0o600 });
      const path = join(folder, "weights");
      const sizes = { critic: weights.critic.length, generator: weights.generator.length };
      const file = WeightsWriter.create(path, sizes);
      for (const network of NETWORKS) file.write(network, bytesOf(weights[network]));
      const offsets = weightsOffsets(sizes);
      const parts = NETWORKS.map((network) => ({
        memory: wholePages(weights[network]),
        offset: offsets[network],
      }));
      return new SharedMemory(folder, key, lock, file, mapFile(path, parts, "write"), openRing);
    } catch {
      removeFolder(folder);
      return null;
    }
  }

  /** Has the workers of this machine find these weights, those that it was opened with. */
  publish(network: keyof OfNetworks<unknown>, weights: Float32Array): void {
    if (!this.#in_place) this.#weights.write(network, bytesOf(weights));
  }

  /** A welcome's contents for a worker at this address. */
  offer(peer: string): MessageOf<"welcome">["shared"] {
    const here = /^(::ffff:)?127\.|^\[?::1\b/.test(peer);
    return here ? { folder: this.#folder, key: this.#key } : null;
  }

  /** A worker has taken the offer. Throws where its file cannot be opened. */
  share(worker: number, channel: Channel): void {
    const path = join(this.#folder, `worker-${worker}`);
    const taker = this.#openRing(worker, path);
    // Both sides have it open: nothing of it is left behind, whatever happens to either.
    if (Deno.build.os !== "windows") Deno.removeSync(path);
    channel.share(taker);
  }

  [Symbol.dispose](): void {
    this.#weights[Symbol.dispose]();
    this.#lock.close();
    removeFolder(this.#folder);
  }
}

/**
 * Removes folders of this user whose coordinator was killed: nobody holds their lock. Others make what they like in the
 * folder for temporary files, under this name, too.
 */
function clearStale(parent: string): void {
  for (const name of namesIn(parent)) {
    const folder = join(parent, name);
    if (!name.startsWith(SHARED_MEMORY_PREFIX) || !isOwnFolder(folder)) continue;
    using lock = openOwnFile(join(folder, "lock"));
    try {
      if (lock?.tryLockSync(true)) removeFolder(folder);
    } catch {
      // Its file system knows no locks.
    }
  }
}

/** None where nobody may look. */
function namesIn(folder: string): string[] {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => name);
  } catch {
    return [];
  }
}

/** A new folder for temporary files, readable by its owner alone. */
function makeFolder(parent?: string): string | null {
  try {
    return Deno.makeTempDirSync({ prefix: SHARED_MEMORY_PREFIX, ...parent !== undefined && { dir: parent } });
  } catch {
    return null;
  }
}

function removeFolder(folder: string): void {
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch {
    // Temporary files: the system clears them some day.
  }
}
