import assert from "node:assert/strict";
import { join } from "node:path";
import { type Lock, packagesOf, partOf } from "../../../scripts/packages/locks.ts";
import { inTempDir } from "../../temp_dir.ts";

const LOCK: Lock = {
  version: "5",
  specifiers: { "npm:@a/top@1.0.0": "1.0.0", "npm:top@2": "2.5.0", "npm:other@1.0.0": "1.0.0" },
  npm: {
    "@a/top@1.0.0": { dependencies: ["deep@1.0.0", "top"] },
    "deep@1.0.0": { dependencies: ["@a/top"] },
    "deep@2.0.0": {},
    "other@1.0.0": { dependencies: ["deep@2.0.0"] },
    "top@2.5.0": {},
    "topping@1.0.0": {},
  },
  workspace: { dependencies: ["npm:top@2"] },
};

Deno.test("a part of a lock has what is wanted, with all that this needs", () => {
  const parts = (...wanted: string[]) => {
    const { specifiers, npm } = partOf(LOCK, new Set(wanted));
    return [Object.keys(specifiers), Object.keys(npm)];
  };
  assert.deepEqual(parts(), [[], []]);
  assert.deepEqual(parts("npm:top@2"), [["npm:top@2"], ["top@2.5.0"]]);
  const of_a = ["@a/top@1.0.0", "deep@1.0.0", "top@2.5.0"];
  assert.deepEqual(parts("npm:@a/top@1.0.0"), [["npm:@a/top@1.0.0"], of_a]);
  assert.deepEqual(parts("npm:other@1.0.0"), [["npm:other@1.0.0"], ["deep@2.0.0", "other@1.0.0"]]);
  assert.deepEqual(partOf(LOCK, new Set(Object.keys(LOCK.specifiers))).workspace, LOCK.workspace);
  assert.throws(() => parts("npm:top@3"), /must have npm:top@3/);
  const gone: Lock = { ...LOCK, npm: { "@a/top@1.0.0": { dependencies: ["deep"] } } };
  assert.throws(
    () => partOf(gone, new Set(["npm:@a/top@1.0.0"])),
    /must have deep, which @a\/top@1\.0\.0 needs/,
  );
});

/** What a program of these files needs. */
async function packages(files: Readonly<Record<string, string>>): Promise<string[]> {
  const imports = {
    "a": "npm:a@1.0.0",
    "a/sub": "npm:a@1.0.0/sub",
    "b/": "npm:/@scope/b@2.0.0/",
    "c": "npm:c@3.0.0",
    "d": "npm:d@4.0.0",
  };
  let found: string[] = [];
  await inTempDir(async (folder) => {
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(folder, name), text);
    found = [...packagesOf([join(folder, "main.ts")], imports)].sort();
  });
  return found;
}

Deno.test("a program needs what it and its threads import, and no types", async () => {
  assert.deepEqual(await packages({ "main.ts": 'import "node:fs";\nimport x from "./x.json";' }), []);
  assert.deepEqual(await packages({ "main.ts": 'import { s } from "a/sub";\nexport * from "b/c/d.js";' }), [
    "npm:@scope/b@2.0.0",
    "npm:a@1.0.0",
  ]);
  assert.deepEqual(
    await packages({
      "main.ts": 'new Worker(import.meta.resolve("./t.ts"));\nimport type { X } from "./x.ts";',
      "t.ts": '// @ts-types="d"\nimport {\n  c,\n} from "c";\nexport type { Y } from "a";\n/* import "a"; */',
      "x.ts": 'import "d";',
    }),
    ["npm:c@3.0.0"],
  );
  const cycle = { "main.ts": 'import "./x.ts";', "x.ts": 'import "./main.ts";\nawait import("a");' };
  assert.deepEqual(await packages(cycle), ["npm:a@1.0.0"]);
});
