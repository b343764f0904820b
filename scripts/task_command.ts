/** Other tasks of wagon as child processes. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../", import.meta.url);

/** The arguments of `deno` that a task of deno.json stands for: permissions and the script. */
export function taskCommand(task: "train" | "worker"): string[] {
  const { tasks } = JSON.parse(readFileSync(new URL("deno.json", ROOT), "utf8")) as {
    tasks: Record<string, { command: string }>;
  };
  const words = tasks[task]!.command.split(" ");
  const script = words.pop()!;
  return [...words.slice(1), fileURLToPath(new URL(script, ROOT))];
}
