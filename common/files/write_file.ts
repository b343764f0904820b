/** Files that a person asked for. */
import { dirname } from "node:path";
import { UserError } from "../errors.ts";

/**
 * Writes a file, and the folders to it; resolves to its path. Where that is not possible, for instance on a full disk, a
 * file that was there stays as it was, and none is left that was not. Throws {@linkcode UserError} then.
 */
export async function writeFile(path: string, content: string | Uint8Array): Promise<string> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    await writeWhole(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
    return path;
  } catch (error) {
    throw new UserError(
      `Cannot write ${path}: it must be a writable file, found ${(error as Error).message}`,
    );
  }
}

async function writeWhole(path: string, content: Uint8Array): Promise<void> {
  const found = await Deno.stat(path).catch(() => null);
  // A device or a pipe takes what it gets.
  if (found !== null && !found.isFile) return await Deno.writeFile(path, content);
  const file = found === null ? path : await Deno.realPath(path);
  const part = `${file}.part`;
  try {
    await Deno.writeFile(part, content, found?.mode ? { mode: found.mode & 0o777 } : {});
    await Deno.rename(part, file);
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    throw error;
  }
}
