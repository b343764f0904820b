/** Files of other kinds, as their programs write them: each is called what it is, with a way out. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { maskedCrc32c } from "../../../../common/files/crc32c.ts";
import { readFile } from "../files.ts";

const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const at = (place: number, magic: string, length = 600) => {
  const out = new Uint8Array(length);
  out.set(bytes(magic), place);
  return out;
};
const oldTar = () => {
  // Blocks of zeros end it.
  const out = at(0, "faces/0001.txt", 2048);
  out.set(bytes("0000644\0"), 100);
  const sum = out.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
  out.set(bytes(sum.toString(8).padStart(6, "0") + "\0 "), 148);
  return out;
};
const tfRecord = () => {
  const out = new Uint8Array(40);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, 20n, true);
  view.setUint32(8, maskedCrc32c(out.subarray(0, 8)), true);
  return out;
};

/** Names, contents, and what is found and done about it. */
const KINDS: readonly (readonly [name: string, content: Uint8Array, what: string, way: string])[] = [
  ["x.tar", at(257, "ustar\x0000"), "a tar archive", "tar xf F"],
  ["x.tar.gz", new Uint8Array(gzipSync(at(257, "ustar  \0"))), "a tar archive", "tar xf F"],
  ["old.tar", oldTar(), "a tar archive", "tar xf F"],
  ["x.bz2", at(0, "BZh91AY&SY"), "a bzip2 file", "bzip2 -dc F > x"],
  ["x.csv.xz", at(0, "\xfd7zXZ\0"), "an xz file", "xz -dc F > x"],
  ["x.zst", at(0, "\x28\xb5\x2f\xfd"), "a Zstandard file", "zstd -dc F > x"],
  ["x.npy.gz", new Uint8Array(gzipSync(gzipSync("1,2\n"))), "a gzip file inside another", "gzip -dc F > x"],
  ["x.7z", at(0, "7z\xbc\xaf\x27\x1c"), "a 7z archive", "7z x F"],
  ["x.rar", at(0, "Rar!\x1a\x07\x01\0"), "a RAR archive", "unrar x F"],
  ["x.feather", at(0, "ARROW1\0\0"), "an Arrow or Feather table", 'pandas.read_feather("F")'],
  ["x.h5", at(0, "\x89HDF\r\n\x1a\n"), "an HDF5 file", 'numpy.save("x.npy", h5py.File("F")["NAME"][:])'],
  ["x.hdf5", at(512, "\x89HDF\r\n\x1a\n"), "an HDF5 file", "h5py.File"],
  ["x.mat", at(0, "MATLAB 5.0 MAT-file, Platform"), "a MATLAB file", 'scipy.io.loadmat("F")["NAME"]'],
  [
    "y.mat",
    at(0, "MATLAB 7.3 MAT-file, Platform"),
    "a MATLAB 7.3 (HDF5) file",
    'h5py.File("F")["NAME"][:].T',
  ],
  ["x.pkl", at(0, "\x80\x04\x95\x1a\0"), "a Python pickle", 'numpy.asarray(pickle.load(open("F", "rb")))'],
  ["old.pkl", bytes("(lp0\nI1\na."), "a Python pickle", "pickle.load"],
  ["x", at(0, "\x80\x02cnumpy"), "a Python pickle", "pickle.load"],
  [
    "data_batch_1",
    at(0, "\x80\x02}q\x01"),
    "a batch of CIFAR's Python version (a pickle)",
    "binary version of CIFAR-10",
  ],
  ["x.safetensors", at(0, '\x40\0\0\0\0\0\0\0{"a"'), "a file of safetensors", "safetensors.numpy.load_file"],
  ["x.tfrecord", tfRecord(), "a file of TFRecords", "to a folder as PNG"],
  ["x.jsonl", bytes('{"x": 1}\n{"x": 2}\n'), "JSON lines", 'pandas.read_json("F", lines=True)'],
  ["x.csv", bytes('{"x": 1}\n{"x": 2}\n'), "JSON lines", 'pandas.read_json("F", lines=True)'],
  ["x.json", bytes("[[1, 2], [3, 4]]"), "a JSON file", 'pandas.read_json("F").to_csv'],
  [
    "x.sqlite",
    at(0, "SQLite format 3\0"),
    "an SQLite database",
    'sqlite3 -csv F "select * from NAME" > x.csv',
  ],
  [
    "x.xls",
    at(0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    "an old Office document (.xls)",
    "save its sheet as CSV",
  ],
  ["x.RData", at(0, "RDX3\n"), "an R data file", "write.csv"],
  ["x.csv", bytes("<!DOCTYPE html>\n<html>"), "a web page", "download the file itself"],
  [
    "x.npy",
    bytes("version https://git-lfs.github.com/spec/v1\n"),
    "a Git LFS pointer and not the file itself",
    "git lfs pull",
  ],
  ["picture", at(0, "RIFF\x10\0\0\0WEBP"), "a single picture", "name its folder"],
  ["scan", at(0, "II*\0"), "a single picture", "name its folder"],
  ["x.heic", at(4, "ftypheic"), "a HEIC picture", "PNG or JPEG in a folder"],
  ["picture", at(0, "\x89PNG\r\n"), "a single picture", "name its folder"],
  ["x.pdf", bytes("%PDF-1.7\n"), "a PDF document", "name a file that contains the data"],
  ["x.dat", at(3, "\x01\x02"), "a file of another kind", 'numpy.fromfile("F", dtype="<f4").reshape(-1, D)'],
  ["x.dat", bytes("1 2\n3 4\n"), "text", "rename it so that its name ends in .csv"],
  ["x.bin", new Uint8Array(3073 * 2), "a file of another kind", "numpy.fromfile"],
];

for (const [name, content, what, way] of KINDS) {
  Deno.test(`${name} is called ${what}`, async () => {
    const { error = "", is_users } = await readFile(name, content);
    const start =
      "Cannot read data file F: an NPY, NPZ, IDX, Parquet, CSV or CIFAR file, or a folder of pictures, is required, found ";
    assert.ok(error.startsWith(`${start}${what}; `), error);
    assert.ok(error.includes(way), error);
    assert.ok(is_users);
  });
}

Deno.test("a text whose names begin as other kinds do is a table", async () => {
  for (const head of ["CDF,x", "ORC,x", "GIF8,x", "BZh,x", "PAR1,x", "BM,x", "RIFF,x"]) {
    assert.deepEqual((await readFile("x.csv", `${head}\n1.5,2\n`)).shape, [1, 2], head);
  }
});
