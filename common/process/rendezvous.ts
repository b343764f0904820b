/**
 * How a worker on the same machine finds the coordinator without arguments: a file in the user's state folder,
 * readable by its owner only, with address and token. The last coordinator started on the machine owns it.
 *
 * Folder: WAGON_STATE_DIR if set, else %LOCALAPPDATA%\wagon on Windows (private to the user there), else
 * $XDG_STATE_HOME/wagon or ~/.local/state/wagon with mode 0700; the file has mode 0600.
 */
import { join } from "node:path";

export interface Rendezvous {
  /** e.g. "ws://127.0.0.1:7700" */
  readonly url: string;
  readonly token: string;
}

const FILE = "coordinator.json";

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

function rendezvousPath(): string | undefined {
  const folder = stateFolder((name) => Deno.env.get(name), Deno.build.os);
  return folder && join(folder, FILE);
}

/** Leaves address and token for workers of the same user. Returns the path, or null where there is no home. */
export async function writeRendezvous(rendezvous: Rendezvous): Promise<string | null> {
  const path = rendezvousPath();
  if (path === undefined) return null;
  await Deno.mkdir(join(path, ".."), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${Deno.pid}`;
  await Deno.remove(temporary).catch(() => {});
  // Made by this very call: never through a link, nor into a file that somebody else can read.
  const text = JSON.stringify(rendezvous) + "\n";
  await Deno.writeTextFile(temporary, text, { mode: 0o600, createNew: true });
  await Deno.rename(temporary, path);
  return path;
}

/** What the last coordinator left, or null. A file that makes no sense, or is no regular one, counts as none. */
export async function readRendezvous(): Promise<Rendezvous | null> {
  const path = rendezvousPath();
  if (path === undefined) return null;
  try {
    if (!(await Deno.lstat(path)).isFile) return null;
    const value: unknown = JSON.parse(await Deno.readTextFile(path));
    const { url, token } = value as Partial<Rendezvous>;
    return typeof url === "string" && typeof token === "string" ? { url, token } : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Takes the file away again, unless another coordinator has replaced it since. */
export async function removeRendezvous(mine: Rendezvous): Promise<void> {
  const path = rendezvousPath();
  const found = await readRendezvous();
  if (path !== undefined && found?.token === mine.token && found.url === mine.url) {
    await Deno.remove(path).catch(() => {});
  }
}
