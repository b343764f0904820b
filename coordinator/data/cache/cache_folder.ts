/**
 * The user's folder of decoded pictures: files that runs share. Together they have a bound, past which those go that
 * were not used for longest. Other users can neither read nor write them: a folder that is not this user's own, or that
 * others may write to, is not used.
 */
import { join } from "node:path";
import { CacheDraft } from "./cache_draft.ts";

const OWNER_ALL = 0o700;
const OTHERS_WRITE = 0o022;
const ENDING = ".tones";
/** What a process that was killed has left behind is removed after an hour. */
const PART = /\.tones\.\d+\.part$/;
const PART_LIFE_MS = 3_600_000;

/** A file in the folder. */
export interface CacheFile {
  readonly name: string;
  readonly bytes: number;
  /** When it was used last. */
  readonly used_ms: number;
}

export interface CacheFolderOptions {
  readonly path: string;
  /** Bytes of all files together, at most. */
  readonly max_bytes: number;
  /** This process's user; null where there are none (Windows). */
  readonly uid: number | null;
  readonly pid: number;
  now_ms(): number;
}

export class CacheFolder {
  readonly path: string;
  readonly max_bytes: number;
  readonly #options: CacheFolderOptions;

  constructor(options: CacheFolderOptions) {
    this.path = options.path;
    this.max_bytes = options.max_bytes;
    this.#options = options;
  }

  /** Path of a file, whether it is there or not. */
  pathOf(name: string): string {
    return join(this.path, name + ENDING);
  }

  /** Opens a file, and marks it as used; null where there is none, or the folder is not this user's alone. */
  async open(name: string): Promise<Deno.FsFile | null> {
    if (!await this.#isOwn()) return null;
    const path = this.pathOf(name);
    const info = await Deno.lstat(path).catch(() => null);
    if (info === null || !info.isFile) return null;
    const now = new Date(this.#options.now_ms());
    await Deno.utime(path, now, now).catch(() => {});
    return await Deno.open(path).catch(() => null);
  }

  /** Removes a file that turned out to be damaged. */
  async drop(name: string): Promise<void> {
    await Deno.remove(join(this.path, name + ENDING)).catch(() => {});
  }

  /**
   * Writes a file of these parts, whole or not at all, and makes room for it. False where it does not fit or cannot be
   * written: a cache that fails is no failure of a run.
   */
  async write(name: string, parts: readonly Uint8Array[]): Promise<boolean> {
    await using draft = await this.draft(name, parts.reduce((sum, { length }) => sum + length, 0));
    try {
      let at = 0;
      for (const part of parts) {
        draft?.put(at, part);
        at += part.length;
      }
      return draft !== null && await this.keep(draft);
    } catch {
      return false;
    }
  }

  /** A new file of so many bytes, for which there is room; null where it does not fit or cannot be written. */
  async draft(name: string, bytes: number): Promise<CacheDraft | null> {
    const path = join(this.path, name + ENDING), temporary = `${path}.${this.#options.pid}.part`;
    try {
      await Deno.mkdir(this.path, { recursive: true, mode: OWNER_ALL });
      if (!await this.#isOwn() || bytes > this.max_bytes) return null;
      await this.#makeRoom(bytes);
      const file = await Deno.open(temporary, { read: true, write: true, createNew: true, mode: 0o600 });
      return new CacheDraft(temporary, path, file);
    } catch {
      return null;
    }
  }

  /** Keeps a draft for others. False where that cannot be. */
  keep(draft: CacheDraft): Promise<boolean> {
    return draft.keep(this.#options.now_ms());
  }

  /** The files, those used last first. */
  async list(): Promise<CacheFile[]> {
    if (!await this.#isOwn()) return [];
    const files: CacheFile[] = [];
    for await (const { name, isFile } of Deno.readDir(this.path)) {
      const info = isFile ? await Deno.lstat(join(this.path, name)).catch(() => null) : null;
      if (info === null) continue;
      const used_ms = info.mtime?.getTime() ?? 0;
      if (name.endsWith(ENDING)) {
        files.push({ name: name.slice(0, -ENDING.length), bytes: info.size, used_ms });
      } else if (PART.test(name) && this.#options.now_ms() - used_ms > PART_LIFE_MS) {
        await Deno.remove(join(this.path, name)).catch(() => {});
      }
    }
    return files.sort((a, b) => b.used_ms - a.used_ms || (a.name < b.name ? -1 : 1));
  }

  /** Removes all files; returns how many there were, and their bytes. */
  async clear(): Promise<{ readonly count: number; readonly bytes: number }> {
    const files = await this.list();
    for (const { name } of files) await this.drop(name);
    return { count: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  async #makeRoom(bytes: number): Promise<void> {
    let used = bytes;
    for (const file of await this.list()) {
      used += file.bytes;
      if (used > this.max_bytes) await this.drop(file.name);
    }
  }

  async #isOwn(): Promise<boolean> {
    const info = await Deno.lstat(this.path).catch(() => null);
    if (info === null || !info.isDirectory) return false;
    const { uid } = this.#options;
    return uid === null || (info.uid === uid && ((info.mode ?? OTHERS_WRITE) & OTHERS_WRITE) === 0);
  }
}
