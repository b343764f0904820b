/** Files of data: read whole, unpacked, and refused in words that say what to do. */
import { gunzipSync } from "node:zlib";
import { UserError } from "../../common/errors.ts";

/** Largest file that is read, and largest that one is unpacked to: 2 GiB. */
export const MAX_FILE_BYTES = 2 ** 31;

/** Throws {@linkcode UserError} about a file. */
export function refuse(file: string, why: string): never {
  throw new UserError(`Cannot read data file ${file}: ${why}`);
}

/** The bytes of a file. Throws {@linkcode UserError} where it is not there, not readable or too large. */
export async function readDataFile(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = await attempt(file, () => Deno.stat(file));
  if (size > MAX_FILE_BYTES) {
    refuse(file, `at most ${MAX_FILE_BYTES} bytes are supported, found ${size}; split the file`);
  }
  return await attempt(file, () => Deno.readFile(file));
}

/** Turns failures of the file system into words for the user. */
export async function attempt<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      throw new UserError(
        `Cannot read data: a file or folder is required, found nothing at ${path}; check --data`,
      );
    }
    const found = error instanceof Error ? error.message : String(error);
    throw new UserError(`Cannot read data: ${path} must be readable, found ${found}; check --data`);
  }
}

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** What a gzip'ed file holds. */
export function gunzip(file: string, packed: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  try {
    const out = gunzipSync(packed, { maxOutputLength: MAX_FILE_BYTES });
    return new Uint8Array(out.buffer as ArrayBuffer, out.byteOffset, out.length);
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === "Z_BUF_ERROR") {
      refuse(file, "a whole gzip file is required, found one that ends early; fetch it again");
    }
    if (code === "ERR_BUFFER_TOO_LARGE") {
      refuse(file, `at most ${MAX_FILE_BYTES} unpacked bytes are supported, found more; split the file`);
    }
    const found = error instanceof Error ? error.message : String(error);
    refuse(file, `a whole gzip file is required, found a damaged one (${found}); fetch it again`);
  }
}
