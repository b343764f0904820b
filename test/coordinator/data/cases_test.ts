/** Files as people bring them, each with the values that are right for it (made with NumPy, Pillow and pandas). */
import assert from "node:assert/strict";
import { read } from "./files.ts";

const folder = new URL("./cases/", import.meta.url).pathname;

const POINTS = { shape: [64, 3], sha256: "404ffedad368567c2674b4f1f02997d1c92d6ef9cfb9946d1f3b42065ecdc0b1" };
const IMAGES = {
  shape: [64, 16, 16],
  sha256: "4538b8b18d4cc3fd7833b455f89f2419482478cd19b315c1d7378a31edb08ac9",
};

/** By path in --data. */
const RIGHT: Record<string, { readonly shape: readonly number[]; readonly sha256?: string }> = {
  "control.csv": POINTS,
  "quoted.csv": POINTS,
  "index_column.csv": POINTS,
  "decimal_comma.csv": POINTS,
  "header_numbers.csv#header=yes": POINTS,
  "index_column.csv#columns=a,b,c": POINTS,
  "decimal_comma.csv#decimal=comma": POINTS,
  "decimal_rows_dropped.csv": { shape: [64, 3] },
  "wide_200000.csv.gz": { shape: [8, 200_000] },
  "python2_long.npy": IMAGES,
  "object_beside.npz": IMAGES,
  "object_beside.npz#x": IMAGES,
  "dataset.zip": {
    shape: [20, 3, 32, 32],
    sha256: "dbdc1a8b3f0ee2ba59c66dae13f0f67f5a8c47e53b0ab8185716501ad9aa08ff",
  },
  "cifar100/train.bin": {
    shape: [10, 3, 32, 32],
    sha256: "fd6b8cec57555f6e112bb125dc6c10ca212643e63b31e1ead9c09261c67e987e",
  },
};

for (const [path, { shape, sha256 }] of Object.entries(RIGHT)) {
  Deno.test(`${path} is read right`, async () => {
    const outcome = await read(folder + path, folder);
    assert.equal(outcome.error, undefined);
    assert.deepEqual(outcome.shape, shape);
    if (sha256 !== undefined) assert.equal(outcome.sha256, sha256);
  });
}

Deno.test("decimal_rows_dropped.csv: no row is dropped", async () => {
  const { values } = await read(`${folder}decimal_rows_dropped.csv`, folder);
  // Lines 2 and 65 of the file.
  assert.deepEqual(values!.slice(0, 3), [...Float32Array.of(-0.1334, 0.6591, -2.102)]);
  assert.deepEqual(values!.slice(-3), [23, 24, 25]);
});

/** What is said after "Cannot read data file FILE: ". */
const REFUSED: Record<string, string> = {
  "header_numbers.csv":
    "line 1 (0, 1, 2) may be a header of numbers or the first example; say which: --data " +
    "Fheader_numbers.csv#header=yes or --data Fheader_numbers.csv#header=no",
  "object.npy":
    "images as uint8 of [N, rows, columns], [N, rows, columns, C] or [N, C, rows, columns], or numbers of [N, D] are " +
    "required, found |O of [32,2]: pickled Python objects; save numbers instead: " +
    'numpy.save("x.npy", numpy.stack(list(x)).astype("float32")), or for images .astype("uint8")',
  "unknown.tar":
    "a whole picture is required, found an empty file; repair or remove the file, or leave it out with " +
    "--on-bad-item skip",
};

/** What is refused within an archive. */
const IN_ARCHIVES: Readonly<Record<string, string>> = { "unknown.tar": "#a.png" };

for (const [path, why] of Object.entries(REFUSED)) {
  Deno.test(`${path} is refused for what it is`, async () => {
    const outcome = await read(folder + path, folder);
    assert.equal(outcome.error, `Cannot read data file F${path}${IN_ARCHIVES[path] ?? ""}: ${why}`);
    assert.ok(outcome.is_users);
  });
}
