/**
 * The files of a run's log. It is one text, cut at ends of lines into segments, so that no file grows without bound:
 * `events.jsonl`, then `events.0002.jsonl`, `events.0003.jsonl` and so on. Only the last one is written to; a new one
 * is begun when all before it is on the medium, and none is ever renamed or removed. So whatever a crash leaves is a
 * log: at worst the last segment is longer than it need be, or empty, or ends in mid-line. Places in the log are
 * bytes from its beginning, over all segments.
 */
import { UserError } from "../../common/errors.ts";
import { NotRegularError, RegularFile } from "../../common/files/regular_file.ts";
import { LOG_NAME } from "../records.ts";

/** A segment has at most so many bytes, unless a single line has more. */
export const SEGMENT_BYTES = 64 * 1024 * 1024;

/** Name of the `number`-th segment, counted from 1. */
export function segmentName(number: number): string {
  return number === 1 ? LOG_NAME : LOG_NAME.replace(".", `.${String(number).padStart(4, "0")}.`);
}

/** True if the folder holds a log. */
export async function hasLog(folder: string): Promise<boolean> {
  return (await Deno.stat(`${folder}/${LOG_NAME}`).catch(() => null))?.isFile ?? false;
}

/**
 * How many segments the log in `folder` has, 0 for none. Throws {@linkcode UserError} where one in the middle is
 * missing.
 */
export async function countSegments(folder: string): Promise<number> {
  const pattern = new RegExp(`^${segmentName(2).replace("0002", "(\\d{4,})").replaceAll(".", "\\.")}$`);
  if (!await hasLog(folder)) return 0;
  const numbers = new Set([1]);
  let last = 1;
  for await (const { name } of Deno.readDir(folder)) {
    const number = Number(pattern.exec(name)?.[1] ?? 0);
    if (number < 2) continue;
    numbers.add(number);
    last = Math.max(last, number);
  }
  for (let number = 1; number <= last; number++) {
    if (numbers.has(number)) continue;
    throw new UserError(
      `Cannot read run ${folder}: the segments of its log must be complete, found no ` +
        `${segmentName(number)}, though there is ${segmentName(last)}; put it back`,
    );
  }
  return last;
}

/** When the log in `folder` was last written to, or touched; null where the system does not say. */
export async function lastWritten(folder: string): Promise<Date | null> {
  // The first segment is touched while nothing is written.
  const times = await Promise.all([1, await countSegments(folder)].map(async (number) => {
    return (await Deno.stat(`${folder}/${segmentName(number)}`)).mtime;
  }));
  return times.reduce((a, b) => a === null || (b !== null && b > a) ? b : a);
}

interface Segment {
  readonly file: RegularFile;
  /** Its first byte in the log. */
  readonly begin: number;
}

/** The log of a run as one text, to be read anywhere, while it may grow. */
export class LogText implements Disposable {
  readonly path: string;
  readonly #folder: string;
  readonly #segments: Segment[];

  private constructor(folder: string, first: RegularFile) {
    this.path = `${folder}/${LOG_NAME}`;
    this.#folder = folder;
    this.#segments = [{ file: first, begin: 0 }];
  }

  /** Throws {@linkcode UserError} if `folder` is not the folder of a run. */
  static async open(folder: string): Promise<LogText> {
    const path = `${folder}/${LOG_NAME}`;
    try {
      const text = new LogText(folder, await RegularFile.open(path));
      try {
        await countSegments(folder);
      } catch (error) {
        text[Symbol.dispose]();
        throw error;
      }
      return text;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
        throw new UserError(`Cannot read run ${folder}: a run folder must hold ${LOG_NAME}, found none`);
      }
      if (error instanceof Deno.errors.PermissionDenied) {
        throw new UserError(`Cannot read ${path}: it is not allowed`);
      }
      if (error instanceof NotRegularError) refuseSegment(path, error);
      throw error;
    }
  }

  /** Bytes of the log by now. */
  async size(): Promise<number> {
    while (await this.#openNext());
    const { file, begin } = this.#segments.at(-1)!;
    return begin + file.currentSize();
  }

  /** The bytes begin..end, as far as they are written by now, in pieces of at most `chunk_bytes`. */
  async *bytes(
    begin: number,
    end = Infinity,
    chunk_bytes = 1 << 22,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (let at = begin; at < end;) {
      const piece = await this.#read(at, Math.min(chunk_bytes, end - at));
      if (piece === null) return;
      yield piece;
      at += piece.length;
    }
  }

  /** Some bytes from `at` on; null where the log ends. */
  async #read(at: number, max_bytes: number): Promise<Uint8Array<ArrayBuffer> | null> {
    const bytes = new Uint8Array(max_bytes);
    do {
      const { file, begin } = this.#segments.findLast((segment) => segment.begin <= at)!;
      // At once: beside a sidecar there are many short pieces to read, and each wait costs more than a piece.
      const count = file.fillSync(bytes, at - begin);
      if (count > 0) return bytes.subarray(0, count);
    } while (await this.#openNext());
    return null;
  }

  /** Opens the segment after the last that is open. Returns whether it is there. */
  async #openNext(): Promise<boolean> {
    const path = `${this.#folder}/${segmentName(this.#segments.length + 1)}`;
    const file = await RegularFile.open(path).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return null;
      if (error instanceof NotRegularError) refuseSegment(path, error);
      throw error;
    });
    if (!file) return false;
    const { file: last, begin } = this.#segments.at(-1)!;
    this.#segments.push({ file, begin: begin + last.currentSize() });
    return true;
  }

  [Symbol.dispose](): void {
    for (const { file } of this.#segments.splice(0)) file[Symbol.dispose]();
  }
}

function refuseSegment(path: string, { found }: NotRegularError): never {
  throw new UserError(`Cannot read ${path}: a regular file is required, found ${found}`);
}
