/** The diffs of docs/extending.md, applied to a copy of the repository, type-checked there, and run. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { applyDiff, diffsOf, type FileDiff } from "./diff.ts";
import { lockedBy } from "../../tasks/task_command.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PAGE = join(ROOT, "docs/extending.md");
/** Who uses the tables: a thing that needs more than its entry fails to type-check in one of them. */
const USERS = ["bench/main.ts", "coordinator/main.ts", "tasks/artifacts.ts", "tasks/compare_presets.ts"];

/** What a clone has no sources in, or not yet. */
const LEFT_OUT = new Set([".git", "runs", "artifacts", "node_modules"].map((name) => join(ROOT, name)));

/** Copies sources, the page that one of them imports, and the sum of a run that a rule is tried on. */
async function copySources(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory, isFile } of Deno.readDir(from)) {
    const path = join(from, name);
    if (isDirectory && !LEFT_OUT.has(path)) await copySources(path, join(to, name));
    if (isFile && /\.(?:ts|js|wasm)$|^(?:deno|imports|undisturbed)\.json$|^page\.html$/.test(name)) {
      await Deno.copyFile(path, join(to, name));
    }
  }
}

async function deno(cwd: string, ...args: string[]): Promise<void> {
  const env = { NO_COLOR: "1" };
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd, env }).output();
  const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  assert.ok(success, `deno ${args.join(" ")}\n${said}`);
}

/** What a diff changes in a table: lines that it takes away, and those that it adds besides imports. */
function changesOf({ hunks }: FileDiff): readonly string[] {
  return hunks.flatMap(({ added, removed }) => [
    ...removed,
    ...added.filter((line) => !line.startsWith("import ")),
  ]);
}

Deno.test("each diff of docs/extending.md applies, and what it adds type-checks and works", async () => {
  const diffs = diffsOf(await Deno.readTextFile(PAGE));
  const [added, changed] = [true, false].map((is_new) => diffs.filter((diff) => diff.is_new === is_new));
  assert.equal(changed!.length, 7, "one table for each thing");
  for (const diff of changed!) {
    assert.equal(changesOf(diff).length, 1, `one line in the table of ${diff.path}`);
  }
  const tests = added!.map(({ path }) => path).filter((path) => path.endsWith("_test.ts"));
  assert.equal(tests.length, changed!.length, "each thing has its test");

  const copy = await Deno.makeTempDir();
  try {
    await copySources(ROOT, copy);
    for (const diff of diffs) await applyDiff(copy, diff);
    await deno(copy, "check", "--quiet", ...lockedBy(), ...USERS, ...tests);
    await deno(copy, "test", "--quiet", ...lockedBy(), "--no-check", "--allow-all", ...tests);
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
});

Deno.test("a diff whose context is gone, or whose new file is there, is refused", async () => {
  const root = await Deno.makeTempDir();
  try {
    const [diff] = diffsOf("```diff\n--- a/x/y.ts\n+++ b/x/y.ts\n@@\n a\n+b\n```\n");
    const path = join(root, diff!.path);
    await Deno.mkdir(dirname(path));
    await Deno.writeTextFile(path, "a\nc\n");
    await applyDiff(root, diff!);
    assert.equal(await Deno.readTextFile(path), "a\nb\nc\n");
    await Deno.writeTextFile(path, "c\n");
    await assert.rejects(applyDiff(root, diff!), /found 0 times/);
    await assert.rejects(applyDiff(root, { ...diff!, is_new: true }), /must be new/);
    assert.throws(() => diffsOf("```diff\nwhatever\n```\n"), /must begin with/);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
