/** Files of keys: private ones are for this user alone, and nothing that exists is replaced unless a person wants it. */
import { dirname } from "node:path";
import { UserError } from "../../common/errors.ts";
import { writePrivateFile } from "../../common/process/private_files.ts";

export interface NewFile {
  readonly path: string;
  readonly text: string;
  /** True if nobody else may read it. */
  readonly is_secret: boolean;
}

/** Writes all or, where one of them exists and `replaces` is false, none. Throws {@linkcode UserError}. */
export async function writeNewFiles(files: readonly NewFile[], replaces: boolean): Promise<void> {
  for (const { path } of replaces ? [] : files) {
    if (await Deno.lstat(path).then(() => true, () => false)) throw new UserError(exists(path));
  }
  for (const { path, text, is_secret } of files) {
    try {
      await Deno.mkdir(dirname(path), { recursive: true });
      if (replaces) await replace(path, text, is_secret);
      else await Deno.writeTextFile(path, text, { createNew: true, mode: is_secret ? 0o600 : 0o644 });
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) throw new UserError(exists(path));
      throw new UserError(
        `Cannot write ${path}: a folder that can be written to is required, found ${
          (error as Error).message
        }; check --out`,
      );
    }
  }
}

async function replace(path: string, text: string, is_secret: boolean): Promise<void> {
  await writePrivateFile(path, text);
  if (!is_secret && Deno.build.os !== "windows") await Deno.chmod(path, 0o644);
}

function exists(path: string): string {
  return `Cannot write ${path}: there must be no file of this name yet, found one; choose another folder with --out, or ` +
    "replace it with --force (machines that trust the old one must get the new one)";
}
