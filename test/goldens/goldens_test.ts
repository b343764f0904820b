import assert from "node:assert/strict";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { PRESETS } from "../../coordinator/config/presets.ts";
import { DOCTOR_RUNS } from "../../scripts/doctor_runs.ts";
import { ROOMS } from "../../scripts/rooms.ts";
import { inTempDir } from "../temp_dir.ts";
import { filesUnder, unreadFixtures } from "./unread_fixtures.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** Folders whose files a test reads by the keys of a table of the code. */
const TABLES: Readonly<Record<string, object>> = {
  "goldens/losses": PRESETS,
  "runlog/doctor/runs": DOCTOR_RUNS,
};

Deno.test("goldens: every fixture under test/ is read by a test", () => {
  assert.deepEqual(unreadFixtures(ROOT, TABLES), [], "Fixtures that no test reads must be removed");
});

Deno.test("goldens: no folder of code has a fixture, where no test would look", () => {
  const tops = new Set([
    ...ROOMS.map(({ folder }) => folder.split("/")[0]!),
    "tasks",
    "scripts",
    "bench",
    "docs",
  ]);
  const paths = [...tops].flatMap((top) => filesUnder(join(ROOT, ".."), top));
  // The measurements of the benchmark are JSON, too.
  const found = paths.filter((path) => !path.startsWith("bench/results/"))
    // A part of the code: deno task evaluate reads it.
    .filter((path) => path !== "classifier/embedded.onnx")
    .filter((path) =>
      [".json", ".safetensors", ".onnx", ".npy", ".npz", ".txt", ".bin"].includes(extname(path))
    );
  assert.deepEqual(found, []);
});

/** Fixtures of a tree of files that no test reads. */
async function unread(files: Readonly<Record<string, string>>, tables?: Readonly<Record<string, object>>) {
  let found: string[] = [];
  await inTempDir(async (root) => {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(join(root, dirname(path)), { recursive: true });
      await Deno.writeTextFile(join(root, path), text);
    }
    found = unreadFixtures(root, tables);
  });
  return found;
}

Deno.test("a fixture that a test reads, itself or through a helper, in any way of naming it, is no fault", async () => {
  const files = {
    "a/x_test.ts":
      'import "./helper.ts"; import data from "./x.json" with { type: "json" }; read("goldens", "y.npy");',
    "a/helper.ts":
      'export const one = new URL("../b/z.bin", import.meta.url); open(`${folder}/deep/net_${kind}.onnx`);\n' +
      'const kinds = ["small", "large"]; load(`part.${n}.npz`, 1);',
    "a/x.json": "{}",
    "a/goldens/y.npy": "",
    "b/z.bin": "",
    "a/deep/net_small.onnx": "",
    "a/deep/net_small.onnx.data": "",
    "a/deep/net_large.onnx": "",
    "a/part.1.npz": "",
    // Names in an index beside the file, and in a table of the code.
    "c/c_test.ts": 'import index from "./index.json" with { type: "json" }; read(`${name}.csv`);',
    "c/index.json": '{"first": 1}',
    "c/first.csv": "",
    "d/d_test.ts": "read(`${preset}.txt`);",
    "d/wgan.txt": "",
  };
  assert.deepEqual(await unread(files, { d: { wgan: {} } }), []);
});

const UNREAD: Readonly<
  Record<string, readonly [path: string, ...others: (readonly [path: string, text: string])[]]>
> = {
  "a name that nobody says": ["a/lost.json"],
  "the name of another folder's file": ["b/x.json"],
  "a name in a comment": ["a/y.json", ["a/y_test.ts", '// as "y.json" says\n']],
  "a name in a helper that no test uses": ["a/y.json", ["a/helper.ts", 'read("y.json");']],
  "a part that no test names": ["a/net_huge.onnx", [
    "a/y_test.ts",
    'read(`net_${kind}.onnx`); const kind = "small";',
  ]],
  "a part of a longer word": ["a/net_small.onnx", [
    "a/y_test.ts",
    'read(`net_${kind}.onnx`); const kind = "small-2";',
  ]],
  "a template of another folder": ["b/net_small.onnx", ["a/y_test.ts", 'read(`net_${kind}.onnx`, "small");']],
  "a name in an index that no test reads": ["b/first.csv", ["b/b_test.ts", "read(`${name}.csv`);"], [
    "b/index.json",
    '{"first": 1}',
  ]],
};

for (const [what, [path, ...others]] of Object.entries(UNREAD)) {
  Deno.test(`a fixture that no test reads is a fault: ${what}`, async () => {
    const read = { "a/x_test.ts": 'import x from "./x.json" with { type: "json" };', "a/x.json": "{}" };
    const found = await unread({ ...read, ...Object.fromEntries(others), [path]: "{}" });
    assert.ok(found.includes(path), `found ${found}`);
    assert.ok(!found.includes("a/x.json"));
  });
}
