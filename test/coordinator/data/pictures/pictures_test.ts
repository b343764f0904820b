/** Folders of pictures read on several threads: order, what is told of bad ones, progress, and the rights it takes. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadData, openData } from "../../../../coordinator/data/load.ts";
import type { ReadAs } from "../../../../coordinator/data/read_as.ts";
import { threadsFor } from "../../../../coordinator/data/pictures/picture_pool.ts";
import { Stream } from "../../../../random/philox.ts";
import { putPictures } from "../../../e2e/images.ts";
import { inTempDir } from "../../../temp_dir.ts";
import golden from "../goldens/pictures.json" with { type: "json" };
import jpegs from "../goldens/jpegs.json" with { type: "json" };
import { encode } from "../png_writer.ts";
import { lockedBy } from "../../../../tasks/task_command.ts";

const TO_16: ReadAs = { image_size: 16, channels: null };
const AS_THEY_ARE: ReadAs = { image_size: null, channels: null };

function watched(num_cores = 2) {
  const said: string[] = [], counts: [number, number][] = [];
  const reading = {
    say: (line: string) => void said.push(line),
    progress: (done: number, total: number) => void counts.push([done, total]),
    num_cores,
  };
  return { said, counts, reading };
}

/** Coloured pictures of different sizes, PNG and JPEG. */
async function putMixed(folder: string, count: number): Promise<void> {
  await putPictures(join(folder, "png"), count / 2, 3);
  const photos = Object.entries(jpegs.read).filter(([name]) =>
    !name.startsWith("grey") && !name.includes("-grey")
  );
  for (let i = 0; i < count / 2; i++) {
    const [file] = photos[i % photos.length]![1] as [string];
    await Deno.writeFile(join(folder, `${i}.jpg`), Uint8Array.fromBase64(file));
  }
}

Deno.test("the examples and their order are the same for any number of threads", () =>
  inTempDir(async (folder) => {
    await putMixed(folder, 90);
    const hashes = [];
    for (const num_cores of [1, 2, 3]) {
      const { reading, counts, said } = watched(num_cores);
      const data = await loadData(folder, TO_16, reading);
      assert.deepEqual([data.num_examples, data.example_shape, said], [90, [3, 16, 16], []]);
      // From nothing to all, ever more.
      assert.deepEqual([counts[0], counts.at(-1)], [[0, 90], [90, 90]]);
      assert.ok(counts.length >= 4 && counts.every(([done], i) => i === 0 || done > counts[i - 1]![0]));
      hashes.push(await data.sha256());
    }
    assert.deepEqual(new Set(hashes).size, 1);
  }));

Deno.test("threads are as many as cores, tasks and memory allow", () => {
  assert.deepEqual(
    [[1, 8, 1e4], [100, 2, 1e4], [1000, 128, 1e4], [0, 4, 1e4], [100, 16, 24e6], [100, 16, 1e8]].map(
      ([tasks, cores, pixels]) => threadsFor(tasks!, cores!, pixels!),
    ),
    [1, 2, 16, 1, 3, 1],
  );
});

Deno.test("ten bad files are named at once, with how many there are, in the order of names", () =>
  inTempDir(async (folder) => {
    await putPictures(join(folder, "p"), 40, 3);
    const bad = Array.from({ length: 12 }, (_, i) => `${i < 6 ? "a" : "z"}${10 + i}.jpg`);
    for (const name of bad) await Deno.writeTextFile(join(folder, name), "no picture");
    const named = bad.slice(0, 10).map((name) => `${name} (no known kind of picture)`).join(", ");
    for (const num_cores of [1, 2]) {
      await assert.rejects(loadData(folder, TO_16, watched(num_cores).reading), {
        name: "UserError",
        message: `Cannot read 12 of 52 pictures in ${folder}: whole pictures are required, found ` +
          `${named}, and 2 more; repair or remove the files, or leave them out with --on-bad-item skip`,
      });
    }
  }));

Deno.test("a file that may not be opened is named without its path", {
  ignore: Deno.build.os === "windows" || Deno.uid() === 0,
}, () =>
  inTempDir(async (folder) => {
    await putPictures(join(folder, "p"), 2, 3);
    await Deno.chmod(join(folder, "p", "1.png"), 0o000);
    await assert.rejects(
      loadData(folder, TO_16),
      /found a file that cannot be opened \(EACCES\); repair or remove/,
    );
  }));

Deno.test("of pictures unlike the first, the first by name is told, whoever reads it first", () =>
  inTempDir(async (folder) => {
    await putPictures(join(folder, "p"), 2, 3);
    await Deno.rename(join(folder, "p", "0.png"), join(folder, "000.png"));
    for (let i = 1; i < 80; i++) await Deno.copyFile(join(folder, "000.png"), join(folder, `${100 + i}.png`));
    for (const name of ["150.png", "178.png"]) {
      await Deno.copyFile(join(folder, "p", "1.png"), join(folder, name));
    }
    await assert.rejects(loadData(folder, AS_THEY_ARE), {
      name: "UserError",
      message:
        `Cannot read data folder ${folder}: pictures of one size (width x height) are required, found 40 x 52 (000.png) and ` +
        "41 x 51 (150.png); resize them with --image-size 32 or 64",
    });
  }));

