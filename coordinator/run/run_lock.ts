/**
 * One coordinator a run folder. Who trains in it holds the operating system's lock on the file `lock`, which ends with
 * the process, however that ends; over NFS (Linux) it holds between machines, too. `owner.json` beside it names the
 * process and counts its beats. It is what a second coordinator reads out, and what decides where the system's lock says
 * nothing: on file systems without locks, and where a lock is not seen by other machines. There an owner is taken to be
 * gone once it has missed its beats for {@linkcode WATCH_MS}, by the watcher's own clock alone; one that was only
 * held up finds at its next beat, or before its next checkpoint, that the folder is another's, and writes no more.
 */
import { hostname } from "node:os";
import { join } from "node:path";
import { UserError } from "../../common/errors.ts";
import { NotRegularError, RegularFile } from "../../common/files/regular_file.ts";
import { type Cancel, type Clock, SYSTEM_CLOCK } from "../../wire/clock.ts";
import { hex, type Infer, int, object, SchemaError, text } from "../../wire/schema.ts";
import { explainWriteFailure } from "../../runlog/log/write_failure.ts";

const LOCK_NAME = "lock";
const OWNER_NAME = "owner.json";
/** No owner writes more. */
const MAX_OWNER_BYTES = 1 << 16;
/** Files that a folder contains because it is, or was, owned. */
export const LOCK_FILES: ReadonlySet<string> = new Set([LOCK_NAME, OWNER_NAME, `${OWNER_NAME}.part`]);

export const BEAT_MS = 10_000;
/** Six beats: decoding data may hold one up. */
export const WATCH_MS = 60_000;

const checkOwner = object({
  host: text(255),
  pid: int(1),
  /** ISO 8601, UTC. */
  since: text(32),
  /** Tells it from every other start, and what it has shown of life since. */
  nonce: hex(32),
  beats: int(0),
});
type Owner = Infer<typeof checkOwner>;

/** External dependencies of owning. */
export interface LockTools {
  readonly host: string;
  readonly pid: number;
  readonly clock: Clock;
  /** The system's lock: whether it was had, or null where the file system has none. */
  readonly lock: (file: Deno.FsFile) => Promise<boolean | null>;
  /** Says why it takes so long. */
  readonly tell: (line: string) => void;
}

export function lockTools(tell: LockTools["tell"]): LockTools {
  return { host: hostname(), pid: Deno.pid, clock: SYSTEM_CLOCK, lock: systemLock, tell };
}

function systemLock(file: Deno.FsFile): Promise<boolean | null> {
  return file.tryLock(true).catch(() => null);
}

export class RunLock implements AsyncDisposable {
  /** Called once another process has taken the folder over. */
  onlost: ((error: UserError) => void) | null = null;
  readonly #folder: string;
  readonly #file: Deno.FsFile;
  readonly #stopBeats: Cancel;
  #owner: Owner;
  #lost: UserError | null = null;
  /** Beats come one after another. */
  #last: Promise<void> = Promise.resolve();

  private constructor(folder: string, file: Deno.FsFile, owner: Owner, clock: Clock) {
    this.#folder = folder;
    this.#file = file;
    this.#owner = owner;
    this.#stopBeats = clock.every(BEAT_MS, () => void this.#queue(() => this.#beat()));
  }

  /** Makes this process the owner of a folder that is there. Throws {@linkcode UserError} naming who owns it. */
  static async take(folder: string, tools: LockTools): Promise<RunLock> {
    const file = await openLockFile(join(folder, LOCK_NAME));
    try {
      const locked = await tools.lock(file);
      const found = await readOwner(folder);
      if (locked === false) throw owned(folder, found);
      if (found !== null && !(locked && found.host === tools.host)) await watch(folder, found, tools);
      const owner = newOwner(tools);
      await writeOwner(folder, owner);
      return new RunLock(folder, file, owner, tools.clock);
    } catch (error) {
      file.close();
      throw explainWriteFailure(join(folder, OWNER_NAME), error);
    }
  }

  /** Why this process may write here no more; null while it may. */
  get lost(): UserError | null {
    return this.#lost;
  }

