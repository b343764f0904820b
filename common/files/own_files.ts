/** Folders and files that this user alone can have made: what lies in a folder that all users share is anybody's. */

/** Permissions that let others write. */
const OTHERS_WRITE = 0o022;

/**
 * True if a folder, no link to one, belongs to this user and only this user can change what is in it. Needs the right
 * to ask who that is (--allow-sys=uid). Where files have no owner (Windows), the folder for temporary files is the
 * user's own.
 */
export function isOwnFolder(path: string): boolean {
  try {
    const { isDirectory, uid, mode } = Deno.lstatSync(path);
    if (Deno.build.os === "windows") return isDirectory;
    return isDirectory && uid === Deno.uid() && (mode! & OTHERS_WRITE) === 0;
  } catch {
    return false;
  }
}

/**
 * Opens a file that is there, to read and write: null unless it is regular and belongs to this user. Never waits,
 * whatever lies there.
 */
export function openOwnFile(path: string): Deno.FsFile | null {
  try {
    // Opening a pipe waits for its other end, unless it is opened for both ends at once.
    const file = Deno.openSync(path, { read: true, write: true });
    const { isFile, uid } = file.statSync();
    if (isFile && (Deno.build.os === "windows" || uid === Deno.uid())) return file;
    file.close();
    return null;
  } catch {
    return null;
  }
}
