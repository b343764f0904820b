/**
 * V8's inspector, by which whoever connects reads and runs what they like in a process. Deno opens it on 127.0.0.1:9229
 * for all users of the machine when a process gets SIGUSR1, listener or not, unless it is open already.
 *
 * So the launcher opens it on an address that can be listened on, but that nobody can connect to: the broadcast address
 * of the loopback network. Where a system has no such address, it is closed as soon as it opens.
 */
import inspector from "node:inspector";

const NOWHERE = "127.255.255.255";

/** Set by the launcher where the inspector is open, and nobody can come to it. */
export const SEALED = "WAGON_SEALED";

/** Moments after the signal at which to close it, besides every turn of the event loop up to the first. */
const AGAIN_MS = [50, 100, 200, 500, 1000];

/** Options of `deno` that open the inspector where nobody can come to, if that {@linkcode canSeal}. */
export const SEALING_FLAGS: readonly string[] = [`--inspect=${NOWHERE}:0`, "--inspect-publish-uid=http"];

/** Whether one can listen where {@linkcode SEALING_FLAGS} say, and nobody can connect. */
export async function canSeal(): Promise<boolean> {
  if (Deno.build.os === "windows") return false;
  try {
    using listener = Deno.listen({ hostname: NOWHERE, port: 0 });
    try {
      using _reached = await Deno.connect({ hostname: NOWHERE, port: listener.addr.port });
      return false;
    } catch {
      return true;
    }
  } catch {
    return false;
  }
}

export function isSealed(): boolean {
  return isSet(SEALED);
}

/** Whether the launcher has set a variable. Without the right to look at it there was none. */
export function isSet(variable: string): boolean {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" && Deno.env.get(variable) === "1";
}

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
