/**
 * V8's inspector, by which whoever connects reads and runs what they like in a process. Deno opens it on 127.0.0.1:9229
 * for all users of the machine when a process gets SIGUSR1, listener or not, unless it is open already.
 *
 * So the launcher opens it where nobody can come to (launched.ts). Where a system has no such place, it is closed here.
 */
import inspector from "node:inspector";

/** Moments after the signal at which to close it, besides every turn of the event loop up to the first. */
const AGAIN_MS = [50, 100, 200, 500, 1000];

/** Closes the inspector that SIGUSR1 is about to open: in each turn of the event loop, so that it answers nobody. */
export function closeInspector(): void {
  const begin_ms = performance.now();
  const close = () => {
    inspector.close();
    if (performance.now() - begin_ms < AGAIN_MS[0]!) setImmediate(close);
  };
  close();
  for (const ms of AGAIN_MS) Deno.unrefTimer(setTimeout(() => inspector.close(), ms));
}
