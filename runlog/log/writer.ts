/**
 * The writer of a run's log. Appending only encodes and buffers, so that a training step never waits for a disk;
 * `flush` hands the bytes to the sink, `sync` also waits until they are on the medium.
 */
import type { RunRecord } from "../records.ts";
import { explainWriteFailure } from "./write_failure.ts";

/** Destination of bytes: an open file, or a fake in tests. */
export interface Sink {
  /** Writes some of the bytes, at least one, and resolves to how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Waits until everything written is on the medium. */
  sync(): Promise<void>;
  close(): void;
}

/** Who is told where each record's line lies, e.g. the sidecar. Must not throw. */
export interface Follower {
  add(record: RunRecord, offset: number, length: number): void;
  /** The lines are written; resolves when the follower is up to date. */
  write(): Promise<void>;
  close(): void;
}

export class LogWriter {
  readonly #sink: Sink;
  readonly #path: string;
  readonly #encoder = new TextEncoder();
  readonly #follower: Follower | null;
  /** Bytes of the log up to the end of #rest. */
  #position: number;
  /** Lines not yet handed to a write, and their records, which the follower is told. */
  #records: RunRecord[] = [];
  #lines: string[] = [];
  /** Bytes that a failed write left over. They go first, so that a retry never garbles a line. */
  #rest: Uint8Array = new Uint8Array(0);
  /** Writes happen one after another. */
  #last: Promise<void> = Promise.resolve();

  /** `path` is how error messages name the log; `position` is how long it is already, in bytes. */
  constructor(sink: Sink, path: string, position = 0, follower: Follower | null = null) {
    this.#sink = sink;
    this.#path = path;
    this.#position = position;
    this.#follower = follower;
  }

  /** Adds a record to the buffer. */
  append(record: RunRecord): void {
    this.#lines.push(JSON.stringify(record) + "\n");
    if (this.#follower) this.#records.push(record);
  }

  /** Writes what is buffered. Throws {@linkcode UserError} on a full disk; what is left is then kept. */
  flush(): Promise<void> {
    return this.#queue(() => this.#write());
  }

  /** Writes what is buffered and waits for the medium. Throws {@linkcode UserError} as `flush` does. */
  sync(): Promise<void> {
    return this.#queue(async () => {
      await this.#write();
      await this.#sink.sync();
    });
  }

  /** Syncs and closes. The sink is closed even if the disk is full. */
  async close(): Promise<void> {
    try {
      await this.sync();
    } finally {
      this.#sink.close();
      this.#follower?.close();
    }
  }

  #queue(action: () => Promise<void>): Promise<void> {
    const done = this.#last.then(action).catch((error: unknown) => {
      throw explainWriteFailure(this.#path, error);
    });
    this.#last = done.catch(() => {});
    return done;
  }

  async #write(): Promise<void> {
    if (this.#rest.length === 0) this.#encode();
    while (this.#rest.length > 0) {
      this.#rest = this.#rest.subarray(await this.#sink.write(this.#rest));
      if (this.#rest.length === 0) this.#encode();
    }
    await this.#follower?.write();
  }

  /** Turns the lines into the bytes to be written, and tells the follower where each will lie. */
  #encode(): void {
    const lines = this.#lines.splice(0).map((line) => this.#encoder.encode(line));
    const records = this.#records.splice(0);
    this.#rest = new Uint8Array(lines.reduce((sum, { length }) => sum + length, 0));
    let filled = 0;
    for (const [i, line] of lines.entries()) {
      this.#rest.set(line, filled);
      this.#follower?.add(records[i]!, this.#position + filled, line.length);
      filled += line.length;
    }
    this.#position += filled;
  }
}
