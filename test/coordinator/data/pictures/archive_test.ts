/** Pictures in archives, as Python's tarfile and zipfile write them (scripts/goldens/make_tar_goldens.py). */
import assert from "node:assert/strict";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { UserError } from "../../../../common/errors.ts";
import { UNWATCHED } from "../../../../coordinator/data/data_source.ts";
import { loadData, openData } from "../../../../coordinator/data/load.ts";
import { AS_IT_IS } from "../../../../coordinator/data/read_as.ts";
import { lockedBy } from "../../../../tasks/task_command.ts";
import { inTempDir } from "../../../temp_dir.ts";
import golden from "../goldens/tars.json" with { type: "json" };

const bytesOf = (name: keyof typeof golden.archives) =>
  new Uint8Array(gunzipSync(Uint8Array.fromBase64(golden.archives[name])));
const NAMES = Object.keys(golden.archives) as (keyof typeof golden.archives)[];

for (const name of NAMES) {
  Deno.test(`the pictures of ${name} are read in the order of their names`, () =>
    inTempDir(async (folder) => {
      const file = join(folder, name), said: string[] = [];
      await Deno.writeFile(file, bytesOf(name));
      const reading = { ...UNWATCHED, num_cores: 2, say: (line: string) => void said.push(line) };
      const data = await loadData(file, AS_IT_IS, reading);
      assert.deepEqual([data.num_examples, data.example_shape], [3, [3, 5, 6]]);
      assert.deepEqual(data.bytes, Uint8Array.fromBase64(golden.tones));
      assert.deepEqual(said, [`Not read in ${file}: 1 other file (faces/notes.txt)`]);
      const resized = await loadData(file, { ...AS_IT_IS, image_size: 4 });
      assert.deepEqual(resized.example_shape, [3, 4, 4]);
    }));
}

Deno.test("an archive leaves no temporary file behind, read or refused", () =>
  inTempDir(async (folder) => {
    const file = join(folder, "x.tgz"), temporary = join(folder, "tmp");
    await Deno.mkdir(temporary);
    const whole = bytesOf("gnu.tar.gz");
    const cut = gzipSync(gunzipSync(whole).subarray(0, 3000));
    // In a process of its own, which the variable is for: tests of other files have temporary files, too.
    const load = new URL("../../../../coordinator/data/load.ts", import.meta.url);
    const program = `import { loadData } from "${load}";
      console.log(await loadData("${file}").then(({ num_examples }) => num_examples, ({ message }) => message));`;
    for (
      const [bytes, said] of [[whole, /^3$/], [
        cut,
        /a whole tar archive is required, found a damaged one;/,
      ]] as const
    ) {
      await Deno.writeFile(file, bytes);
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["eval", "--no-check", ...lockedBy(), program],
        env: { TMPDIR: temporary },
      }).output();
      assert.match(new TextDecoder().decode(stdout).trim(), said);
    }
    assert.deepEqual(await Array.fromAsync(Deno.readDir(temporary)), []);
  }));

Deno.test("a damaged picture in an archive is named with it, or skipped", () =>
  inTempDir(async (folder) => {
    const file = join(folder, "x.zip"), bytes = bytesOf("stored.zip");
    // Within the pixels of the last picture that was written.
    const text = new TextDecoder("latin1").decode(bytes);
    bytes[text.lastIndexOf("IDAT") + 9]! ^= 0xff;
    await Deno.writeFile(file, bytes);
    await assert.rejects(loadData(file), (error: Error) => {
      assert.match(
        error.message,
        /x\.zip#aaa.*: a whole picture is required, found a damaged part of the archive; repair/,
      );
      return error instanceof UserError;
    });
    const data = await loadData(file, { ...AS_IT_IS, on_bad_item: "skip" });
    assert.deepEqual([data.num_examples, data.skipped?.[0]?.reason], [2, "a damaged part of the archive"]);
  }));

Deno.test("an archive that changes while it is read is refused", () =>
  inTempDir(async (folder) => {
    const file = join(folder, "x.tar"), bytes = bytesOf("gnu.tar");
    await Deno.writeFile(file, bytes);
    const source = await openData(file, AS_IT_IS, { ...UNWATCHED, num_cores: 1 });
    await Deno.utime(file, 1, 1);
    await assert.rejects(source.read(), /an unchanging file is required, found one that changed/);
  }));

Deno.test("damaged archives are read or refused in one line", async () =>
  await inTempDir(async (folder) => {
    const whole = NAMES.map((name) => bytesOf(name));
    let count = 0;
    const changed = fc.tuple(
      fc.nat(whole.length - 1),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }),
      fc.nat(1000),
    );
    await fc.assert(
      fc.asyncProperty(changed, async ([which, changes, cut]) => {
        const bytes = whole[which]!.slice(
          0,
          cut < 700 ? undefined : Math.ceil(whole[which]!.length * cut / 1000),
        );
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        const file = join(folder, `${count++}-${NAMES[which]!}`);
        await Deno.writeFile(file, bytes);
        await openData(file, AS_IT_IS, { ...UNWATCHED, num_cores: 1 }).catch((error: Error) => {
          assert.ok(error instanceof UserError && !error.message.includes("\n"), error.stack ?? "");
        });
      }),
      { numRuns: 60 },
    );
  }));
