/**
 * How workers on the same machine find coordinators without arguments: a file for each in the user's state folder,
 * readable by its owner only, with address, token and run. It has the name of machine and address, since machines may
 * share a home: a coordinator that takes the place of one that was killed takes that of its file, too.
 *
 * Folder: WAGON_STATE_DIR if set, else %LOCALAPPDATA%\wagon on Windows (private to the user there), else
 * $XDG_STATE_HOME/wagon or ~/.local/state/wagon with mode 0700; files have mode 0600.
 */
import { hostname } from "node:os";
import { join } from "node:path";
import { writePrivateFile } from "./private_files.ts";

export interface Rendezvous {
  /** e.g. "ws://127.0.0.1:7700" */
  readonly url: string;
  readonly token: string;
  /** Path of the run's folder. */
  readonly run: string;
}

const FOLDER = "coordinators";
const ENDING = ".json";
/** Files of secrets beside it (coordinator/terminal/invitation.ts). */
export const TOKEN_ENDINGS = { workers: ".token", readers: ".read-token" } as const;

/** The user's state folder. Undefined where the environment names no home. */
export function stateFolder(env: (name: string) => string | undefined, os: string): string | undefined {
  const own = env("WAGON_STATE_DIR");
  if (own) return own;
  if (os === "windows") {
    const local = env("LOCALAPPDATA");
    return local ? join(local, "wagon") : undefined;
  }
  const state = env("XDG_STATE_HOME");
  if (state) return join(state, "wagon");
  const home = env("HOME");
  return home ? join(home, ".local", "state", "wagon") : undefined;
}

function folderPath(): string | undefined {
  const folder = stateFolder((name) => Deno.env.get(name), Deno.build.os);
  return folder && join(folder, FOLDER);
}

/**
 * The path of a file that belongs to the coordinator at an address, of this machine. Undefined where there is no home.
 * Needs the right to ask what this machine is called (--allow-sys=hostname).
 */
export function coordinatorFile(url: string, ending: string): string | undefined {
  const folder = folderPath();
  const name = [hostname(), new URL(url).host].join("_").replaceAll(/[^\w.-]/g, "_");
  return folder && join(folder, `${name}${ending}`);
}

/** Leaves address, token and run for workers of the same user. Returns the path, or null where there is no home. */
export async function writeRendezvous(rendezvous: Rendezvous): Promise<string | null> {
  const path = coordinatorFile(rendezvous.url, ENDING);
  if (path === undefined) return null;
  // A run has one coordinator: what another has left was killed before it could take its file away.
  for (const { url, run } of await readRendezvous()) {
    if (run !== rendezvous.run || url === rendezvous.url) continue;
    for (const ending of [ENDING, ...Object.values(TOKEN_ENDINGS)]) {
      await Deno.remove(coordinatorFile(url, ending)!).catch(() => {});
    }
  }
  await writePrivateFile(path, JSON.stringify({ host: hostname(), ...rendezvous }) + "\n");
  return path;
}

/** What coordinators on this machine have left, also those that were killed. A file that makes no sense counts as none. */
export async function readRendezvous(): Promise<readonly Rendezvous[]> {
  const folder = folderPath();
  if (folder === undefined) return [];
  try {
    const names = (await Array.fromAsync(Deno.readDir(folder))).filter(({ name, isFile }) =>
      isFile && name.endsWith(ENDING)
    ).map(({ name }) => name).sort();
    const texts = await Promise.all(
      // One may go while others are read.
      names.map((name) => Deno.readTextFile(join(folder, name)).catch(() => "")),
    );
    return texts.flatMap(rendezvousIn);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function rendezvousIn(text: string): Rendezvous[] {
  try {
    const { host, url, token, run } = JSON.parse(text) as Partial<Rendezvous & { host: string }>;
    const is_whole = typeof url === "string" && typeof token === "string" && typeof run === "string";
    return is_whole && host === hostname() && URL.canParse(url) ? [{ url, token, run }] : [];
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return [];
    throw error;
  }
}

/** Takes the file away again, unless another coordinator has replaced it since. */
export async function removeRendezvous({ url, token }: Pick<Rendezvous, "url" | "token">): Promise<void> {
  const is_mine = (await readRendezvous()).some((found) => found.url === url && found.token === token);
  if (is_mine) await Deno.remove(coordinatorFile(url, ENDING)!).catch(() => {});
}
