/** Files and folders that this user alone may look at. */
import { dirname } from "node:path";

const OTHERS = 0o077;
const OWNER_ALL = 0o700;

/** Makes files that this process creates from now on private to this user, where the system knows modes and allows it. */
export function keepFilesPrivate(): void {
  // Asked first: without the right it would ask the person at the terminal. The launcher has said it then.
  const may = Deno.permissions.querySync({ name: "sys" }).state === "granted";
  if (may && Deno.build.os !== "windows") Deno.umask(OTHERS);
}

/** Writes a file that this user alone may read, in place of any that is there, and makes its folder where there is none. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true, mode: OWNER_ALL });
  const temporary = `${path}.${Deno.pid}`;
  await Deno.remove(temporary).catch(() => {});
  // Made by this very call: never through a link, nor into a file that somebody else can read.
  await Deno.writeTextFile(temporary, text, { mode: 0o600, createNew: true });
  await Deno.rename(temporary, path);
}

/** Takes a folder that is there out of others' sight, where that is this user's to say. */
export async function keepFolderPrivate(path: string): Promise<void> {
  if (Deno.build.os !== "windows") await Deno.chmod(path, OWNER_ALL).catch(() => {});
}
