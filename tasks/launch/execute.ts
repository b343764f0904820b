/** One program in the place of another. */
import { IGNORES_HANGUP } from "../../common/process/launched.ts";

const LIBRARIES: Readonly<Record<string, string>> = { linux: "libc.so.6", darwin: "libSystem.B.dylib" };
const SIGHUP = 1;
/** SIG_IGN, which stands first in struct sigaction. */
const IGNORED = 1n;
const SIGACTION_BYTES = 256;

const LIBC = {
  execv: { parameters: ["buffer", "buffer"], result: "i32" },
  sigaction: { parameters: ["i32", "pointer", "buffer"], result: "i32" },
} as const;

type Libc = Deno.DynamicLibrary<typeof LIBC>;

/**
 * Runs a program in the place of this process, which keeps its number, its streams and its parent; where a system has no
 * such call, as a child that gets the same signals. Resolves to the exit code of a child.
 */
export async function execute(program: string, args: readonly string[]): Promise<number> {
  const libc = openLibc();
  if (libc !== null) {
    // `nohup` asks for it, and a listener would undo it.
    if (ignoresHangup(libc)) Deno.env.set(IGNORES_HANGUP, "1");
    replace(libc, program, args);
  }
  const child = new Deno.Command(program, { args: [...args] }).spawn();
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"];
  for (const signal of signals) Deno.addSignalListener(signal, () => child.kill(signal));
  return (await child.status).code;
}

function openLibc(): Libc | null {
  const name = LIBRARIES[Deno.build.os];
  try {
    return name === undefined ? null : Deno.dlopen(name, LIBC);
  } catch {
    return null;
  }
}

function ignoresHangup({ symbols }: Libc): boolean {
  const action = new BigUint64Array(SIGACTION_BYTES / 8);
  return symbols.sigaction(SIGHUP, null, new Uint8Array(action.buffer)) === 0 && action[0] === IGNORED;
}

/** Comes back only where it fails. */
function replace({ symbols }: Libc, program: string, args: readonly string[]): void {
  const texts = [program, ...args].map((text) => new TextEncoder().encode(`${text}\0`));
  const pointers = texts.map((text) => Deno.UnsafePointer.value(Deno.UnsafePointer.of(text)));
  symbols.execv(texts[0]!, new Uint8Array(BigUint64Array.from([...pointers, 0n]).buffer));
}
