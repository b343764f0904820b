/**
 * A screen for a command that goes on whatever becomes of the screen: its reader may end (`| tee` is killed), stop
 * reading (a pager), or have no room (a full disk).
 */
import { type Screen, screenOf, type Terminal } from "./screen.ts";

/** Characters that wait to be written at most; what comes then is left out. */
const MAX_WAITING = 1 << 18;
/** A stream that somebody has set not to block is asked again so soon. */
const AGAIN_MS = 50;
/** How long the last words may take. */
const LAST_WORDS_MS = 2_000;

export interface LastingScreen extends Screen {
  /** Resolves to the reason when something could not be written for the first time. */
  readonly lost: Promise<string>;
  /** Waits until all is written, but not for a reader that does not read. */
  readonly drained: () => Promise<void>;
}

interface Stream extends Terminal {
  write(bytes: Uint8Array): Promise<number>;
}

/** Standard output or standard error. */
export function lastingScreen(stream: Stream, last_words_ms = LAST_WORDS_MS): LastingScreen {
  const encoder = new TextEncoder();
  const { promise: lost, resolve: lose } = Promise.withResolvers<string>();
  let waiting = "";
  let writing: Promise<void> | null = null;
  const writeAll = async () => {
    while (waiting !== "") {
      const bytes = encoder.encode(waiting);
      waiting = "";
      // Once lost, it is tried all the same: a disk may have room again.
      await writeWhole(stream, bytes).catch((error: Error) => lose(error.message));
    }
    writing = null;
  };
  const write = (text: string) => {
    if (waiting.length + text.length > MAX_WAITING) return lose("its reader has stopped reading");
    waiting += text;
    writing ??= writeAll();
  };
  const drained = async () => {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, last_words_ms);
    await Promise.race([writing, late]);
    clearTimeout(timer);
  };
  return { ...screenOf(stream, write), lost, drained };
}

async function writeWhole(stream: Stream, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    try {
      done += await stream.write(bytes.subarray(done));
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
