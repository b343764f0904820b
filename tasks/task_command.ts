/** Other tasks and programs of wagon as child processes. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../", import.meta.url);

const LOCK = "--lock=";

/**
 * The arguments of `deno` that a task of deno.json stands for: its lock, permissions, its script (both as absolute
 * paths), and the script's own arguments.
 */
export function taskCommand(task: string): string[] {
  const { tasks } = JSON.parse(readFileSync(new URL("deno.json", ROOT), "utf8")) as {
    tasks: Record<string, string | { command: string }>;
  };
  const found = tasks[task]!;
  const [program, ...words] = (typeof found === "string" ? found : found.command).split(" ");
  if (program !== "deno") throw new Error(`Task ${task} must start deno: found ${program}`);
  const script = words.findIndex((word) => word.endsWith(".ts"));
  return words.map((word, i) => {
    if (word.startsWith(LOCK)) return LOCK + absolute(word.slice(LOCK.length));
    return i === script ? absolute(word) : word;
  });
}

/** Options of a `deno` that takes packages as a lock has them, and asks no registry about them. */
export function lockedBy(lock = "deno.lock"): string[] {
  return [LOCK + absolute(lock), "--frozen"];
}

function absolute(path: string): string {
  return fileURLToPath(new URL(path, ROOT));
}
