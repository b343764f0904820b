import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { installed } from "../../../scripts/packages/installs.ts";
import { inTempDir } from "../../temp_dir.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

Deno.test("packages in a cache are found with their scopes and versions", () =>
  inTempDir(async (cache) => {
    const files = [
      "npm/host/a/1.0.0/x/y.js",
      "npm/host/a/2.0.0/x.js",
      "npm/host/@s/b/3.0.0/z.js",
      "gen/a/1.0.0/q.js",
    ];
    for (const file of files) {
      await Deno.mkdir(join(cache, dirname(file)), { recursive: true });
      await Deno.writeFile(join(cache, file), new Uint8Array(8_000));
    }
    const { packages, bytes } = await installed(cache);
    assert.deepEqual(packages, ["@s/b@3.0.0", "a@1.0.0", "a@2.0.0"]);
    assert.ok(bytes >= 4 * 8_000, `found ${bytes}`);
  }));

Deno.test("to look at runs installs no package, and asks no registry", () =>
  inTempDir(async (folder) => {
    const cache = join(folder, "cache");
    const nowhere = "http://127.0.0.1:9/";
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "inspect", "--help"],
      cwd: ROOT,
      env: { DENO_DIR: cache, NPM_CONFIG_REGISTRY: nowhere, HTTPS_PROXY: nowhere, HTTP_PROXY: nowhere },
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    assert.match(new TextDecoder().decode(stdout), /^Usage: deno task inspect/m);
    assert.ok(existsSync(cache));
    assert.deepEqual((await installed(cache)).packages, []);
  }));
