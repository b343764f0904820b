import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { grouped, groupModule, ungrouped } from "../../../scripts/tests/groups.ts";
import { inTempDir } from "../../temp_dir.ts";

Deno.test("groups of test files: each file once, long ones alone and first, the others spread", () => {
  const short = Array.from({ length: 40 }, (_, i) => `test/wire/${String(i).padStart(2, "0")}_test.ts`);
  const long = ["test/e2e/a_test.ts", "test/e2e/b_test.ts", "test/deploy/a_test.ts"];
  const { alone, groups } = grouped([...short, ...long.toReversed()]);
  assert.deepEqual(alone, long);
  assert.deepEqual(groups.map(({ length }) => length), [14, 13, 13]);
  assert.deepEqual(groups[1]!.slice(0, 2), ["test/wire/01_test.ts", "test/wire/04_test.ts"]);
  assert.deepEqual(groups.flat().sort(), short);
});

Deno.test("a group runs the tests of its files, and its lines name them", async () => {
  await inTempDir(async (folder) => {
    const root = `${pathToFileURL(folder).href}/`;
    await Deno.mkdir(join(folder, "test"));
    await Deno.writeTextFile(join(folder, "test", "a_test.ts"), 'Deno.test("one", () => {});\n');
    const failing = 'Deno.test({ name: "two", fn() { throw new Error("it failed"); } });\n';
    await Deno.writeTextFile(join(folder, "test", "b_test.ts"), failing);
    const group = join(folder, "group_test.ts");
    await Deno.writeTextFile(group, groupModule(["test/a_test.ts", "test/b_test.ts"], root));
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--quiet", "--no-check", "--no-lock", "--no-config", "--parallel", group],
      cwd: fileURLToPath(root),
      env: { NO_COLOR: "1", DENO_JOBS: "2" },
      stderr: "null",
    }).output();
    const lines = new TextDecoder().decode(stdout).split("\n").map(ungrouped);
    const results = lines.map((line) => line.match(/^(\.\/.*) \.\.\. (ok|FAILED) \(/)?.slice(1)).filter(
      Boolean,
    );
    assert.deepEqual(results, [["./test/a_test.ts => one", "ok"], ["./test/b_test.ts => two", "FAILED"]]);
    assert.equal(code, 1);
  });
});

Deno.test("lines that name no group stay what they are", () => {
  const line = "./test/e2e/a_test.ts => trains ... ok (3s)";
  assert.equal(ungrouped(line), line);
});
