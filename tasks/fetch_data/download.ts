/** Downloads files that are known by their SHA-256: what was downloaded before is kept, and continued where it ended. */
import { dirname } from "node:path";
import { UserError } from "../../common/errors.ts";
import { piecesOf, RegularFile } from "../../common/files/regular_file.ts";
import { Sha256 } from "../../common/sha256.ts";

/** Time without a byte after which a download is given up. */
const SILENCE_MS = 30_000;
const PIECE_BYTES = 1 << 16;

export interface Wanted {
  /** Places that have it, tried in this order. */
  readonly urls: readonly string[];
  readonly sha256: string;
  readonly bytes: number;
  /** Where it is put. */
  readonly path: string;
}

export interface Downloading {
  readonly fetch: typeof fetch;
  /** Headers for a place, e.g. a token. */
  headersFor?(url: string): Readonly<Record<string, string>>;
  readonly progress: (done: number, total: number) => void;
  /** Calls back once after so many milliseconds; the result stops that. */
  readonly after: (ms: number, act: () => void) => () => void;
}

/**
 * Downloads a file unless it is there. What came of an earlier attempt stands in PATH.part and is continued. Throws
 * {@linkcode UserError} where no place can be reached, or none has these bytes.
 */
export async function download(wanted: Wanted, how: Downloading): Promise<"there" | "downloaded"> {
  const { path, sha256, urls } = wanted;
  const found = await hashOf(path);
  if (found === sha256) return "there";
  await Deno.mkdir(dirname(path), { recursive: true });
  const reasons: string[] = [];
  for (const url of urls) {
    try {
      await downloadFrom(url, wanted, how);
      return "downloaded";
    } catch (error) {
      if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
        throw error;
      }
      reasons.push(`${hostOf(url)}: ${(error as Error).message}`);
    }
  }
  throw new UserError(
    `Cannot download ${path}: a connection to ${urls.map(hostOf).join(" or ")} is required, found ${
      reasons.join("; ")
    }; ` +
      "run the command again when the network is there (it continues where it ended), or put the file there yourself",
  );
}

async function downloadFrom(url: string, { path, sha256, bytes }: Wanted, how: Downloading): Promise<void> {
  const part = `${path}.part`;
  const begin = await Deno.lstat(part).then(({ isFile, size }) => isFile ? size : Infinity, () => 0);
  // A part that is too long is none of this file, and a link or pipe of this name is somebody else's.
  if (begin > bytes) await Deno.remove(part);
  const from = begin > bytes ? 0 : begin;
  if (from < bytes) await append(url, part, from, bytes, how);
  const found = await hashOf(part);
  if (found === sha256) return await Deno.rename(part, path);
  // Nothing of it can be trusted.
  await Deno.remove(part).catch(() => {});
  throw new Error(
    `another file than the one that was published (SHA-256 ${found?.slice(0, 12)}…, not ${
      sha256.slice(0, 12)
    }…)`,
  );
}

async function append(
  url: string,
  part: string,
  from: number,
  bytes: number,
  how: Downloading,
): Promise<void> {
  const stopper = new AbortController();
  let stop = () => {};
  const watch = () => {
    stop();
    stop = how.after(SILENCE_MS, () => stopper.abort(new Error(`nothing came for ${SILENCE_MS / 1000} s`)));
  };
  watch();
  try {
    const headers = { ...how.headersFor?.(url), ...from > 0 && { range: `bytes=${from}-` } };
    const response = await how.fetch(url, { headers, signal: stopper.signal });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new Error(`status ${response.status}`);
    }
    // A server that knows no ranges sends all of it.
    const continues = response.status === 206;
    let done = continues ? from : 0;
    using file = await Deno.open(part, {
      write: true,
      create: true,
      append: continues,
      truncate: !continues,
    });
    for await (const piece of response.body) {
      watch();
      done += piece.length;
      if (done > bytes) throw new Error(`more than ${bytes} bytes`);
      for (let at = 0; at < piece.length;) at += await file.write(piece.subarray(at));
      how.progress(done, bytes);
    }
    if (done < bytes) throw new Error(`a connection that ended after ${done} of ${bytes} bytes`);
  } finally {
    stop();
  }
}

/** SHA-256 of a regular file; null where there is none. */
async function hashOf(path: string): Promise<string | null> {
  using file = await RegularFile.open(path).catch(() => null);
  if (file === null) return null;
  const hash = new Sha256();
  for await (const piece of piecesOf(file, PIECE_BYTES)) hash.update(piece);
  return hash.hex();
}

function hostOf(url: string): string {
  return new URL(url).host;
}
