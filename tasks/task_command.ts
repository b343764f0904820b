/** Other tasks of wagon as child processes. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../", import.meta.url);

/**
 * The arguments of `deno` that a task of deno.json stands for: permissions, its script as an absolute path, and the
 * script's own arguments.
 */
export function taskCommand(task: string): string[] {
  const { tasks } = JSON.parse(readFileSync(new URL("deno.json", ROOT), "utf8")) as {
    tasks: Record<string, { command: string }>;
  };
  const [program, ...words] = tasks[task]!.command.split(" ");
  if (program !== "deno") throw new Error(`Task ${task} must start deno: found ${program}`);
  const script = words.findIndex((word) => word.endsWith(".ts"));
  return words.map((word, i) => i === script ? fileURLToPath(new URL(word, ROOT)) : word);
}
