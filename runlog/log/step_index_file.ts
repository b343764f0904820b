/** The sidecar as a file on disk: written along with the log, or made anew from it. */
import { RegularFile } from "../../common/files/regular_file.ts";
import type { RunRecord } from "../records.ts";
import { decodeHeader, encodeHeader, encodeRow, HEADER_BYTES, rowBytes, RowReader } from "./step_index.ts";
import { shapeFor, type StepIndexShape } from "./step_index.ts";
import { factsOf } from "./step_facts.ts";

/** Shards of a run that does not say. */
const DEFAULT_SHARDS = 4;

/** Whole rows of a sidecar, in pieces. */
export class StepIndexRows implements Disposable {
  readonly shape: StepIndexShape;
  readonly num_rows: number;
  readonly #file: RegularFile;

  private constructor(file: RegularFile, shape: StepIndexShape, num_rows: number) {
    this.#file = file;
    this.shape = shape;
    this.num_rows = num_rows;
  }

  /** null where there is no sidecar that this version reads. */
  static async open(path: string): Promise<StepIndexRows | null> {
    const file = await RegularFile.open(path).catch(() => null);
    if (!file) return null;
    const header = new Uint8Array(HEADER_BYTES);
    const shape = decodeHeader(header.subarray(0, await file.fill(header, 0)));
    if (shape) {
      return new StepIndexRows(
        file,
        shape,
        Math.floor((file.currentSize() - HEADER_BYTES) / rowBytes(shape)),
      );
    }
    file[Symbol.dispose]();
    return null;
  }

  static async isReadable(path: string): Promise<boolean> {
    using rows = await StepIndexRows.open(path);
    return rows !== null;
  }

  /** A reader of the rows begin..begin+count, as far as there are so many; and how many there are. */
  async rows(begin: number, count: number): Promise<{ reader: RowReader; count: number }> {
    const width = rowBytes(this.shape);
    const bytes = new Uint8Array(width * Math.min(count, this.num_rows - begin));
    const filled = await this.#file.fill(bytes, HEADER_BYTES + width * begin);
    return { reader: new RowReader(this.shape, bytes), count: Math.floor(filled / width) };
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

/** Writes a sidecar. It is a convenience: what fails here ends it, and the run goes on. */
export class StepIndexWriter {
  readonly #path: string;
  #file: Deno.FsFile | null;
  #shape: StepIndexShape | null;
  #rows: Uint8Array<ArrayBuffer>[] = [];
  #num_rows = 0;

  private constructor(path: string, file: Deno.FsFile | null, shape: StepIndexShape | null) {
    this.#path = path;
    this.#file = file;
    this.#shape = shape;
  }

  /** A new sidecar at `path`; what is there is replaced when the run record comes. */
  static create(path: string): StepIndexWriter {
    return new StepIndexWriter(path, null, null);
  }

  /** Goes on with the sidecar at `path`, cut back to what stands for the first `log_bytes` of the log. */
  static async append(path: string, log_bytes: number): Promise<StepIndexWriter> {
    using rows = await StepIndexRows.open(path);
    if (!rows) return new StepIndexWriter(path, null, null);
    let { num_rows } = rows;
    while (num_rows > 0) {
      const { reader } = await rows.rows(num_rows - 1, 1);
      if (reader.read(0) && reader.place.offset + reader.place.length <= log_bytes) break;
      num_rows--;
    }
    const file = await Deno.open(path, { write: true }).catch(() => null);
    const end = HEADER_BYTES + num_rows * rowBytes(rows.shape);
    await file?.truncate(end);
    await file?.seek(end, Deno.SeekMode.Start);
    return new StepIndexWriter(path, file, rows.shape);
  }

  /** Steps that this writer made a row for. */
  get num_rows(): number {
    return this.#num_rows;
  }

  /** Takes notice of a record whose line lies at these bytes of the log. */
  add(record: RunRecord, offset: number, length: number): void {
    if (record.type === "run" && offset === 0) {
      const { shards } = record.config;
      this.#shape = shapeFor(typeof shards === "number" ? shards : DEFAULT_SHARDS);
      this.#rows = [encodeHeader(this.#shape)];
      this.#close();
    } else if (record.type === "step" && this.#shape) {
      const row = encodeRow(this.#shape, factsOf(record), { offset, length });
      if (!row) return;
      this.#rows.push(row);
      this.#num_rows++;
    }
  }

  /** Writes what was added. */
  async write(): Promise<void> {
    const rows = this.#rows.splice(0);
    if (rows.length === 0 || !this.#shape) return;
    try {
      this.#file ??= await Deno.open(this.#path, { write: true, create: true, truncate: true });
      const bytes = new Uint8Array(await new Blob(rows).arrayBuffer());
      for (let done = 0; done < bytes.length;) done += await this.#file.write(bytes.subarray(done));
    } catch {
      // Rows that are cut off would shift all that follow: it ends here, and the log has the rest.
      this.close();
    }
  }

  close(): void {
    this.#close();
    this.#shape = null;
  }

  #close(): void {
    this.#file?.close();
    this.#file = null;
  }
}
