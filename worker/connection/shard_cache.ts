/**
 * Shards on disk, in files named by the SHA-256 of their content: what does not fit in memory, and what a worker
 * that starts again need not be sent again. A file whose content does not match its name is removed.
 */
import { join } from "node:path";
import { isOwnFolder } from "../../common/files/own_files.ts";
import { Sha256 } from "../../common/sha256.ts";

const READ_BYTES = 1024 * 1024;
/** An unfinished file of a worker that is no more. */
const ABANDONED_MS = 24 * 3600 * 1000;
const SHARD_FILE = /^[0-9a-f]{64}$/;
/** Older versions used the process's number alone. */
const PART_FILE = /^[0-9a-f]{64}\.(\d+|[0-9a-f-]{36})\.part$/;

/** A shard that lies in a file; stays readable when the file is removed. */
export class CachedShard {
  constructor(readonly bytes: number, readonly file: Deno.FsFile) {}

  /** Fills `out` with the bytes from `offset` on. */
  read(offset: number, out: Uint8Array): void {
    this.file.seekSync(offset, Deno.SeekMode.Start);
    for (let filled = 0; filled < out.length;) {
      const count = this.file.readSync(out.subarray(filled));
      if (count === null) throw new Error(`A cached shard must have ${this.bytes} bytes: found fewer`);
      filled += count;
    }
  }

  close(): void {
    this.file.close();
  }
}

/** A shard on its way into the cache. */
export class CacheWriter {
  readonly #hash = new Sha256();

  constructor(
    readonly part: string,
    readonly path: string,
    readonly sha256: string,
    readonly file: Deno.FsFile,
  ) {}

  append(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    for (let written = 0; written < bytes.length;) written += this.file.writeSync(bytes.subarray(written));
  }

  /** Names the file after its content. Returns null, and removes it, if that is not what it should be. */
  finish(bytes: number): CachedShard | null {
    if (this.#hash.hex() !== this.sha256) {
      this.abandon();
      return null;
    }
    this.file.close();
    Deno.renameSync(this.part, this.path);
    return new CachedShard(bytes, Deno.openSync(this.path));
  }

  abandon(): void {
    this.file.close();
    Deno.removeSync(this.part);
  }
}

export class ShardCache {
  /** `max_bytes`: what {@linkcode clean} leaves at most. */
  constructor(readonly folder: string, readonly max_bytes: number) {}

  /** Opens a shard if it is there and whole; a file that is not is removed. */
  async open(sha256: string, bytes: number): Promise<CachedShard | null> {
    if (!isOwnFolder(this.folder)) return null;
    const path = join(this.folder, sha256);
    let file: Deno.FsFile;
    try {
      file = await Deno.open(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
    if (file.statSync().size === bytes && await hashOf(file) === sha256) {
      Deno.utimeSync(path, new Date(), new Date());
      return new CachedShard(bytes, file);
    }
    file.close();
    Deno.removeSync(path);
    return null;
  }

  /** Begins a file. Throws what the file system throws, and an Error where the folder is not this user's alone. */
  create(sha256: string): CacheWriter {
    Deno.mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    if (!isOwnFolder(this.folder)) {
      throw new Error(
        `Cannot keep shards in ${this.folder}: it must belong to this user, and nobody else may write there; ` +
          "set WAGON_STATE_DIR to such a folder",
      );
    }
    const path = join(this.folder, sha256);
    // Not the process's number: containers and machines that share the folder have the same ones.
    const part = `${path}.${crypto.randomUUID()}.part`;
    const file = Deno.openSync(part, { write: true, createNew: true, mode: 0o600 });
    return new CacheWriter(part, path, sha256, file);
  }

  /** Removes abandoned files, and the longest unused shards until the folder is within its limit. */
  clean(keep: ReadonlySet<string>, now_ms: number): void {
    const files = this.#list();
    const abandoned = files.filter(({ name, used_ms }) =>
      PART_FILE.test(name) && now_ms - used_ms > ABANDONED_MS
    );
    const shards = files.filter(({ name }) => SHARD_FILE.test(name));
    let total = shards.reduce((sum, { bytes }) => sum + bytes, 0);
    const unused = shards.filter(({ name }) => !keep.has(name)).sort((a, b) => a.used_ms - b.used_ms);
    const excess = unused.filter(({ bytes }) => {
      if (total <= this.max_bytes) return false;
      total -= bytes;
      return true;
    });
    for (const { name } of [...abandoned, ...excess]) {
      try {
        Deno.removeSync(join(this.folder, name));
      } catch {
        // Another worker of this machine was faster, or has it open.
      }
    }
  }

  #list(): { name: string; bytes: number; used_ms: number }[] {
    if (!isOwnFolder(this.folder)) return [];
    try {
      return [...Deno.readDirSync(this.folder)].map(({ name }) => {
        const { size, mtime } = Deno.statSync(join(this.folder, name));
        return { name, bytes: size, used_ms: mtime?.getTime() ?? 0 };
      });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }
}

/** Reads without blocking: the socket's heartbeats go on. */
async function hashOf(file: Deno.FsFile): Promise<string> {
  const hash = new Sha256();
  const buffer = new Uint8Array(READ_BYTES);
  for (let count = await file.read(buffer); count !== null; count = await file.read(buffer)) {
    hash.update(buffer.subarray(0, count));
  }
  return hash.hex();
}
