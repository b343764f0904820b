/** The package as others get it: nothing that it needs is left out. */
import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { specifiers } from "../../scripts/check_imports.ts";
import { inTempDir } from "../temp_dir.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

async function deno(args: readonly string[], cwd = ROOT) {
  const command = new Deno.Command(Deno.execPath(), { args: [...args], cwd, env: { NO_COLOR: "1" } });
  const { success, stdout, stderr } = await command.output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.ok(success, text);
  return text;
}

Deno.test("the published files hold all that they import, and train by themselves", () =>
  inTempDir(async (folder) => {
    const listed = await deno(["publish", "--dry-run", "--allow-dirty", "--no-check"]);
    const files = Array.from(
      listed.matchAll(/^\s+(file:\S+) \(/gm),
      ([, url]) => relative(ROOT, fileURLToPath(url!)),
    );
    assert.ok(files.length > 300, listed);
    assert.deepEqual(files.filter((file) => /^(test|scripts|tasks|bench)\//.test(file)), []);
    for (const file of files) {
      const text = await Deno.readTextFile(join(ROOT, file));
      if (!file.endsWith(".ts")) continue;
      const near = specifiers(text).filter((specifier) =>
        /^\.\.?\//.test(specifier) && !specifier.includes("${")
      );
      const absent = near.map((target) => join(dirname(file), target)).filter((target) =>
        !files.includes(target)
      );
      assert.deepEqual(absent, [], file);
    }
    for (const file of [...files, "imports.json"]) {
      await Deno.mkdir(join(folder, dirname(file)), { recursive: true });
      await Deno.copyFile(join(ROOT, file), join(folder, file)).catch((error) => {
        if (file !== "imports.json") throw error;
      });
    }
    const program = `import { coordinate, train } from "@wagon/wagon";
      const { sha256 } = await train({ data: "8gaussians", steps: 3 });
      const onListening = async ({ page }) => console.log((await fetch(page)).status);
      const other = await coordinate({ data: "8gaussians", steps: 3, out: "run", port: 0, workers: 1, onListening });
      console.log(sha256 === other.sha256);`;
    await Deno.writeTextFile(join(folder, "program.js"), program);
    assert.equal(await deno(["run", "--quiet", "--allow-all", "program.js"], folder), "200\ntrue\n");
  }));
