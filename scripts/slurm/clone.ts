/** A folder with what a clone of wagon needs to run, so that its runs are not made in this one. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOMS } from "../rooms.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Copies it into a folder, which is made. */
export async function cloneInto(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const rooms = new Set(ROOMS.map(({ folder }) => folder.split("/")[0]!));
  const parts = [...rooms, "tasks", "locks", "deploy", "deno.json", "imports.json"];
  const args = ["-R", ...parts.map((part) => join(ROOT, part)), folder];
  const { success, stderr } = await new Deno.Command("cp", { args }).output();
  if (!success) throw new Error(`cp must succeed: found ${new TextDecoder().decode(stderr)}`);
}
