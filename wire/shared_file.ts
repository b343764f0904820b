/** Reading and writing at places of a file that several processes have open. */

/** How the name of a coordinator's folder of such files begins. */
export const SHARED_MEMORY_PREFIX = "wagon-exchange-";

export function writeAt(file: Deno.FsFile, offset: number, bytes: Uint8Array): void {
  file.seekSync(offset, Deno.SeekMode.Start);
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
}

/** Reads exactly `into.length` bytes; false where the file ends before. */
export function readAt(file: Deno.FsFile, offset: number, into: Uint8Array): boolean {
  file.seekSync(offset, Deno.SeekMode.Start);
  for (let done = 0; done < into.length;) {
    const read = file.readSync(into.subarray(done));
    if (read === null) return false;
    done += read;
  }
  return true;
}

/** A new file of so many zeros, readable by its owner alone. Throws where there is no room: all of it is taken now. */
export function createFile(path: string, bytes: number): Deno.FsFile {
  const file = Deno.openSync(path, { read: true, write: true, createNew: true, mode: 0o600 });
  try {
    const zeros = new Uint8Array(Math.min(bytes, 1 << 20));
    for (let done = 0; done < bytes; done += zeros.length) {
      writeAt(file, done, zeros.subarray(0, Math.min(zeros.length, bytes - done)));
    }
    return file;
  } catch (error) {
    file.close();
    Deno.removeSync(path);
    throw error;
  }
}
