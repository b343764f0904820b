/** Labels where people have them: read, named, counted, and refused by their place. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { crc32 } from "node:zlib";
import { gatherRows, rowBytes } from "../../../coordinator/data/data_set.ts";
import { UNWATCHED } from "../../../coordinator/data/data_source.ts";
import { type DataChoice, openDataSource } from "../../../coordinator/data/resolve.ts";
import { encodePng } from "../../../pictures/png.ts";
import { inTempFolder } from "./files.ts";
import { npyOf } from "./npy_file.ts";

const NAMES = ["data.npy", "labels.npy"];
const CIFAR_IMAGE = 3072;

function idx(magic: number, extents: readonly number[], data: readonly number[]): Uint8Array {
  const out = new Uint8Array(4 + 4 * extents.length + data.length), view = new DataView(out.buffer);
  [magic, ...extents].forEach((value, i) => view.setUint32(4 * i, value));
  out.set(data, 4 + 4 * extents.length);
  return out;
}

const images = (count: number) => idx(0x803, [count, 2, 2], Array.from({ length: 4 * count }, (_, i) => i));
const int64 = (numbers: readonly number[]) => new Uint8Array(BigInt64Array.from(numbers, BigInt).buffer);

/** A ZIP archive of stored files. */
function zipOf(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const parts: Uint8Array[] = [], directory: Uint8Array[] = [];
  let offset = 0;
  for (const [name, data] of Object.entries(files)) {
    const text = new TextEncoder().encode(name);
    const common = [0, 0, 0, 0, 0, 0, 0, 0];
    const entry = (signature: number, head: readonly number[], tail: readonly number[]) => {
      const fields = new Uint8Array(4 + head.length + 8 + 12 + 4 + tail.length),
        view = new DataView(fields.buffer);
      view.setUint32(0, signature, true);
      fields.set([...head, ...common], 4);
      const at = 4 + head.length + 8;
      view.setUint32(at, crc32(data), true);
      view.setUint32(at + 4, data.length, true);
      view.setUint32(at + 8, data.length, true);
      view.setUint16(at + 12, text.length, true);
      fields.set(tail, at + 16);
      return fields;
    };
    const local = entry(0x0403_4b50, [20, 0], []);
    const tail = new Uint8Array(14);
    new DataView(tail.buffer).setUint32(10, offset, true);
    directory.push(entry(0x0201_4b50, [20, 0, 20, 0], [...tail]), text);
    parts.push(local, text, data);
    offset += local.length + text.length + data.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = new Uint8Array(22), view = new DataView(end.buffer);
  view.setUint32(0, 0x0605_4b50, true);
  view.setUint16(8, directory.length / 2, true);
  view.setUint16(10, directory.length / 2, true);
  view.setUint32(12, size, true);
  view.setUint32(16, offset, true);
  return Uint8Array.from([...parts, ...directory, end].flatMap((part) => [...part]));
}

interface Found {
  readonly labels?: readonly number[];
  readonly names?: readonly string[];
  readonly shape?: readonly number[];
  readonly error?: string;
}

/** What opening data comes to, in a folder with these files. In `error`, D is the folder. */
async function open(
  files: Readonly<Record<string, Uint8Array | string>>,
  data: string,
  labels: string,
  more: Partial<DataChoice> = {},
): Promise<Found> {
  return await inTempFolder(async (folder) => {
    for (const [name, content] of Object.entries(files)) {
      await Deno.mkdir(join(folder, name, ".."), { recursive: true });
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      await Deno.writeFile(join(folder, name), bytes);
    }
    const is_file = Object.keys(files).some((name) => labels === name || labels.startsWith(`${name}#`));
    try {
      const choice = {
        data: join(folder, data),
        labels: is_file ? join(folder, labels) : labels,
        seed: 1,
        ...more,
      };
      const source = await openDataSource(choice, UNWATCHED);
      const read = await source.read();
      if (more.on_bad_item === undefined) assert.deepEqual(read.labels, source.labels);
      const { values, class_names } = read.labels!;
      return { labels: [...values], names: class_names, shape: read.example_shape };
    } catch (error) {
      assert.equal((error as Error).name, "UserError", `${(error as Error).stack}`);
      return { error: (error as Error).message.replaceAll(folder, "D") };
    }
  });
}

const DIGITS = { labels: [2, 0, 1], names: ["0", "1", "2"], shape: [2, 2] };

Deno.test("labels: IDX files beside images are found as MNIST has them, gzip'ed or not, by file and by folder", async () => {
  const labels = idx(0x801, [3], [2, 0, 1]);
  const names = [
    ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"],
    ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"],
    ["images.idx3-ubyte", "labels.idx1-ubyte"],
  ] as const;
  for (const [of_images, of_labels] of names) {
    const pack = (name: string, bytes: Uint8Array) =>
      name.endsWith(".gz") ? new Uint8Array(gzipSync(bytes)) : bytes;
    const files = { [of_images]: pack(of_images, images(3)), [of_labels]: pack(of_labels, labels) };
    assert.deepEqual(await open(files, of_images, "auto"), DIGITS);
    assert.deepEqual(await open(files, "", "auto"), DIGITS);
    assert.deepEqual(await open(files, of_images, of_labels), DIGITS);
  }
});

Deno.test("labels: NPY files of whole numbers, and arrays of NPZ files", async () => {
  const x = npyOf("|u1", [3, 2, 2], new Uint8Array(12)), y = npyOf("<i8", [3], int64([2, 0, 1]));
  const data = NAMES[0]!, own = NAMES[1]!;
  assert.deepEqual(await open({ [data]: x, [own]: y }, data, own), DIGITS);
  const big_endian = npyOf(">i2", [3, 1], Uint8Array.of(0, 2, 0, 0, 0, 1));
  assert.deepEqual(await open({ [data]: x, [own]: big_endian }, data, own), DIGITS);
  const archive = zipOf({ "x.npy": x, "y.npy": y, "z.npy": npyOf("|u1", [3], Uint8Array.of(1, 1, 0)) });
  assert.deepEqual(await open({ "a.npz": archive }, "a.npz#x", "auto"), DIGITS);
  assert.deepEqual(await open({ "a.npz": archive }, "a.npz", "a.npz#z"), {
    ...DIGITS,
    labels: [1, 1, 0],
    names: ["0", "1"],
  });
});

Deno.test("labels: numbers keep their meaning where classes are missing", async () => {
  const x = npyOf("|u1", [3, 2, 2], new Uint8Array(12)), y = npyOf("|u1", [3], Uint8Array.of(4, 1, 4));
  const found = await open({ "data.npy": x, "labels.npy": y }, "data.npy", "labels.npy");
  assert.deepEqual([found.labels, found.names], [[4, 1, 4], ["0", "1", "2", "3", "4"]]);
});

Deno.test("labels: CIFAR's bytes, with names where its folder has them", async () => {
  const record = (...labels: number[]) => [...labels, ...new Uint8Array(CIFAR_IMAGE)];
  const ten = Uint8Array.from([record(3), record(9)].flat());
  const numbers = Array.from({ length: 10 }, (_, i) => String(i));
  const file = await open({ "data_batch_1.bin": ten }, "data_batch_1.bin", "auto");
  assert.deepEqual(file, { labels: [3, 9], names: numbers, shape: [3, 32, 32] });
  const words = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
  const files = {
    "data_batch_1.bin": ten,
    "data_batch_2.bin": ten,
    "batches.meta.txt": `${words.join("\n")}\n`,
  };
  assert.deepEqual(await open(files, "", "auto"), { labels: [3, 9, 3, 9], names: words, shape: [3, 32, 32] });
  const hundred = Uint8Array.from([record(1, 99), record(2, 0)].flat());
  const found = await open({ "train.bin": hundred, "test.bin": hundred }, "train.bin", "auto");
  assert.deepEqual([found.labels, found.names?.length], [[99, 0], 100]);
});

Deno.test("labels: sub-folders of pictures are classes, in the order of their names", async () => {
  const png = (tone: number) =>
    new Uint8Array(encodePng({ width: 4, height: 4, channels: 1, data: new Uint8Array(16).fill(tone) }));
  const files = { "dog/a.png": png(1), "cat/b.png": png(2), "dog/more/c.png": png(3) };
  // Examples are in the order of their paths: cat/b, dog/a, dog/more/c.
  assert.deepEqual(await open(files, "", "auto"), {
    labels: [0, 1, 1],
    names: ["cat", "dog"],
    shape: [4, 4],
  });
  assert.deepEqual(await open({ ...files, "e.png": png(4) }, "", "auto"), {
    error:
      "Cannot read labels D: each picture must lie in a sub-folder that is called as its class, found e.png in the folder " +
      "itself; move it into one",
  });
  assert.deepEqual(await open({ "cat/b.png": png(2) }, "", "auto"), {
    error: "Cannot read labels D: at least two classes are required, found 1; use a preset without labels",
  });
});

Deno.test("labels: folders within an archive are classes, too", async () => {
  const png = new Uint8Array(encodePng({ width: 4, height: 4, channels: 1, data: new Uint8Array(16) }));
  const archive = zipOf({ "dog/1.png": png, "cat/2.png": png });
  const found = await open({ "pictures.zip": archive }, "pictures.zip", "auto");
  assert.deepEqual(found, { labels: [0, 1], names: ["cat", "dog"], shape: [4, 4] });
});

/** A folder of pictures, and the same as an archive, with a list of labels in both. */
async function openListed(names: readonly string[], list: string, at = "dataset.json"): Promise<Found[]> {
  const png = new Uint8Array(encodePng({ width: 4, height: 4, channels: 1, data: new Uint8Array(16) }));
  const files = {
    ...Object.fromEntries(names.map((name) => [name, png])),
    [at]: new TextEncoder().encode(list),
  };
  const in_archive = await open({ "x.zip": zipOf(files) }, "x.zip", "auto");
  return [await open(files, "", "auto"), in_archive];
}

Deno.test("labels: StyleGAN's dataset.json, in a folder or an archive, comes before the names of folders", async () => {
  const names = ["00000/a.png", "00000/b.png", "00001/c.png"];
  const list = JSON.stringify({ labels: [["00001/c.png", 0], ["00000/b.png", 4], ["00000/a.png", 1]] });
  const found = { labels: [1, 4, 0], names: ["0", "1", "2", "3", "4"], shape: [4, 4] };
  assert.deepEqual(await openListed(names, list), [found, found]);
  // A whole that was packed with its folder.
  const packed = names.map((name) => `set/${name}`);
  assert.deepEqual(await openListed(packed, list, "set/dataset.json"), [found, found]);
  const folders = { labels: [0, 0, 1], names: ["00000", "00001"], shape: [4, 4] };
  assert.deepEqual(await openListed(names, '{"labels": null}'), [folders, folders]);
});

Deno.test("labels: a list that does not fit its pictures is refused by what is wrong", async () => {
  const names = ["a.png", "b.png"];
  const refused = async (list: string) => (await openListed(names, list))[0]!.error;
  const fits = (labels: unknown) => JSON.stringify({ labels });
  const FORM = '{"labels": [["1.png", 0], ["2.png", 1]]}';
  assert.equal(
    await refused("{"),
    `Cannot read labels D/dataset.json: a JSON file such as ${FORM} is required, found text that is none`,
  );
  assert.equal(
    await refused(fits({ "a.png": 0 })),
    `Cannot read labels D/dataset.json: a list of names and classes is required, such as ${FORM}, found something else`,
  );
  assert.equal(
    await refused(fits([["a.png", 0], ["c.png", 1]])),
    "Cannot read labels D/dataset.json: a number for each picture is required, found none for b.png; add its class to the " +
      "list, or remove the picture",
  );
  assert.equal(
    await refused(fits([["a.png", 0], ["b.png", [0, 1]]])),
    "Cannot read labels D/dataset.json: a number for each picture is required, found something else for b.png; add its class " +
      "to the list, or remove the picture",
  );
  assert.equal(
    await refused(fits([["a.png", 0], ["b.png", 1], ["a.png", 2]])),
    "Cannot read labels D/dataset.json: one class for each picture is required, found two for a.png; remove one",
  );
  assert.match(
    (await refused(fits([["a.png", 0], ["b.png", 0.5]])))!,
    /^Cannot read labels D\/dataset\.json: whole numbers from 0 to 4095 are required, found 0\.5 for example 2;/,
  );
});

Deno.test("labels: --labels may name a list that lies elsewhere", async () => {
  const png = new Uint8Array(encodePng({ width: 4, height: 4, channels: 1, data: new Uint8Array(16) }));
  const files = { "p/a.png": png, "p/b.png": png, "own.json": '{"labels": [["a.png", 1], ["b.png", 0]]}' };
  const found = { labels: [1, 0], names: ["0", "1"], shape: [4, 4] };
  assert.deepEqual(await open(files, "p", "own.json"), found);
});

Deno.test("labels: pictures that are skipped leave with their labels", async () => {
  const png = new Uint8Array(encodePng({ width: 4, height: 4, channels: 1, data: new Uint8Array(16) }));
  const files = { "a/1.png": png, "b/2.png": png.subarray(0, 40), "b/3.png": png, "c/4.png": png };
  const found = await open(files, "", "auto", { on_bad_item: "skip" });
  assert.deepEqual(found, { labels: [0, 1, 2], names: ["a", "b", "c"], shape: [4, 4] });
});

Deno.test("labels: a column of a table, which is then no number of its points", async () => {
  const rows = ["a,kind,b", "1,red,2", "3, blue ,4", "", "# 9,red,9", "5,red,6"];
  const found = { labels: [1, 0, 1], names: ["blue", "red"], shape: [2] };
  assert.deepEqual(await open({ "t.csv": rows.join("\n") }, "t.csv", "kind"), found);
  assert.deepEqual(await open({ "t.csv": rows.slice(1).join("\n") }, "t.csv", "2"), found);
  assert.deepEqual(await open({ "t.csv": rows.join("\n") }, "t.csv#columns=b,a", "kind"), found);
  // Numbers are in the order of numbers.
  const numbered = ["class;a;b", "10;0,5;1,5", "9;2,5;3,5", "10;4,5;5,5"].join("\n");
  assert.deepEqual(await open({ "t.csv": numbered }, "t.csv", "class"), {
    labels: [1, 0, 1],
    names: ["9", "10"],
    shape: [2],
  });
});

Deno.test("labels: those of drawn data are letters and clusters", async () => {
  const strokes = await openDataSource({ labels: "auto", seed: 1 }, UNWATCHED);
  assert.deepEqual(strokes.labels!.class_names, ["ring", "cross", "bar", "zigzag", "tee", "wedge"]);
  const ring = await (await openDataSource({ dataset: "8gaussians", labels: "auto", seed: 1 }, UNWATCHED))
    .read();
  assert.deepEqual([ring.labels!.class_names.length, [...ring.labels!.values.subarray(6, 10)]], [8, [
    6,
    7,
    0,
    1,
  ]]);
  await assert.rejects(openDataSource({ dataset: "swissroll", labels: "auto", seed: 1 }, UNWATCHED), {
    message:
      "Cannot use labels with --dataset swissroll: data with classes are required, found none; use --dataset 8gaussians",
  });
});

Deno.test("labels travel with examples as workers keep them, four bytes behind each", async () => {
  const data = await (await openDataSource({ dataset: "8gaussians", labels: "auto", seed: 1 }, UNWATCHED))
    .read();
  const rows = gatherRows(data, Uint32Array.of(9, 2));
  assert.deepEqual([rowBytes(data), rows.length], [12, 24]);
  assert.deepEqual([...rows.subarray(8, 12), ...rows.subarray(20)], [1, 0, 0, 0, 2, 0, 0, 0]);
  assert.deepEqual(rows.subarray(0, 8), data.bytes.subarray(72, 80));
});

const X = npyOf("|u1", [3, 2, 2], new Uint8Array(12));
const REFUSED: readonly (readonly [
  files: Record<string, Uint8Array | string>,
  data: string,
  labels: string,
  error: string,
])[] = [
  [
    { "images-idx3-ubyte": images(3) },
    "images-idx3-ubyte",
    "auto",
    "Cannot find labels for D/images-idx3-ubyte: an IDX file of labels in its folder, CIFAR's, an array y in its NPZ file, or " +
    "sub-folders of pictures are required, found no labels-idx1-ubyte in its folder; name them with --labels FILE, or the column " +
    "of a CSV file with --labels NAME",
  ],
  [
    { "images-idx3-ubyte": images(3), "labels-idx1-ubyte": idx(0x801, [2], [0, 1]) },
    "images-idx3-ubyte",
    "auto",
    "Cannot use these labels for images-idx3-ubyte: one for each of 3 examples is required, found 2; give the labels of " +
    "these data with --labels",
  ],
  [
    { "x.npy": X, "y.npy": npyOf("<i8", [3], int64([0, -1, 1])) },
    "x.npy",
    "y.npy",
    "Cannot read labels D/y.npy: whole numbers from 0 to 4095 are required, found -1 for example 2; number the classes from 0 " +
    "on, and leave out examples without a class",
  ],
  [
    { "x.npy": X, "y.npy": npyOf("<f4", [3], new Uint8Array(12)) },
    "x.npy",
    "y.npy",
    "Cannot read labels D/y.npy: whole numbers of [N] are required, found <f4 of [3]; write them as such with NumPy's " +
    'y.astype("int64")',
  ],
  [
    { "x.npy": X, "y.npy": npyOf("|u1", [3, 4], new Uint8Array(12)) },
    "x.npy",
    "y.npy",
    "Cannot read labels D/y.npy: whole numbers of [N] are required, found |u1 of [3,4]; write the class of each example with " +
    "NumPy's y.argmax(axis=1)",
  ],
  [
    { "a.npz": zipOf({ "x.npy": X }) },
    "a.npz",
    "auto",
    "Cannot read labels D/a.npz: an array called y or labels is required, found x; name one of them, for example --labels " +
    "D/a.npz#y",
  ],
  [
    { "t.csv": "a,kind,b\n1,red,2\n3,,4\n" },
    "t.csv",
    "kind",
    "Cannot read labels D/t.csv: a class for each row is required, found none in line 3, column 2; name it there, or remove " +
    "that row",
  ],
  [
    { "t.csv": "a,kind,b\n1,red,2\n3,blue,4\n" },
    "t.csv",
    "sort",
    'Cannot read data file D/t.csv: a name of a column is required after --labels, found "sort" among "a", "kind", "b"; give a ' +
    "name or a number",
  ],
  [
    { "x.npy": X, "y.txt": "0 1 2" },
    "x.npy",
    "y.txt",
    "Cannot read labels D/y.txt: an IDX file of labels, an NPY file or an array of an NPZ file is required, found another kind " +
    'of file; write them with Python: numpy.save("labels.npy", y.astype("int64"))',
  ],
];

for (const [files, data, labels, error] of REFUSED) {
  Deno.test(`labels: refused: ${Object.keys(files).join(", ")}, ${labels}`, async () =>
    assert.deepEqual(await open(files, data, labels), { error }));
}