Deno.test("before the pictures are read, their number and shape are known", () =>
  inTempDir(async (folder) => {
    await putMixed(folder, 20);
    await Deno.writeTextFile(join(folder, "0000.png"), "no picture");
    // The next has a sound header alone.
    const cut = Uint8Array.fromBase64((jpegs.read["420"] as [string])[0]).subarray(0, -20);
    await Deno.writeFile(join(folder, "0001.jpg"), cut);
    const { reading, counts } = watched();
    const source = await openData(folder, TO_16, reading);
    assert.deepEqual([source.num_examples, source.example_shape, source.encoding], [
      22,
      [3, 16, 16],
      "uint8",
    ]);
    assert.deepEqual(counts, []);
    await assert.rejects(
      source.read(),
      /2 of 22 pictures .* 0000\.png .*, 0001\.jpg \(a JPEG that ends early\); repair/,
    );
  }));

Deno.test("a picture with a sound header alone is told as bad before anything else is checked", () =>
  inTempDir(async (folder) => {
    const cut = Uint8Array.fromBase64((jpegs.read["420"] as [string])[0]).subarray(0, -20);
    await Deno.writeFile(join(folder, "a.jpg"), cut);
    const { reading } = watched();
    await assert.rejects(
      openData(folder, AS_THEY_ARE, reading),
      /a\.jpg: a whole picture .* ends early; repair or remove/,
    );
  }));

Deno.test("--on-bad-item skip leaves out what cannot be read, says why, and the rest keep their order", () =>
  inTempDir(async (folder) => {
    await putMixed(folder, 10);
    const whole = await loadData(folder, TO_16);
    const cut = Uint8Array.fromBase64((jpegs.read["420"] as [string])[0]).subarray(0, -20);
    // Before, between and behind the others.
    for (const name of ["-.jpg", "0005.jpg", "z.jpg"]) await Deno.writeFile(join(folder, name), cut);
    await Deno.writeTextFile(join(folder, "0006.png"), "no picture");
    const { reading, said } = watched();
    const source = await openData(folder, { ...TO_16, on_bad_item: "skip" }, reading);
    const data = await source.read();
    assert.deepEqual([source.num_examples, data.num_examples], [whole.num_examples + 4, whole.num_examples]);
    assert.deepEqual(data.bytes, whole.bytes);
    assert.deepEqual(said, [
      `Skipped 4 of 14 pictures in ${folder}:`,
      "  3  a JPEG that ends early (-.jpg, 0005.jpg, z.jpg)",
      "  1  no known kind of picture (0006.png)",
    ]);
    assert.deepEqual(data.skipped, [
      { reason: "a JPEG that ends early", count: 3, names: ["-.jpg", "0005.jpg", "z.jpg"] },
      { reason: "no known kind of picture", count: 1, names: ["0006.png"] },
    ]);
  }));

Deno.test("--on-bad-item skip refuses a folder in which nothing can be read", () =>
  inTempDir(async (folder) => {
    await Deno.writeTextFile(join(folder, "a.png"), "no picture");
    await assert.rejects(
      loadData(folder, { ...TO_16, on_bad_item: "skip" }),
      /a\.png: a whole picture is required/,
    );
  }));

Deno.test("16-bit pictures that use only the lowest tones are told of", () =>
  inTempDir(async (folder) => {
    const put = async (name: string, peak: number) => {
      const samples = Array.from({ length: 16 }, (_, i) => Math.floor(peak * i / 15));
      const picture = { width: 4, height: 4, depth: 16, colour_type: 0, interlaced: false, samples };
      const random = new Stream({ seed: 1, purpose: "dataset", counter: 0, shard: 0 });
      await Deno.writeFile(join(folder, name), encode(picture, random));
    };
    const said = async () => {
      const { reading, said } = watched();
      await loadData(folder, AS_THEY_ARE, reading);
      return said;
    };
    await put("a.png", 4095);
    assert.match(
      (await said()).join(),
      /^The 16-bit pictures in .* have tones up to 4,095 of 65,535, so they train as/,
    );
    await put("b.png", 60_000);
    assert.deepEqual(await said(), []);
  }));

Deno.test("reading takes no right but to read the folder and the program, also behind links", () =>
  inTempDir(async (folder) => {
    const data = join(folder, "data"), main = join(folder, "main.ts");
    for (const name of [data, join(folder, "elsewhere")]) {
      await Deno.mkdir(name);
      await putMixed(name, 10);
    }
    await Deno.symlink(join(folder, "elsewhere"), join(data, "link"));
    for (const name of ["lossy.webp", "444.avif", "cmyk.jpg", "rgb_tiff_lzw.tiff"] as const) {
      await Deno.writeFile(join(data, name), Uint8Array.fromBase64(golden.pictures[name].file));
    }
    const root = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));
    await Deno.writeTextFile(
      main,
      `const { loadData } = await import(${JSON.stringify(`file://${root("coordinator/data/load.ts")}`)});
       console.log((await loadData(${JSON.stringify(data)}, { image_size: 16, ` +
        "channels: null })).num_examples);",
    );
    const rights = `--allow-read=${data},${root("coordinator")},${root("common")}`;
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        ...lockedBy(),
        "--no-check",
        "--no-prompt",
        "--config",
        root("deno.json"),
        rights,
        main,
      ],
      env: { NO_COLOR: "1" },
    }).output();
    assert.equal(new TextDecoder().decode(stdout), "24\n", new TextDecoder().decode(stderr));
  }));
