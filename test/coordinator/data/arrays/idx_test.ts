import assert from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { loadData } from "../../../../coordinator/data/load.ts";

/** An IDX header: magic, then u32 BE dimensions. */
function header(...words: number[]): Uint8Array {
  const out = new DataView(new ArrayBuffer(4 * words.length));
  words.forEach((word, i) => out.setUint32(4 * i, word));
  return new Uint8Array(out.buffer);
}

/** Three images of 4 x 2: pixels 0 to 23. */
const PIXELS = Uint8Array.from({ length: 24 }, (_, i) => i);
const IMAGES = Uint8Array.of(...header(0x803, 3, 2, 4), ...PIXELS);
const PACKED = new Uint8Array(gzipSync(IMAGES));

async function inFolder(files: Record<string, Uint8Array>, act: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, bytes] of Object.entries(files)) await Deno.writeFile(join(folder, name), bytes);
    await act(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("reads plain and gzip'ed files, and the image file of a folder", async () => {
  const files = {
    "a.bin": IMAGES,
    "train-images-idx3-ubyte.gz": PACKED,
    "train-labels-idx1-ubyte": header(1),
  };
  await inFolder(files, async (folder) => {
    for (const path of [join(folder, "a.bin"), join(folder, "train-images-idx3-ubyte.gz"), folder]) {
      const data = await loadData(path);
      assert.equal(data.name, path.endsWith("a.bin") ? "a.bin" : "train-images-idx3-ubyte.gz");
      assert.deepEqual([data.num_examples, data.example_shape, data.example_bytes], [3, [2, 4], 8]);
      assert.equal(data.encoding, "uint8");
      assert.deepEqual(data.bytes, PIXELS);
    }
  });
});

/** File contents and the end of the message, after "Cannot read data file PATH: ". */
const REFUSALS: Record<string, readonly [Uint8Array, string]> = {
  "an empty file": [
    new Uint8Array(0),
    "a file with content is required, found an empty one; download it again",
  ],
  "a cut header": [
    IMAGES.subarray(0, 11),
    "an IDX header of 16 bytes is required, found 11 bytes; download it again",
  ],
  "cut pixels": [
    IMAGES.subarray(0, 30),
    "40 bytes are required for 3 images of 4 x 2, found 30; it is incomplete: download it again",
  ],
  "bytes left over": [
    Uint8Array.of(...IMAGES, 0),
    "40 bytes are required for 3 images of 4 x 2, found 41; it has extra bytes: download it again or remove them",
  ],
  "a wrong magic number": [
    header(0xd03, 3, 2, 4),
    "the IDX magic number of images must be 0x00000803 (bytes in 3 dimensions), found 0x00000d03; give an IDX image file",
  ],
  "labels": [
    Uint8Array.of(...header(0x801, 3), 7, 2, 1),
    "images are required (IDX magic number 0x00000803), found labels (0x00000801); give the file of images",
  ],
  "no images": [
    header(0x803, 0, 28, 28),
    "at least one image of at least 1 x 1 is required, found 0 images of 28 x 28; give another file",
  ],
  "empty images": [
    header(0x803, 3, 0, 28),
    "at least one image of at least 1 x 1 is required, found 3 images of 28 x 0; give another file",
  ],
  "a header that claims too much": [
    header(0x803, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff),
    "at most 2147483648 bytes are supported, found a header of 4294967295 images of 4294967295 x 4294967295; " +
    "check the file",
  ],
  "a cut gzip file": [
    PACKED.subarray(0, PACKED.length - 12),
    "a whole gzip file is required, found one that ends early; download it again",
  ],
  "a damaged gzip file": [
    PACKED.map((v, i) => i === PACKED.length - 8 ? v ^ 1 : v),
    "a whole gzip file is required, found a damaged one, or one with content after its end (incorrect data check); " +
    "download it again, or unpack it yourself with gzip -dc",
  ],
};

for (const [what, [bytes, why]] of Object.entries(REFUSALS)) {
  Deno.test(`refuses ${what}`, async () => {
    await inFolder({ "data": bytes }, async (folder) => {
      const file = join(folder, "data");
      const message = `Cannot read data file ${file}: ${why}`;
      await assert.rejects(loadData(file), { name: "UserError", message });
    });
  });
}

Deno.test("refuses a path where nothing is", async () => {
  await inFolder({ file: IMAGES }, async (folder) => {
    for (const path of [join(folder, "missing"), join(folder, "file", "inner")]) {
      const message =
        `Cannot read data: a file or folder is required, found nothing at ${path}; check --data`;
      await assert.rejects(loadData(path), { name: "UserError", message });
    }
  });
});

Deno.test("refuses what the system does not let it read, in the system's words", async () => {
  await inFolder({}, async (folder) => {
    const path = join(folder, "loop");
    await Deno.symlink(path, path);
    const found = await Deno.stat(path).then(() => "no failure", (error: Error) => error.message);
    const message = `Cannot read data: ${path} must be readable, found ${found}; check --data`;
    await assert.rejects(loadData(path), { name: "UserError", message });
  });
});

Deno.test("refuses a folder without image files", async () => {
  await inFolder({ "t10k-labels-idx1-ubyte": header(0x801, 0) }, async (folder) => {
    const message =
      `Cannot read data folder ${folder}: pictures (.png, .jpg, .webp and others), NPY files, an IDX image file such as ` +
      "train-images-idx3-ubyte.gz or CIFAR-10's data_batch_*.bin are required, found none of them, but 1 without " +
      "an ending in its name; name another " +
      "folder, or a file, with --data";
    await assert.rejects(loadData(folder), { name: "UserError", message });
  });
});

Deno.test("refuses a folder with training and test images, naming both", async () => {
  const files = { "train-images.idx3-ubyte": IMAGES, "t10k-images-idx3-ubyte.gz": PACKED };
  await inFolder(files, async (folder) => {
    const message = `Cannot read data folder ${folder}: one IDX image file is required, found ` +
      "t10k-images-idx3-ubyte.gz and train-images.idx3-ubyte; name one of them, for example --data " +
      join(folder, "t10k-images-idx3-ubyte.gz");
    await assert.rejects(loadData(folder), { name: "UserError", message });
    assert.equal((await loadData(join(folder, "train-images.idx3-ubyte"))).num_examples, 3);
  });
});
