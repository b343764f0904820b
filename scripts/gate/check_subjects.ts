/**
 * Proves that subjects of commits have at most 72 characters: longer ones are cut in lists. Exit code 1 with one line
 * per fault. Where there is no git, or no such history, there is nothing to check.
 */
import { fileURLToPath } from "node:url";
import { runCheck } from "./check_command.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MAX_CHARACTERS = 72;
/** The last commit whose subject was allowed to be longer. */
const SINCE = "4ad636d8a6c51fef07414b2f16565335caf66e8a";

/** The commits after `since` whose subjects are too long, newest first; null where that cannot be known. */
export async function longSubjects(root: string, since: string): Promise<string[] | null> {
  const log = await git(root, ["log", "--format=%h %s", `${since}..HEAD`]);
  if (log === null) return null;
  return log.split("\n").filter((line) => [...line.slice(line.indexOf(" ") + 1)].length > MAX_CHARACTERS);
}

/** Output of git; null if it fails or is missing. */
async function git(root: string, args: readonly string[]): Promise<string | null> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args: ["-C", root, "-c", "log.showSignature=false", ...args],
    }).output();
    return success ? new TextDecoder().decode(stdout) : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function check(): Promise<string[]> {
  const long = await longSubjects(ROOT, SINCE);
  if (long === null) console.log("Subjects of commits are not checked: git, or the history, is not there");
  return (long ?? []).map((line) => `A subject must have at most ${MAX_CHARACTERS} characters: ${line}`);
}

if (import.meta.main) {
  await runCheck("check:subjects", "Says which subjects of commits have more than 72 characters.", check);
}
