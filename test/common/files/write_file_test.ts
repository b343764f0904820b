import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../../common/errors.ts";
import { writeFile } from "../../../common/files/write_file.ts";

Deno.test("a file is written with the folders to it, and its path told", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "a", "b", "page.html");
    assert.equal(await writeFile(path, "<p>"), path);
    assert.equal(await Deno.readTextFile(path), "<p>");
    await writeFile(path, new Uint8Array([1, 2]));
    assert.deepEqual(await Deno.readFile(path), new Uint8Array([1, 2]));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("where nothing can be written, the person is told in one line", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "");
    for (const path of [folder, join(file, "inside.png")]) {
      await assert.rejects(writeFile(path, "x"), (error: Error) => {
        assert.ok(error instanceof UserError);
        assert.ok(error.message.startsWith(`Cannot write ${path}: it must be a writable file, found `));
        return true;
      });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what cannot be written whole leaves an earlier file as it was; links and modes are kept", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    const [file, link] = [join(folder, "samples.png"), join(folder, "link.png")];
    await Deno.writeTextFile(file, "old", { mode: 0o600 });
    await Deno.symlink(file, link);
    await writeFile(link, "new");
    assert.deepEqual([await Deno.readTextFile(file), (await Deno.lstat(link)).isSymlink], ["new", true]);
    if (Deno.build.os !== "windows") assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
    // As on a full disk: the copy that is renamed cannot be written.
    await Deno.mkdir(`${file}.part`);
    await assert.rejects(writeFile(file, "newer"), UserError);
    assert.equal(await Deno.readTextFile(file), "new");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
