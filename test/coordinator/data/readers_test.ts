/** Readers of pictures and arrays, against what Pillow and NumPy read in the same files. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeExamples } from "../../../coordinator/data/data_set.ts";
import { type Image, toSquare, withChannels } from "../../../coordinator/data/pictures/image.ts";
import { loadData } from "../../../coordinator/data/load.ts";
import { PictureCodecs } from "../../../coordinator/data/pictures/codecs.ts";
import { decodePicture } from "../../../coordinator/data/pictures/picture_file.ts";
import goldens from "./goldens/readers.json" with { type: "json" };

const bytesOf = (text: string) => Uint8Array.fromBase64(text);
const FILES = Object.fromEntries(Object.entries(goldens.files).map(([name, text]) => [name, bytesOf(text)]));

const jpeg = new PictureCodecs();

function largestDifference(a: Uint8Array, b: Uint8Array): number {
  assert.equal(a.length, b.length);
  return a.reduce((most, tone, i) => Math.max(most, Math.abs(tone - b[i]!)), 0);
}

async function inFolder<T>(names: readonly string[], act: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    for (const name of names) await Deno.writeFile(join(folder, name), FILES[name]!);
    return await act(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const [name, { shape, tones }] of Object.entries(goldens.images)) {
  Deno.test(`${name} has the tones that Pillow reads`, async () => {
    const image = await decodePicture(FILES[name]!, jpeg);
    assert.deepEqual([image.channels, image.height, image.width], shape);
    // JPEG too: both decode with libjpeg-turbo.
    assert.deepEqual(image.tones, bytesOf(tones));
  });
}

for (const [side, tones] of Object.entries(goldens.resized)) {
  Deno.test(`the middle square at ${side} x ${side} is that of NumPy and Pillow`, async () => {
    const image = toSquare(await decodePicture(FILES["colour.png"]!, jpeg), Number(side));
    assert.deepEqual([image.channels, image.height, image.width], [3, Number(side), Number(side)]);
    // Pillow rounds between its two passes. Measured: 1 at 31, else 0.
    assert.ok(largestDifference(image.tones, bytesOf(tones)) <= (Number(side) > 18 ? 1 : 0));
  });
}

Deno.test("a square's mean stays, and one pixel fills any side", () => {
  const steps = Uint8Array.from({ length: 48 * 48 }, (_, i) => i % 256);
  const mean = (tones: Uint8Array) => tones.reduce((a, b) => a + b, 0) / tones.length;
  for (const side of [1, 5, 16, 32]) {
    const { tones } = toSquare({ channels: 1, height: 48, width: 48, tones: steps }, side);
    assert.ok(Math.abs(mean(tones) - mean(steps)) <= 0.5, `side ${side}`);
  }
  const dot: Image = { channels: 1, height: 1, width: 3, tones: Uint8Array.of(1, 77, 2) };
  assert.deepEqual(toSquare(dot, 4).tones, new Uint8Array(16).fill(77));
});

Deno.test("grey has three equal channels, and colour becomes luma", () => {
  const grey = { channels: 1, height: 1, width: 2, tones: Uint8Array.of(9, 250) } as const;
  assert.deepEqual(withChannels(grey, 3).tones, Uint8Array.of(9, 250, 9, 250, 9, 250));
  const primaries = Uint8Array.of(255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255);
  const luma = withChannels({ channels: 3, height: 1, width: 4, tones: primaries }, 1).tones;
  // 0.299, 0.587 and 0.114 of 255; white stays white.
  assert.deepEqual(luma, Uint8Array.of(76, 150, 29, 255));
});

Deno.test("a folder of pictures is read in the order of names, folders in it too", async () => {
  await inFolder(["colour.png", "alpha.png"], async (folder) => {
    await Deno.mkdir(join(folder, "b"));
    await Deno.writeFile(join(folder, "b", "colour.JPG"), FILES["colour.jpg"]!);
    await Deno.writeTextFile(join(folder, "readme.txt"), "no picture");
    const data = await loadData(folder);
    assert.deepEqual([data.num_examples, data.example_shape, data.encoding], [3, [3, 18, 22], "uint8"]);
    const [alpha, photo, png] = [0, 1, 2].map((i) => data.bytes.subarray(i * 1188, (i + 1) * 1188));
    assert.deepEqual(alpha, bytesOf(goldens.images["alpha.png"].tones));
    assert.deepEqual(photo, bytesOf(goldens.images["colour.jpg"].tones));
    assert.deepEqual(png, bytesOf(goldens.images["colour.png"].tones));
    const grey = await loadData(folder, { image_size: 6, channels: 1 });
    assert.deepEqual([grey.num_examples, grey.example_shape], [3, [6, 6]]);
    const first = toSquare(withChannels(await decodePicture(FILES["alpha.png"]!, jpeg), 1), 6);
    assert.deepEqual(grey.bytes.subarray(0, 36), first.tones);
  });
});

Deno.test("uint8 arrays are images, channels first or last, in either order of memory", async () => {
  const names = ["grey.npy", "last.npy", "first.npy", "fortran.npy", "one.npz", "several.npz"];
  await inFolder(names, async (folder) => {
    const [grey, last, first, fortran, one] = await Promise.all(
      names.slice(0, 5).map((name) => loadData(join(folder, name))),
    );
    assert.deepEqual([grey!.num_examples, grey!.example_shape], [4, [5, 6]]);
    assert.deepEqual([first!.num_examples, first!.example_shape], [4, [3, 5, 6]]);
    // NumPy wrote this one in our order: bytes after the header.
    assert.deepEqual(first!.bytes, FILES["first.npy"]!.subarray(-360));
    for (const data of [last, fortran, one]) {
      assert.deepEqual([data!.example_shape, data!.bytes], [[3, 5, 6], first!.bytes]);
    }
    assert.deepEqual(grey!.bytes.subarray(0, 30), first!.bytes.subarray(0, 30));
    const test = await loadData(join(folder, "several.npz#x_test"));
    assert.deepEqual([test.name, test.bytes], ["several.npz#x_test", first!.bytes.subarray(0, 180)]);
  });
});

Deno.test("float arrays and text are points", async () => {
  await inFolder(["points.npy", "points64.npy"], async (folder) => {
    const [narrow, wide] = await Promise.all(
      ["points.npy", "points64.npy"].map((name) => loadData(join(folder, name))),
    );
    assert.deepEqual([narrow!.num_examples, narrow!.example_shape, narrow!.encoding], [7, [3], "float32"]);
    assert.deepEqual(narrow!.bytes, FILES["points.npy"]!.subarray(-84));
    assert.deepEqual(wide!.bytes, narrow!.bytes);
    for (
      const [name, lines] of [["a.csv", "x,y\n1,-2.5\n\n3e2,0\n"], ["b.tsv", "1\t-2.5\r\n300\t0"], [
        "c.txt",
        " 1 -2.5\n300 0 ",
      ]]
    ) {
      await Deno.writeTextFile(join(folder, name!), lines!);
      const data = await loadData(join(folder, name!));
      assert.deepEqual(data.example_shape, [2]);
      assert.deepEqual(decodeExamples(data.bytes, "float32"), Float32Array.of(1, -2.5, 300, 0), name!);
    }
  });
});

Deno.test("CIFAR-10's training batches of a folder are read in order", async () => {
  await inFolder([], async (folder) => {
    const batch = (first: number) =>
      Uint8Array.from({ length: 2 * 3073 }, (_, i) => i % 3073 === 0 ? 7 : (first + i) % 256);
    for (
      const [name, first] of [["data_batch_2.bin", 50], ["data_batch_1.bin", 0], [
        "test_batch.bin",
        9,
      ]] as const
    ) {
      await Deno.writeFile(join(folder, name), batch(first));
    }
    const data = await loadData(folder);
    assert.deepEqual([data.num_examples, data.example_shape], [4, [3, 32, 32]]);
    for (const [i, [first, from]] of [[0, 1], [0, 3074], [50, 1], [50, 3074]].entries()) {
      assert.deepEqual(
        data.bytes.subarray(i * 3072, (i + 1) * 3072),
        batch(first!).subarray(from, from! + 3072),
      );
    }
    assert.equal((await loadData(join(folder, "test_batch.bin"))).num_examples, 2);
  });
});
