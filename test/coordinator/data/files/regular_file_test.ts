/** Only regular files are read, and none is waited for. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readRegularFile } from "../../../../coordinator/data/files/regular_file.ts";
import { inTempDir } from "../../../temp_dir.ts";

Deno.test("a file is read whole, also behind a link, and none larger than allowed", () =>
  inTempDir(async (folder) => {
    const file = join(folder, "a"), bytes = Uint8Array.of(1, 2, 3);
    await Deno.writeFile(file, bytes);
    await Deno.symlink("a", join(folder, "b"));
    assert.deepEqual(readRegularFile(join(folder, "b"), 3), bytes);
    assert.throws(() => readRegularFile(file, 2), /^Error: a file of 3 bytes, more than 2$/);
  }));

Deno.test("a pipe that nobody writes to, a device and a folder are refused at once", {
  ignore: Deno.build.os === "windows",
}, () =>
  inTempDir(async (folder) => {
    const pipe = join(folder, "pipe");
    assert.ok((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success);
    for (const path of [pipe, "/dev/zero", folder]) {
      assert.throws(() => readRegularFile(path, 100), /no regular file/, path);
    }
  }));
