/** Effects of the launcher (tasks/launch/launch.ts) on a program besides its rights, and how the program knows of them. */

/** An address to listen on that nobody can connect to: the broadcast address of the loopback network. */
const NOWHERE = "127.255.255.255";

/** Set where V8's inspector is open and nobody can come to it: no signal opens another. */
export const SEALED = "WAGON_SEALED";
/** Set where SIGHUP was ignored at the start, as by `nohup`: it stays so. */
export const IGNORES_HANGUP = "WAGON_IGNORES_HANGUP";

/** Options of `deno` that open the inspector where nobody can come to, if that {@linkcode canSeal}. */
export const SEALING_FLAGS: readonly string[] = [`--inspect=${NOWHERE}:0`, "--inspect-publish-uid=http"];

/** True if one can listen where {@linkcode SEALING_FLAGS} say, and nobody can connect. */
export async function canSeal(): Promise<boolean> {
  if (Deno.build.os === "windows") return false;
  try {
    using listener = Deno.listen({ hostname: NOWHERE, port: 0 });
    return await Deno.connect({ hostname: NOWHERE, port: listener.addr.port }).then((reached) => {
      reached.close();
      return false;
    }, () => true);
  } catch {
    return false;
  }
}

export function isSealed(): boolean {
  return isSet(SEALED);
}

export function ignoresHangup(): boolean {
  return isSet(IGNORES_HANGUP);
}

/** Without the right to look at a variable there was no launcher that could have set it. */
function isSet(variable: string): boolean {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" && Deno.env.get(variable) === "1";
}
