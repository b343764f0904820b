/** Only regular files are read, and none is waited for. */
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  NotRegularError,
  readRegular,
  readRegularSync,
  RegularFile,
} from "../../../common/files/regular_file.ts";
import { inTempDir } from "../../temp_dir.ts";

const ignore = Deno.build.os === "windows";

async function makePipe(path: string): Promise<void> {
  assert.ok((await new Deno.Command("mkfifo", { args: [path] }).output()).success);
}

Deno.test("a file is read whole, also behind a link, and none larger than allowed", () =>
  inTempDir(async (folder) => {
    const file = join(folder, "a"), link = join(folder, "b"), bytes = Uint8Array.of(1, 2, 3);
    await Deno.writeFile(file, bytes);
    await Deno.symlink("a", link);
    assert.deepEqual(readRegularSync(link, 3), bytes);
    assert.deepEqual(await readRegular(link), bytes);
    assert.throws(() => readRegularSync(file, 2), /^RangeError: a file of 3 bytes, more than 2$/);
  }));

Deno.test("a file that grows is read as it was when it was opened, or as it is by now", () =>
  inTempDir(async (folder) => {
    const path = join(folder, "a");
    await Deno.writeTextFile(path, "abcd");
    using file = await RegularFile.open(path);
    await Deno.writeTextFile(path, "efgh", { append: true });
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assert.equal(text(await file.read(1, 100)), "bcd");
    assert.equal(text(await file.read(9, 100)), "");
    assert.deepEqual([file.size, file.currentSize()], [4, 8]);
    for (const fill of [file.fill.bind(file), file.fillSync.bind(file)]) {
      const bytes = new Uint8Array(10);
      assert.equal(await fill(bytes, 2), 6);
      assert.equal(text(bytes.subarray(0, 6)), "cdefgh");
      assert.equal(await fill(bytes.subarray(0, 3), 2), 3);
    }
  }));

Deno.test("what is no file is refused at once, by its kind", { ignore }, () =>
  inTempDir(async (folder) => {
    const pipe = join(folder, "pipe"), socket = join(folder, "socket");
    await makePipe(pipe);
    using _server = Deno.listen({ transport: "unix", path: socket });
    const kinds = [[pipe, "a pipe"], [socket, "a socket"], ["/dev/zero", "a device"], [folder, "a folder"]];
    for (const [path, found] of kinds as [string, string][]) {
      const isRefusal = (error: unknown) => error instanceof NotRegularError && error.found === found;
      assert.throws(() => readRegularSync(path, 100), isRefusal, path);
      await assert.rejects(readRegular(path), isRefusal, path);
    }
  }));

Deno.test(
  "what the system refuses has Deno's class and Node's code",
  { ignore },
  () =>
    inTempDir(async (folder) => {
      const file = join(folder, "file"), circle = join(folder, "circle");
      await Deno.writeTextFile(file, "");
      await Deno.symlink("circle", circle);
      const cases = [
        [join(folder, "none"), Deno.errors.NotFound, "ENOENT"],
        [join(file, "below"), Deno.errors.NotADirectory, "ENOTDIR"],
        [circle, Deno.errors.FilesystemLoop, "ELOOP"],
      ] as const;
      for (const [path, Class, code] of cases) {
        const isRefusal = (error: unknown) =>
          error instanceof Class && (error as { readonly code?: unknown }).code === code;
        assert.throws(() => readRegularSync(path), isRefusal, path);
        await assert.rejects(RegularFile.open(path), isRefusal, path);
      }
    }),
);
