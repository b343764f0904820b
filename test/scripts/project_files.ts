/** A project made for one check: a temporary folder with these files. */
import { dirname, join } from "node:path";
import { inTempDir } from "../temp_dir.ts";

/** What a check says of a project that has these files, by path. */
export async function checkOf<T>(
  files: Readonly<Record<string, string>>,
  check: (root: string) => T | Promise<T>,
): Promise<T> {
  let found: { readonly of: T } | null = null;
  await inTempDir(async (root) => {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(join(root, dirname(path)), { recursive: true });
      await Deno.writeTextFile(join(root, path), text);
    }
    found = { of: await check(root) };
  });
  return found!.of;
}
