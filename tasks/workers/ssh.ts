/** ssh as a process of this machine. */
import { linesOf } from "./lines_of.ts";
import type { Ssh } from "./remote_workers.ts";

/** Starts ssh with these arguments. */
export function startSsh(args: readonly string[]): Ssh {
  const child = new Deno.Command("ssh", {
    args: [...args],
    // Nothing of it is sent there unless ssh's configuration says so.
    env: { WAGON_TOKEN: "" },
    // Ctrl-C in the terminal is this process's to act on.
    detached: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  return {
    attend: async (onOutput, onError) => {
      await Promise.all([linesOf(child.stdout, onOutput), linesOf(child.stderr, onError)]);
      return (await child.status).code;
    },
    write: (text) => void input.write(new TextEncoder().encode(text)).catch(() => {}),
    close: () => void input.close().catch(() => {}),
    kill: () => {
      try {
        child.kill("SIGTERM");
      } catch {
        // It has ended by itself.
      }
    },
  };
}
