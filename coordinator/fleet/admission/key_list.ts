/** The file of `--allow-keys`, and its changes. */
import { UserError } from "../../../common/errors.ts";
import { readNamed } from "../../../common/files/named_file.ts";
import type { Cancel, Clock } from "../../../wire/clock.ts";
import { unlistedKey } from "../../../wire/handshake.ts";
import { type KeyFile, ListedKeys } from "./listed_keys.ts";
import { expel, type Member } from "../member.ts";

/** The file is looked at this often. */
const LOOK_MS = 2_000;

/** Reads the list; null where there is none. Throws {@linkcode UserError}. */
export async function openKeyList(path: string | undefined): Promise<ListedKeys | null> {
  return path === undefined ? null : await ListedKeys.open(keyFile(path));
}

/** Looks at the file now and then: who is not on the list any more has to go. */
export function watchKeyList(
  keys: ListedKeys,
  { clock, members, say }: {
    readonly clock: Pick<Clock, "every">;
    readonly members: () => readonly Member[];
    readonly say: (line: string) => void;
  },
): Cancel {
  keys.onchange = () => {
    for (const member of members()) {
      if (member.public_key === null || keys.nameOf(member.public_key) !== null) continue;
      expel(member, unlistedKey(member.public_key));
    }
  };
  return clock.every(LOOK_MS, () => {
    void keys.refresh().then((line) => line !== null && say(line));
  });
}

function keyFile(path: string): KeyFile {
  const unreadable = (error: unknown) => {
    const found = error instanceof Deno.errors.NotFound ? "nothing there" : (error as Error).message;
    return new UserError(
      `Cannot read key list ${path}: a readable file is required, found ${found}; check --allow-keys`,
    );
  };
  return {
    path,
    read: async () => {
      try {
        const { text, is_pipe } = await readNamed(path);
        if (is_pipe) throw new Error("a pipe, which can be read only once");
        return text;
      } catch (error) {
        throw unreadable(error);
      }
    },
    version: async () => {
      try {
        const { mtime, size, ino, dev } = await Deno.stat(path);
        return [mtime?.getTime(), size, ino, dev].join();
      } catch (error) {
        throw unreadable(error);
      }
    },
  };
}
