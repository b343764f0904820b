/** Finds run folders: by path, by name, or the newest. */
import { UserError } from "../../common/errors.ts";
import { nearest } from "../../common/nearest.ts";
import { cleanLine } from "../../common/text/foreign_text.ts";
import { LOG_NAME } from "../records.ts";
import { readRun } from "./reader.ts";
import { hasLog } from "./segments.ts";

/** Where runs are made, and looked for, unless told otherwise. */
export const RUNS = "runs";

/** A folder with a run in it. */
interface Found {
  /** The folder's. */
  readonly name: string;
  /** ISO 8601. */
  readonly created: string;
  /** Given with --name; null for none. */
  readonly title: string | null;
}

/** When a run was made, by its first record, or where that cannot be read by the file's time; and what it is called. */
async function headOf(folder: string): Promise<Omit<Found, "name">> {
  try {
    for await (const record of readRun(folder)) {
      if (record.type === "run") return { created: record.created, title: record.name ?? null };
    }
  } catch {
    // The list says why, and shows the others.
  }
  const found = await Deno.stat(`${folder}/${LOG_NAME}`).catch(() => null);
  return { created: (found?.mtime ?? new Date(0)).toISOString(), title: null };
}

/** Names of the run folders under `runs`, by when they were made, newest last. [] if there is no such folder. */
export async function runNames(runs: string): Promise<string[]> {
  return (await runsIn(runs)).map(({ name }) => name);
}

async function runsIn(runs: string): Promise<Found[]> {
  const found: Found[] = [];
  try {
    for await (const { name } of Deno.readDir(runs)) {
      const folder = `${runs}/${name}`;
      if (await hasLog(folder)) found.push({ name, ...await headOf(folder) });
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    if (error instanceof Deno.errors.NotADirectory) {
      throw new UserError(`Cannot list ${runs}: it is not a folder`);
    }
    throw error;
  }
  const key = ({ created, name }: Found) => `${created} ${name}`;
  return found.sort((a, b) => key(a) < key(b) ? -1 : 1);
}

/**
 * The folder that a person means: a path, a name under `runs`, "latest", or what --name called the run (the newest of
 * that name). Throws {@linkcode UserError} if there is none.
 */
export async function findRun(wanted: string, runs: string): Promise<string> {
  for (const folder of [wanted, `${runs}/${wanted}`]) {
    if (await hasLog(folder)) return folder.replace(/(?<=.)\/+$/, "");
  }
  if (wanted !== "latest" && (/[/\\]/.test(wanted) || await Deno.stat(wanted).catch(() => null))) {
    throw new UserError(`Cannot read run ${wanted}: a run folder must hold ${LOG_NAME}, found none`);
  }
  const found = await runsIn(runs);
  const named = found.findLast(({ title }) => title === wanted);
  if (named) return `${runs}/${named.name}`;
  const names = found.map(({ name }) => name);
  const latest = names.at(-1);
  if (wanted === "latest" && latest) return `${runs}/${latest}`;
  if (!latest) throw new UserError(`Cannot find run ${wanted}: there are no runs in ${runs}`);
  const guess = nearest(wanted, names);
  const hint = guess
    ? `did you mean ${cleanLine(guess)}?`
    : `the newest is ${cleanLine(latest)}; deno task inspect lists all`;
  throw new UserError(`Cannot find run ${wanted} in ${runs}: ${hint}`);
}
