import assert from "node:assert/strict";
import { join } from "node:path";

const ROOT = new URL("../", import.meta.url).pathname;

function filesUnder(folder: string, fits: (name: string) => boolean): string[] {
  return [...Deno.readDirSync(folder)].flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory) return filesUnder(path, fits);
    return fits(entry.name) ? [path] : [];
  });
}

Deno.test("goldens: every file is named by a test", () => {
  const tests = filesUnder(ROOT, (name) => name.endsWith("_test.ts")).map((path) =>
    Deno.readTextFileSync(path)
  );
  const goldens = [...Deno.readDirSync(join(ROOT, "goldens"))]
    .map(({ name }) => name)
    .filter((name) => !name.endsWith(".ts"));
  assert.notEqual(goldens.length, 0);
  const unused = goldens.filter((name) => !tests.some((text) => text.includes(`${name}"`)));
  assert.deepEqual(unused, [], "Golden files that no test reads must be removed");
});
