import assert from "node:assert/strict";
import { join } from "node:path";
import { isOwnFolder, openOwnFile } from "../../../common/files/own_files.ts";
import { inTempDir } from "../../temp_dir.ts";

/** Modes, links and pipes as Unix has them. */
const ignore = Deno.build.os === "windows";

Deno.test({
  name: "a folder is one's own if it is no link and nobody else may write there",
  ignore,
  fn: () =>
    inTempDir(async (folder) => {
      assert.ok(isOwnFolder(folder));
      for (const mode of [0o720, 0o702, 0o777, 0o1777]) {
        await Deno.chmod(folder, mode);
        assert.ok(!isOwnFolder(folder), mode.toString(8));
      }
      await Deno.chmod(folder, 0o755);
      assert.ok(isOwnFolder(folder), "others may read");
      await Deno.writeTextFile(join(folder, "file"), "");
      await Deno.mkdir(join(folder, "inner"));
      await Deno.symlink(join(folder, "inner"), join(folder, "link"));
      assert.deepEqual(["inner", "link", "file", "none"].map((name) => isOwnFolder(join(folder, name))), [
        true,
        false,
        false,
        false,
      ]);
    }),
});

Deno.test({
  name: "a folder of another user is not one's own",
  // Only root can make one.
  ignore: ignore || Deno.uid() !== 0,
  fn: () =>
    inTempDir(async (folder) => {
      await Deno.writeTextFile(join(folder, "file"), "");
      await Deno.chown(join(folder, "file"), 12345, 12345);
      assert.equal(openOwnFile(join(folder, "file")), null);
      await Deno.chown(folder, 12345, 12345);
      assert.ok(!isOwnFolder(folder));
    }),
});

Deno.test({
  name: "only a regular file is opened, and nothing is waited for",
  ignore,
  fn: () =>
    inTempDir(async (folder) => {
      const path = (name: string) => join(folder, name);
      await Deno.writeTextFile(path("file"), "text");
      await Deno.symlink("/dev/null", path("link"));
      const { success } = await new Deno.Command("mkfifo", { args: [path("pipe")] }).output();
      assert.ok(success);
      await Deno.mkdir(path("folder"));
      for (const name of ["pipe", "link", "folder", "none"]) {
        assert.equal(openOwnFile(path(name)), null, name);
      }
      using file = openOwnFile(path("file"));
      assert.ok(file !== null);
    }),
});
