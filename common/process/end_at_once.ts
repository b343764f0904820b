/** The end of a process with a thread in it that does not come back. */
import { openLibc } from "./libc.ts";

/**
 * Ends the process, whatever its threads do. What libraries have to clear away at an end is left out where that can be:
 * a thread that still computes would crash on it (on other systems than Linux it may, and the process ends so).
 */
export function endAtOnce(code: number): never {
  openLibc({ _exit: { parameters: ["i32"], result: "void" } })?.symbols._exit(code);
  Deno.exit(code);
}
