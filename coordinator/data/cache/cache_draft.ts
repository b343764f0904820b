/** A file of the cache that is being written: it can be read at once, and others find it when it is kept. */
import { type ExampleBytes, FileBytes } from "../files/example_bytes.ts";

const PIECE_BYTES = 1 << 24;

/** A draft could not be written to, because the disk is full for example. */
export class DraftError extends Error {
  override name = "DraftError";
}

export class CacheDraft implements AsyncDisposable {
  readonly #temporary: string;
  readonly #path: string;
  readonly #file: Deno.FsFile;
  #is_kept = false;

  /** `file`: open at `temporary` for reading and writing; `path`: where it will be. */
  constructor(temporary: string, path: string, file: Deno.FsFile) {
    this.#temporary = temporary;
    this.#path = path;
    this.#file = file;
  }

  /** Throws {@linkcode DraftError}. */
  put(at: number, bytes: Uint8Array): void {
    try {
      this.#file.seekSync(at, Deno.SeekMode.Start);
      for (let done = 0; done < bytes.length;) done += this.#file.writeSync(bytes.subarray(done));
    } catch (error) {
      throw new DraftError(`Cannot write ${this.#temporary}: ${(error as Error).message}`);
    }
  }

  /** Moves the bytes from `begin` to before `end` forwards, to `to`. Throws {@linkcode DraftError}. */
  move(to: number, begin: number, end: number): void {
    const piece = new Uint8Array(Math.min(PIECE_BYTES, end - begin));
    for (let at = begin; at < end && to !== begin;) {
      this.#file.seekSync(at, Deno.SeekMode.Start);
      const count = this.#file.readSync(piece.subarray(0, Math.min(piece.length, end - at)));
      if (count === null) throw new DraftError(`Cannot read ${this.#temporary}: it ends at byte ${at}`);
      this.put(to + at - begin, piece.subarray(0, count));
      at += count;
    }
  }

  /** Its bytes from `begin` on, up to `end`, where it is cut: they stay, whether it is kept or not. */
  async bytes(begin: number, end: number): Promise<ExampleBytes> {
    this.#file.truncateSync(end);
    return await FileBytes.open(this.#temporary, { begin, length: end - begin, is_own: true });
  }

  /** Gives it its place, as used at `now_ms`. False where it cannot have it. */
  async keep(now_ms: number): Promise<boolean> {
    try {
      await this.#file.utime(new Date(now_ms), new Date(now_ms));
      await Deno.rename(this.#temporary, this.#path);
      this.#is_kept = true;
    } catch {
      // What has no place is removed.
    }
    return this.#is_kept;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#file.close();
    if (!this.#is_kept) await Deno.remove(this.#temporary).catch(() => {});
  }
}