  /** Throws {@linkcode UserError} where the folder is another's by now. */
  async check(): Promise<void> {
    await this.#queue(() => this.#look());
    if (this.#lost !== null) throw this.#lost;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopBeats();
    await this.#queue(async () => {
      await this.#look();
      if (this.#lost === null) await Deno.remove(join(this.#folder, OWNER_NAME));
    });
    this.#file.close();
  }

  /** A file that cannot be read or written now may be at the next heartbeat. */
  #queue(action: () => Promise<void>): Promise<void> {
    return this.#last = this.#last.then(action).catch(() => {});
  }

  async #look(): Promise<void> {
    const found = await readOwner(this.#folder);
    if (this.#lost !== null || found === null || found.nonce === this.#owner.nonce) return;
    this.#lost = new UserError(
      `Cannot continue in run folder ${this.#folder}: one coordinator may train in it, and ` +
        `${nameOf(found)} has taken it over, as this one did not answer; nothing more was written`,
    );
    this.#stopBeats();
    this.onlost?.(this.#lost);
  }

  async #beat(): Promise<void> {
    await this.#look();
    if (this.#lost !== null) return;
    this.#owner = { ...this.#owner, beats: this.#owner.beats + 1 };
    await writeOwner(this.#folder, this.#owner);
  }
}

async function openLockFile(path: string): Promise<Deno.FsFile> {
  const there = await Deno.lstat(path).catch(() => null);
  if (there !== null && !there.isFile) {
    throw new UserError(`Cannot lock ${path}: it must be a regular file; remove what is there`);
  }
  try {
    return await Deno.open(path, { write: true, create: true });
  } catch (error) {
    throw explainWriteFailure(path, error);
  }
}

/** Waits to see whether the owner beats on. Throws {@linkcode UserError} as soon as it does. */
async function watch(folder: string, before: Owner, { clock, tell }: LockTools): Promise<void> {
  tell(
    `Run folder ${folder} belonged to ${nameOf(before)}, which did not record its end: waiting up to ` +
      `${WATCH_MS / 1000} s to see whether it is still running`,
  );
  for (let waited_ms = 0; waited_ms < WATCH_MS; waited_ms += BEAT_MS) {
    await new Promise<void>((resolve) => clock.after(BEAT_MS, resolve));
    const found = await readOwner(folder);
    if (found === null) return;
    if (found.nonce !== before.nonce || found.beats !== before.beats) throw owned(folder, found);
  }
}

function newOwner({ host, pid, clock: _clock }: LockTools): Owner {
  const nonce = crypto.getRandomValues(new Uint8Array(16)).toHex();
  return { host, pid, since: new Date().toISOString(), nonce, beats: 0 };
}

/** Null where there is none, or none that can be read. */
async function readOwner(folder: string): Promise<Owner | null> {
  try {
    using file = await RegularFile.open(join(folder, OWNER_NAME));
    return checkOwner(JSON.parse(new TextDecoder().decode(await file.read(0, MAX_OWNER_BYTES))), "owner");
  } catch (error) {
    const unreadable = error instanceof Deno.errors.NotFound || error instanceof SyntaxError ||
      error instanceof SchemaError || error instanceof NotRegularError;
    if (unreadable) return null;
    throw error;
  }
}

/** Whole at once for whoever reads it; closed, so that NFS shows it to other machines. */
async function writeOwner(folder: string, owner: Owner): Promise<void> {
  const path = join(folder, OWNER_NAME);
  // A crash may have left one; and nothing else that lies there is written into.
  await Deno.remove(`${path}.part`).catch(() => {});
  await Deno.writeTextFile(`${path}.part`, JSON.stringify(owner) + "\n", { createNew: true });
  await Deno.rename(`${path}.part`, path);
}

function owned(folder: string, owner: Owner | null): UserError {
  return new UserError(
    `Cannot train in run folder ${folder}: no other coordinator may train in it, found ${
      owner === null ? "one that did not say who it is" : `${nameOf(owner)}, since ${shown(owner.since)}`
    }; stop that one, or wait until it has ended`,
  );
}

function nameOf({ host, pid }: Owner): string {
  return `process ${pid} on ${shown(host)}`;
}

/** The file may hold anything: only what a host's name or a time is made of is shown. */
function shown(text: string): string {
  return /^[\w.:-]+$/.test(text) ? text : "?";
}
