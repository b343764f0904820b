/** The folder through which workers on this machine exchange large payloads with the coordinator. */
import { dirname, join } from "node:path";
import type { Manifest } from "../models/manifest.ts";
import type { Channel } from "../wire/channel.ts";
import type { MessageOf } from "../wire/messages.ts";
import type { PayloadBuffers } from "../wire/parcel.ts";
import { RingReader, RingWriter } from "../wire/shared_ring.ts";

/**
 * A worker that lags behind by more versions of weights has lost touch: it is let go, and may join anew. Few, so that
 * what is written in turn stays in the processor's cache.
 */
const NUM_SLOTS = 3;

const PREFIX = "wagon-exchange-";

export class Exchange implements Disposable {
  readonly #folder: string;
  readonly #key: string;
  /** Locked as long as this process lives. */
  readonly #lock: Deno.FsFile;
  readonly #weights: RingWriter;
  readonly #buffers: PayloadBuffers;
  readonly #readers = new Map<number, RingReader>();

  private constructor(
    folder: string,
    key: string,
    lock: Deno.FsFile,
    weights: RingWriter,
    buffers: PayloadBuffers,
  ) {
    this.#folder = folder;
    this.#key = key;
    this.#lock = lock;
    this.#weights = weights;
    this.#buffers = buffers;
  }

  /**
   * Makes the folder, or null where there is no room or no right to: payloads then go through the socket. Results are
   * read into `buffers`.
   */
  static open({ layouts }: Manifest, buffers: PayloadBuffers): Exchange | null {
    const folder = makeFolder();
    if (folder === null) return null;
    clearStale(dirname(folder));
    const key = crypto.getRandomValues(new Uint8Array(16)).toHex();
    try {
      // A file of its own: on Windows a locked file cannot be read by others.
      const lock = Deno.openSync(join(folder, "lock"), { write: true, createNew: true, mode: 0o600 });
      lock.lockSync(true);
      Deno.writeTextFileSync(join(folder, "key"), key, { mode: 0o600 });
      const max_bytes = 4 * Math.max(layouts.critic.size, layouts.generator.size);
      const weights = RingWriter.create(join(folder, "weights"), max_bytes, NUM_SLOTS);
      return new Exchange(folder, key, lock, weights, buffers);
    } catch {
      removeFolder(folder);
      return null;
    }
  }

  /** What a welcome says to a worker at this address. */
  offer(peer: string): MessageOf<"welcome">["shared"] {
    const here = /^(::ffff:)?127\.|^\[?::1\b/.test(peer);
    return here ? { folder: this.#folder, key: this.#key } : null;
  }

  /** A worker has taken the offer. Throws where its file cannot be opened. */
  share(worker: number, channel: Channel): void {
    const path = join(this.#folder, `worker-${worker}`);
    const reader = RingReader.open(path, this.#buffers);
    // Both sides have it open: nothing of it is left behind, whatever happens to either.
    if (Deno.build.os !== "windows") Deno.removeSync(path);
    this.#readers.set(worker, reader);
    channel.share(this.#weights, reader);
  }

  left(worker: number): void {
    this.#readers.get(worker)?.[Symbol.dispose]();
    this.#readers.delete(worker);
  }

  [Symbol.dispose](): void {
    for (const worker of [...this.#readers.keys()]) this.left(worker);
    this.#weights[Symbol.dispose]();
    this.#lock.close();
    removeFolder(this.#folder);
  }
}

/** Removes folders whose coordinator was killed: nobody holds their lock. */
function clearStale(parent: string): void {
  for (const { name } of Deno.readDirSync(parent)) {
    if (!name.startsWith(PREFIX)) continue;
    try {
      using lock = Deno.openSync(join(parent, name, "lock"), { write: true });
      if (lock.tryLockSync(true)) removeFolder(join(parent, name));
    } catch {
      // Another user's, or being made or removed at this moment.
    }
  }
}

/** A new folder for temporary files, readable by its owner alone. */
function makeFolder(): string | null {
  try {
    return Deno.makeTempDirSync({ prefix: PREFIX });
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
