/** Files that are no data, and what is said of each. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { loadData } from "../../../coordinator/data/load.ts";
import type { ReadAs } from "../../../coordinator/data/read_as.ts";
import goldens from "./goldens/readers.json" with { type: "json" };

const golden = (name: keyof typeof goldens.files) => Uint8Array.fromBase64(goldens.files[name]);
const half = (name: keyof typeof goldens.files) => {
  const bytes = golden(name);
  return bytes.subarray(0, bytes.length >> 1);
};
const text = (content: string) => new TextEncoder().encode(content);
const NEITHER: ReadAs = { image_size: null, channels: null };

interface Refusal {
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Path within the folder. */
  readonly data: string;
  readonly shaping?: ReadAs;
  /** FOLDER stands for the folder. */
  readonly message: string;
}

const REFUSALS: Record<string, Refusal> = {
  "half a PNG": {
    files: { "p/a.png": golden("grey.png"), "p/b.png": half("grey.png") },
    data: "p",
    message: "Cannot read data file FOLDER/p/b.png: a whole picture is required, found a PNG that " +
      "ends early; repair or remove the file, or leave it out with --on-bad-item skip",
  },
  "half a JPEG": {
    files: { "a.jpg": half("colour.jpg") },
    data: ".",
    message: "Cannot read data file FOLDER/a.jpg: a whole picture is required, found a JPEG that ends " +
      "early; repair or remove the file, or leave it out with --on-bad-item skip",
  },
  "a damaged PNG": {
    files: { "a.png": golden("grey.png").map((byte, i) => i === 60 ? byte ^ 1 : byte) },
    data: ".",
    message: "Cannot read data file FOLDER/a.png: a whole picture is required, found a PNG that is " +
      "damaged; repair or remove the file, or leave it out with --on-bad-item skip",
  },
  "a text called a picture": {
    files: { "a.png": text("hello") },
    data: ".",
    message:
      "Cannot read data file FOLDER/a.png: a whole picture is required, found no known kind of picture; repair or remove the file, or leave it out with --on-bad-item skip",
  },
  "an empty picture": {
    files: { "a.jpeg": new Uint8Array(0) },
    data: ".",
    message: "Cannot read data file FOLDER/a.jpeg: a whole picture is required, found an empty file; " +
      "repair or remove the file, or leave it out with --on-bad-item skip",
  },
  "grey and coloured pictures": {
    files: { "a.png": golden("colour.png"), "b.png": golden("grey.png") },
    data: ".",
    message:
      "Cannot read data folder FOLDER: pictures of one kind are required, found a coloured one (a.png) and a " +
      "grey one (b.png); make all grey with --channels 1, or colour with --channels 3",
  },
  "pictures of two sizes": {
    files: { "a.png": golden("colour.png"), "b.png": otherSize() },
    data: ".",
    message:
      "Cannot read data folder FOLDER: pictures of one size (width x height) are required, found 22 x 18 (a.png) and 1 x 1 " +
      "(b.png); resize them with --image-size 32 or 64",
  },
  "one picture": {
    files: { "a.png": golden("colour.png") },
    data: "a.png",
    message:
      "Cannot read data file FOLDER/a.png: a folder of pictures is required, found a single one; name its " +
      "folder with --data",
  },
  "several arrays": {
    files: { "a.npz": golden("several.npz") },
    data: "a.npz",
    message:
      "Cannot read data file FOLDER/a.npz: one array of examples is required, found x_test and x_train; name " +
      "one of them, for example --data FOLDER/a.npz#x_test",
  },
  "an array that is not there": {
    files: { "a.npz": golden("one.npz") },
    data: "a.npz#y",
    message:
      "Cannot read data file FOLDER/a.npz: an array y is required, found labels, x; name one of them, for " +
      "example --data FOLDER/a.npz#labels",
  },
  "half an NPZ": {
    files: { "a.npz": half("one.npz") },
    data: "a.npz",
    message:
      "Cannot read data file FOLDER/a.npz: a whole ZIP archive is required, found one that ends early; download it " +
      "again",
  },
  "a cut batch of CIFAR-10": {
    files: { "data_batch_1.bin": new Uint8Array(3000) },
    data: ".",
    message:
      "Cannot read data file FOLDER/data_batch_1.bin: whole records of 3073 bytes are required (CIFAR-10, " +
      "binary version), found 3000 bytes; download it again",
  },
  "CIFAR-100": {
    files: { "data_batch_1.bin": new Uint8Array(3073).fill(90) },
    data: "data_batch_1.bin",
    message:
      "Cannot read data file FOLDER/data_batch_1.bin: labels of 0 to 9 are required (CIFAR-10, binary " +
      "version), found 90 in record 0; download the binary version",
  },
  "points to be cropped": {
    files: { "a.csv": text("1,2\n") },
    data: "a.csv",
    shaping: { image_size: 32, channels: null },
    message: "Cannot use --image-size: images are required, found points of 2 numbers (a.csv); leave it out",
  },
};

/** A grey pixel of another maker: PNG of 1 x 1, coloured. */
function otherSize(): Uint8Array {
  return Uint8Array.fromBase64(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC",
  );
}

for (const [what, { files, data, shaping = NEITHER, message }] of Object.entries(REFUSALS)) {
  Deno.test(`refuses ${what}`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      for (const [name, bytes] of Object.entries(files)) {
        await Deno.mkdir(join(folder, name, ".."), { recursive: true });
        await Deno.writeFile(join(folder, name), bytes);
      }
      const path = data === "." ? folder : join(folder, data);
      await assert.rejects(loadData(path, shaping), (error: Error) => {
        assert.equal(error.message.replaceAll(folder, "FOLDER"), message);
        return error.name === "UserError";
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
