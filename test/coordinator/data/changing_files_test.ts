/** Data that others write to, or take away, while they are read: refused as what they are, and never half believed. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { RegularFile } from "../../../common/files/regular_file.ts";
import { readUnchanged } from "../../../coordinator/data/files/data_file.ts";
import { UNWATCHED } from "../../../coordinator/data/data_source.ts";
import { loadData, openData } from "../../../coordinator/data/load.ts";
import { encodePng } from "../../../pictures/png.ts";
import { blank } from "../../../pictures/raster.ts";
import { inTempDir } from "../../temp_dir.ts";

const CHANGED = (file: string) =>
  `Cannot read data file ${file}: an unchanging file is required, found one that changed while it was read; ` +
  "start again when nothing writes to it";
/** More than a piece of a megabyte. */
const TABLE = "0.25,0.75\n".repeat(200_000);

/** A table, long ago written, to which `change` happens once its first rows are read. */
function readWhile(change: (file: string) => void): Promise<string | null> {
  return new Promise((resolve, reject) => {
    inTempDir(async (folder) => {
      const file = join(folder, "x.csv");
      await Deno.writeTextFile(file, TABLE);
      await Deno.utime(file, 1e9, 1e9);
      let is_changed = false;
      const progress = () => {
        if (!is_changed) change(file);
        is_changed = true;
      };
      const outcome = loadData(file, undefined, { ...UNWATCHED, progress });
      await outcome.then(
        () => resolve(null),
        ({ message }: Error) => resolve(message.replaceAll(file, "F")),
      );
      assert.ok(is_changed);
    }).catch(reject);
  });
}

Deno.test("a table that is cut, grows or is written over while it is read is refused", async () => {
  assert.equal(await readWhile(() => {}), null);
  assert.equal(await readWhile((file) => Deno.truncateSync(file, 1_000_000)), CHANGED("F"));
  assert.equal(
    await readWhile((file) => Deno.writeTextFileSync(file, "1,2\n", { append: true })),
    CHANGED("F"),
  );
  assert.equal(
    await readWhile((file) => Deno.writeTextFileSync(file, TABLE.replaceAll("5", "6"))),
    CHANGED("F"),
  );
  // Another file of that name is another file: what was opened is read to its end.
  assert.equal(
    await readWhile((file) => {
      Deno.writeTextFileSync(`${file}.new`, "oops");
      Deno.renameSync(`${file}.new`, file);
    }),
    null,
  );
  assert.equal(await readWhile((file) => Deno.removeSync(file)), null);
});

Deno.test("what a change made of a file is not told as a fault of the file", () =>
  inTempDir(async (folder) => {
    const path = join(folder, "a");
    await Deno.writeTextFile(path, "abcd");
    using file = await RegularFile.open(path);
    const refusal = new Error("it is incomplete: download it again");
    await assert.rejects(readUnchanged(path, file, () => Promise.reject(refusal)), refusal);
    assert.equal(await readUnchanged(path, file, () => Promise.resolve(7)), 7);
    await Deno.truncate(path, 2);
    for (const read of [() => Promise.reject(refusal), () => Promise.resolve(7)]) {
      await assert.rejects(readUnchanged(path, file, read), { name: "UserError", message: CHANGED(path) });
    }
  }));

Deno.test("a picture that is gone by the time it is read is named", () =>
  inTempDir(async (folder) => {
    for (const name of ["a.png", "b.png"]) {
      await Deno.writeFile(join(folder, name), encodePng(blank(2, 2, 1, 0)));
    }
    const source = await openData(folder, { image_size: null, channels: null }, {
      ...UNWATCHED,
      num_cores: 1,
    });
    await Deno.remove(join(folder, "b.png"));
    await assert.rejects(source.read(), {
      name: "UserError",
      message: `Cannot read data file ${folder}/b.png: a whole picture is required, found none: it ` +
        "no longer exists; repair or remove the file, or leave it out with --on-bad-item skip",
    });
  }));
