/** A file that is written from begin to end, in pieces of a size that suits disks. */

const FLUSH_BYTES = 1 << 20;

export class FileStream {
  readonly #file: Deno.FsFile;
  readonly #encoder = new TextEncoder();
  readonly #buffer = new Uint8Array(FLUSH_BYTES);
  #filled = 0;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Replaces what is there. */
  static async create(path: string): Promise<FileStream> {
    return new FileStream(await Deno.open(path, { write: true, create: true, truncate: true }));
  }

  text(text: string): Promise<void> | void {
    return this.bytes(this.#encoder.encode(text));
  }

  /** Resolves when there is room for more. */
  bytes(bytes: Uint8Array): Promise<void> | void {
    if (this.#filled + bytes.length > this.#buffer.length) return this.#flushAnd(bytes);
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  async close(): Promise<void> {
    try {
      await this.#flush();
    } finally {
      this.#file.close();
    }
  }

  async #flushAnd(bytes: Uint8Array): Promise<void> {
    await this.#flush();
    if (bytes.length > this.#buffer.length) return await this.#write(bytes);
    this.#buffer.set(bytes);
    this.#filled = bytes.length;
  }

  async #flush(): Promise<void> {
    await this.#write(this.#buffer.subarray(0, this.#filled));
    this.#filled = 0;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) done += await this.#file.write(bytes.subarray(done));
  }
}
