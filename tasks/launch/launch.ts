/**
 * Starts a task with the rights that its options need. This process has all rights, looks at nothing but the options, and
 * is replaced by the program.
 */
import { keepFilesPrivate } from "../../common/process/private_files.ts";
import { canSeal, SEALED, SEALING_FLAGS } from "../../common/process/launched.ts";
import { execute } from "./execute.ts";
import { commandOf, isLaunched, withRunFolder } from "./rights.ts";
import { surroundings } from "./surroundings.ts";

async function launch([task = "", ...words]: readonly string[]): Promise<number> {
  if (!isLaunched(task)) {
    throw new Error(`Cannot launch ${task}: it must be train, coordinator, worker or relay`);
  }
  const args = await withRunFolder(words);
  const [run, quiet, ...rest] = commandOf(task, args, surroundings());
  const sealed = await canSeal();
  Deno.env.set(SEALED, sealed ? "1" : "0");
  // Deno would tell a person of newer versions of itself.
  Deno.env.set("DENO_NO_UPDATE_CHECK", "1");
  // The last one counts, as for the program.
  if (args.findLast((word) => /^--(no-)?readable$/.test(word)) !== "--readable") keepFilesPrivate();
  // A person sees which packages are fetched.
  const shown = Deno.stderr.isTerminal() ? [] : [quiet!];
  return await execute(Deno.execPath(), [run!, ...shown, ...sealed ? SEALING_FLAGS : [], ...rest]);
}

if (import.meta.main) Deno.exit(await launch(Deno.args));
