/** Where a run leaves what it makes: in its folder, or, for a program that wants none, nowhere. */
import type { LogWriter } from "../../runlog/log/writer.ts";
import type { RunFolder } from "./run_folder.ts";
import type { RunLock } from "./run_lock.ts";

export interface RunPlace {
  /** null: nothing is written. */
  readonly folder: RunFolder | null;
  readonly log: Pick<LogWriter, "append" | "flush" | "sync" | "close">;
  /** Nobody else trains in the folder until this is disposed of. */
  readonly lock: Pick<RunLock, "lost" | "onlost" | "check" | typeof Symbol.asyncDispose>;
}

/** No folder: records go to nobody, and nobody else can take it over. */
export function nowhere(): RunPlace {
  const done = () => Promise.resolve();
  return {
    folder: null,
    log: { append: () => {}, flush: done, sync: done, close: done },
    lock: { lost: null, onlost: null, check: done, [Symbol.asyncDispose]: done },
  };
}
