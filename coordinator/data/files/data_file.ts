/** Files of data: opened, unpacked, and refused in words that say what to do. */
import { UserError } from "../../../common/errors.ts";
import { NotRegularError, RegularFile } from "../../../common/files/regular_file.ts";

/** Largest data that are held: 2 GiB. */
export const MAX_FILE_BYTES = 2 ** 31;

/** Throws {@linkcode UserError} about a file. */
export function refuse(file: string, why: string): never {
  throw new UserError(`Cannot read data file ${file}: ${why}`);
}

/** Opens a file. Throws {@linkcode UserError} where it is not there, not readable or no regular file. */
export async function openDataFile(file: string): Promise<RegularFile> {
  return await attempt(file, () => RegularFile.open(file));
}

/**
 * What is read of an open file. Throws {@linkcode UserError} also where the file has changed meanwhile: what was read
 * may be half of the old and half of the new, and what was refused may be whole by now.
 */
export async function readUnchanged<T>(
  file: string,
  opened: RegularFile,
  read: () => Promise<T>,
): Promise<T> {
  const [outcome] = await Promise.allSettled([read()]);
  if (opened.hasChanged()) {
    refuse(
      file,
      "an unchanging file is required, found one that changed while it was read; start again when nothing " +
        "writes to it",
    );
  }
  if (outcome.status === "rejected") throw outcome.reason;
  return outcome.value;
}

/** The bytes of a file. Throws {@linkcode UserError} where it is not there, not readable or too large. */
export async function readDataFile(file: string): Promise<Uint8Array<ArrayBuffer>> {
  using opened = await openDataFile(file);
  if (opened.size > MAX_FILE_BYTES) {
    refuse(file, `at most ${MAX_FILE_BYTES} bytes are supported, found ${opened.size}; use fewer examples`);
  }
  return await readUnchanged(file, opened, () => attempt(file, () => opened.read(0, opened.size)));
}

/** True if data of so many bytes can be held. Throws {@linkcode UserError} with the advice where they cannot. */
export function requireRoom(file: string, bytes: number, what: string, advice: string): void {
  if (bytes <= MAX_FILE_BYTES) return;
  refuse(
    file,
    `at most ${MAX_FILE_BYTES} bytes of data are supported, found ${bytes} for ${what}; ${advice}`,
  );
}

/** Turns failures of the file system into words for the user. */
export async function attempt<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (error instanceof NotRegularError) {
      refuse(path, `a regular file is required, found ${error.found}; name a file that contains the data`);
    }
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      throw new UserError(
        `Cannot read data: a file or folder is required, found nothing at ${path}; check --data`,
      );
    }
    const found = error instanceof Error ? error.message : String(error);
    throw new UserError(`Cannot read data: ${path} must be readable, found ${found}; check --data`);
  }
}
