/** Where a secret must not be seen. */
import { join } from "node:path";

/** Files that are there to hold one. */
const OF_TOKENS = /^token$|^wagon\.token$|\.(read-)?token$|^coordinators$/;

const decoder = new TextDecoder("latin1");

/**
 * Where a secret is seen: command lines and variables of all processes of this machine, and all files in some folders
 * but those that are there to hold it.
 */
export async function exposures(secret: string, ...folders: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for await (const { where, text } of everything(folders)) if (text.includes(secret)) found.push(where);
  return found;
}

async function* everything(
  folders: readonly string[],
): AsyncGenerator<{ readonly where: string; readonly text: string }> {
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    for (const file of ["cmdline", "environ"]) {
      yield { where: `${file} of ${name}`, text: await read(`/proc/${name}/${file}`) };
    }
  }
  for (const folder of folders) yield* files(folder);
}

async function* files(folder: string): AsyncGenerator<{ readonly where: string; readonly text: string }> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    if (OF_TOKENS.test(name)) continue;
    const path = join(folder, name);
    if (isDirectory) yield* files(path);
    else if (isFile) yield { where: path, text: await read(path) };
  }
}

/** It may be gone by now. */
async function read(path: string): Promise<string> {
  return decoder.decode(await Deno.readFile(path).catch(() => new Uint8Array()));
}
