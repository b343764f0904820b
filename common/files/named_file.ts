/**
 * Small files that a person names, such as settings and secrets. A pipe that a program writes to is one as well: the
 * shell's `<(program)` is the name of such a pipe.
 */
import { closeSync, fstatSync, readSync } from "node:fs";
import { joined } from "../joined.ts";
import { kindOf, NotRegularError, openAtOnce } from "./regular_file.ts";

const MAX_BYTES = 1 << 24;
const PIECE_BYTES = 1 << 16;
const PAUSE_MS = 10;
/** A program that is started beside this one opens its end of a pipe within this time. */
const NO_WRITER_MS = 2_000;
/** One that has opened it may have to compute first. */
const SILENT_MS = 10_000;

export interface Named {
  readonly text: string;
  /** True if it can be read only once. */
  readonly is_pipe: boolean;
}

/**
 * Reads a file, or a pipe to its end. Throws Error with what was found in place of a readable file, in words for a
 * person; waits for no pipe without end. `pause` lets milliseconds go by.
 */
export async function readNamed(path: string, pause = sleep): Promise<Named> {
  const reading = read(path);
  for (;;) {
    const { done, value } = reading.next();
    if (done) return value;
    await pause(value);
  }
}

/** As {@linkcode readNamed}, while everything else waits. */
export function readNamedSync(path: string, pause = sleepSync): Named {
  const reading = read(path);
  for (;;) {
    const { done, value } = reading.next();
    if (done) return value;
    pause(value);
  }
}

/** Yields milliseconds to wait before it goes on. */
function* read(path: string): Generator<number, Named> {
  const file = open(path);
  try {
    const info = fstatSync(file);
    const is_pipe = info.isFIFO();
    if (!is_pipe && !info.isFile()) throw new Error(kindOf(info));
    return { text: new TextDecoder().decode(yield* readToEnd(file, is_pipe)), is_pipe };
  } finally {
    closeSync(file);
  }
}

function open(path: string): number {
  try {
    return openAtOnce(path);
  } catch (error) {
    throw error instanceof NotRegularError ? new Error(error.found) : error;
  }
}

function* readToEnd(file: number, is_pipe: boolean): Generator<number, Uint8Array> {
  const parts: Uint8Array[] = [];
  const piece = new Uint8Array(PIECE_BYTES);
  let num_bytes = 0, waited_ms = 0;
  for (;;) {
    const count = readSome(file, piece);
    if (count !== null && count > 0) {
      parts.push(piece.slice(0, count));
      num_bytes += count;
      waited_ms = 0;
      if (num_bytes > MAX_BYTES) throw new Error(`more than ${MAX_BYTES} bytes`);
      continue;
    }
    // A pipe that nobody has written to yet is at its end, too.
    if (count === 0 && (!is_pipe || parts.length > 0)) return joined(parts);
    const patience_ms = count === null ? SILENT_MS : NO_WRITER_MS;
    if (waited_ms >= patience_ms) {
      throw new Error(`a pipe that nothing was written to for ${patience_ms / 1000} s`);
    }
    yield PAUSE_MS;
    waited_ms += PAUSE_MS;
  }
}

/** Bytes read; 0 at the end, and where a pipe has no writer; null where its writer has not written more yet. */
function readSome(file: number, piece: Uint8Array): number | null {
  try {
    return readSync(file, piece, 0, piece.length, null);
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === "EAGAIN") return null;
    throw error;
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function sleepSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
