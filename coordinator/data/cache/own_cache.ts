/** The cache of the user who runs this process. */
import { join } from "node:path";
import { stateFolder } from "../../../common/process/rendezvous.ts";
import { CacheFolder } from "./cache_folder.ts";

/** 10 GB: ten times CelebA at 32 x 32 in colour. */
export const MAX_CACHE_BYTES = 10_000_000_000;
const FOLDER = "pictures";

/** Null where the environment names no home. Needs the right to ask for the user's number. */
export function ownCache(env: (name: string) => string | undefined): CacheFolder | null {
  const state = stateFolder(env, Deno.build.os);
  if (state === undefined) return null;
  return new CacheFolder({
    path: join(state, FOLDER),
    max_bytes: MAX_CACHE_BYTES,
    uid: Deno.uid(),
    pid: Deno.pid,
    now_ms: () => Date.now(),
  });
}
