/** Finds run folders: by path, by name, or the newest. */
import { UserError } from "../../common/errors.ts";
import { nearest } from "../../common/nearest.ts";
import { cleanLine } from "../../common/text/foreign_text.ts";
import { LOG_NAME } from "../records.ts";
import { readRun } from "./reader.ts";
import { hasLog } from "./segments.ts";

/** Where runs are made, and looked for, unless told otherwise. */
export const RUNS = "runs";

/** When a run was made, ISO 8601: by its first record, or where that cannot be read by the file's time. */
async function createdOf(folder: string): Promise<string> {
  try {
    for await (const record of readRun(folder)) if (record.type === "run") return record.created;
  } catch {
    // The list says why, and shows the others.
  }
  const found = await Deno.stat(`${folder}/${LOG_NAME}`).catch(() => null);
  return (found?.mtime ?? new Date(0)).toISOString();
}

/** Names of the run folders under `runs`, by when they were made, newest last. [] if there is no such folder. */
export async function runNames(runs: string): Promise<string[]> {
  const found: { name: string; created: string }[] = [];
  try {
    for await (const { name } of Deno.readDir(runs)) {
      const folder = `${runs}/${name}`;
      if (await hasLog(folder)) found.push({ name, created: await createdOf(folder) });
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    if (error instanceof Deno.errors.NotADirectory) {
      throw new UserError(`Cannot list ${runs}: it is not a folder`);
    }
    throw error;
  }
  const key = ({ created, name }: { name: string; created: string }) => `${created} ${name}`;
  found.sort((a, b) => key(a) < key(b) ? -1 : 1);
  return found.map(({ name }) => name);
}

/**
 * The folder that a person means: a path, a name under `runs`, or "latest". Throws {@linkcode UserError} if
 * there is none.
 */
export async function findRun(wanted: string, runs: string): Promise<string> {
  for (const folder of [wanted, `${runs}/${wanted}`]) {
    if (await hasLog(folder)) return folder.replace(/(?<=.)\/+$/, "");
  }
  if (wanted !== "latest" && (/[/\\]/.test(wanted) || await Deno.stat(wanted).catch(() => null))) {
    throw new UserError(`Cannot read run ${wanted}: a run folder must hold ${LOG_NAME}, found none`);
  }
  const names = await runNames(runs);
  const latest = names.at(-1);
  if (wanted === "latest" && latest) return `${runs}/${latest}`;
  if (!latest) throw new UserError(`Cannot find run ${wanted}: there are no runs in ${runs}`);
  const guess = nearest(wanted, names);
  const hint = guess
    ? `did you mean ${cleanLine(guess)}?`
    : `the newest is ${cleanLine(latest)}; deno task inspect lists all`;
  throw new UserError(`Cannot find run ${wanted} in ${runs}: ${hint}`);
}
