/** The log as files on disk, opened to be appended to, with its sidecar beside them. */
import { dirname, join } from "node:path";
import { countSegments, SEGMENT_BYTES, segmentName } from "./segments.ts";
import { STEP_INDEX_NAME } from "./step_index.ts";
import { rebuildStepIndex } from "./rebuild_step_index.ts";
import { StepIndexRows, StepIndexWriter } from "./step_index_file.ts";
import { LogWriter, type Sink } from "./writer.ts";
import { explainWriteFailure } from "./write_failure.ts";

const NEWLINE = 0x0a;

/** The log's requirements of a file that it appends to, so that a test can make it fail. */
export interface AppendFile {
  write(bytes: Uint8Array): Promise<number>;
  sync(): Promise<void>;
  close(): void;
}

/** Makes a segment that is not there yet, or opens the one that a crash left empty. */
export type OpenSegment = (path: string) => Promise<AppendFile>;

const openToAppend: OpenSegment = (path) => Deno.open(path, { append: true, create: true });

/** True if the file of this size ends in mid-line, as after a crash. */
async function endsInMidLine(file: Deno.FsFile, size: number): Promise<boolean> {
  if (size === 0) return false;
  await file.seek(-1, Deno.SeekMode.End);
  const last = new Uint8Array(1);
  await file.read(last);
  return last[0] !== NEWLINE;
}

/** Bytes go into the last segment; where a line would make it too long, it goes into a new one. */
export class SegmentSink implements Sink {
  readonly #folder: string;
  readonly #max_bytes: number;
  readonly #open: OpenSegment;
  #file: AppendFile;
  #number: number;
  /** The last segment, and whether it ends in mid-line. */
  #size: number;
  #in_line = false;

  constructor(
    folder: string,
    last: { readonly file: AppendFile; readonly number: number; readonly size: number },
    max_bytes: number,
    open: OpenSegment = openToAppend,
  ) {
    this.#folder = folder;
    this.#file = last.file;
    this.#number = last.number;
    this.#size = last.size;
    this.#max_bytes = max_bytes;
    this.#open = open;
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (this.#fitting(bytes) === 0) await this.#begin();
    const count = await this.#file.write(bytes.subarray(0, this.#fitting(bytes)));
    this.#size += count;
    this.#in_line = bytes[count - 1] !== NEWLINE;
    return count;
  }

  /** How many of the bytes belong to this segment: whole lines, and in any case the rest of one that was begun. */
  #fitting(bytes: Uint8Array): number {
    const room = this.#max_bytes - this.#size;
    if (bytes.length <= room) return bytes.length;
    const whole = room > 0 ? bytes.lastIndexOf(NEWLINE, room - 1) + 1 : 0;
    if (whole > 0) return whole;
    const first = bytes.indexOf(NEWLINE) + 1;
    return this.#in_line || this.#size === 0 ? first || bytes.length : 0;
  }

  /** The next segment; only once all before it is on the medium. */
  async #begin(): Promise<void> {
    await this.#file.sync();
    const next = await this.#open(join(this.#folder, segmentName(this.#number + 1)));
    this.#file.close();
    this.#file = next;
    this.#number++;
    this.#size = 0;
  }

  sync(): Promise<void> {
    return this.#file.sync();
  }

  close(): void {
    this.#file.close();
  }
}

/**
 * Opens the log that begins at `path`, or makes it, to append records. A line that a crash cut off is ended first,
 * so that it does not swallow the next. Throws {@linkcode UserError} if it cannot be written.
 */
export async function openLog(
  path: string,
  segment_bytes = SEGMENT_BYTES,
  open: OpenSegment = openToAppend,
): Promise<LogWriter> {
  const folder = dirname(path);
  const number = Math.max(1, await countSegments(folder));
  try {
    let before = 0;
    for (let i = 1; i < number; i++) before += (await Deno.stat(join(folder, segmentName(i)))).size;
    const last = join(folder, segmentName(number));
    let size = await mend(last);
    const file = await open(last);
    const sink = new SegmentSink(folder, { file, number, size }, segment_bytes, open);
    size += before;
    const step_index = join(folder, STEP_INDEX_NAME);
    if (size > 0 && !await StepIndexRows.isReadable(step_index)) {
      // Lost, or of an older version. It is a convenience: the run goes on without it.
      await rebuildStepIndex(folder).catch(() => {});
    }
    const follower = size === 0
      ? StepIndexWriter.create(step_index)
      : await StepIndexWriter.append(step_index, size);
    return new LogWriter(sink, path, size, follower);
  } catch (error) {
    throw explainWriteFailure(path, error);
  }
}

/** Ends a line that was cut off. Returns the bytes of the segment. */
async function mend(path: string): Promise<number> {
  using file = await Deno.open(path, { read: true, append: true, create: true });
  const { size } = await file.stat();
  return await endsInMidLine(file, size) ? size + await file.write(Uint8Array.of(NEWLINE)) : size;
}
