/** Files that are read whole: regular ones alone, and never waited for. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

/**
 * The bytes of a regular file, or of one that a link leads to. A FIFO or a device is opened without waiting for a
 * writer, and refused. Throws Error with the reason, in words for a person.
 */
export function readRegularFile(path: string, max_bytes: number): Uint8Array<ArrayBuffer> {
  // Windows has neither FIFOs in folders nor this flag.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const info = fstatSync(file);
    if (!info.isFile()) throw new Error("no regular file");
    if (info.size > max_bytes) throw new Error(`a file of ${info.size} bytes, more than ${max_bytes}`);
    const bytes = new Uint8Array(info.size);
    let read = 0;
    while (read < bytes.length) {
      const count = readSync(file, bytes, read, bytes.length - read, null);
      if (count === 0) break;
      read += count;
    }
    return bytes.subarray(0, read);
  } finally {
    closeSync(file);
  }
}
