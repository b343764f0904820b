/** Other tasks of wagon as child processes. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../", import.meta.url);

/** The arguments of `deno` that a task of deno.json stands for: permissions, and its script as an absolute path. */
export function taskCommand(task: string): string[] {
  const { tasks } = JSON.parse(readFileSync(new URL("deno.json", ROOT), "utf8")) as {
    tasks: Record<string, { command: string }>;
  };
  const [program, ...words] = tasks[task]!.command.split(" ");
  if (program !== "deno") throw new Error(`Task ${task} must start deno: found ${program}`);
  const script = words.pop()!;
  return [...words, fileURLToPath(new URL(script, ROOT))];
}
