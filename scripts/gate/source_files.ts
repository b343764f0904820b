/** Files of TypeScript in a project. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const TESTS = "test";
/** Folders that hold no code of the project, and tests, whose tables of cases are long. */
const LEFT_OUT: ReadonlySet<string> = new Set(["runs", "artifacts", "node_modules", TESTS]);

/** Files of TypeScript in a folder and below it, by path from the root with `/` on every system; tests aside. */
export function* sourceFiles(root: string, folder = ""): Generator<string> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    if (entry.name.startsWith(".") || LEFT_OUT.has(entry.name)) continue;
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* sourceFiles(root, path);
    else if (entry.isFile() && entry.name.endsWith(".ts")) yield path;
  }
}

/** Those of the tests. */
export function testFiles(root: string): Iterable<string> {
  return existsSync(join(root, TESTS)) ? sourceFiles(root, TESTS) : [];
}
