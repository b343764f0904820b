/** Files that a person asked for. */
import { dirname } from "node:path";
import { UserError } from "../errors.ts";

/** Writes a file, and the folders to it; resolves to its path. Throws {@linkcode UserError} where that is not possible. */
export async function writeFile(path: string, content: string | Uint8Array): Promise<string> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    await (typeof content === "string" ? Deno.writeTextFile(path, content) : Deno.writeFile(path, content));
    return path;
  } catch (error) {
    throw new UserError(
      `Cannot write ${path}: it must be a writable file, found ${(error as Error).message}`,
    );
  }
}
