/** Kinds of files that hold data and are not read, told by their first bytes, each with a way out. */
import { FORMATS } from "../pictures/picture_file.ts";
import { isTar } from "../../../common/files/tar.ts";
import { maskedCrc32c } from "../../../common/files/crc32c.ts";

export interface Kind {
  /** E.g. "a tar archive". */
  readonly what: string;
  /** Bytes at the beginning, or a test of them. */
  readonly is: string | ((head: Uint8Array, name: string) => boolean);
  /** Advice; FILE stands for the file. */
  readonly way: string;
}

const TO_NPY = (load: string) => `write its array with Python: numpy.save("x.npy", ${load})`;
const TO_CSV = (load: string) => `write its numbers with Python: ${load}.to_csv("x.csv", index=False)`;
const UNPACK = (command: string) => `unpack it (${command}), and name its content with --data`;
const FOLDER = "save pictures as PNG or JPEG in a folder, and name the folder with --data";

const PICKLE_NAME = /\.(pkl|pickle)$/i;
const FROM_PICKLE = TO_NPY('numpy.asarray(pickle.load(open("FILE", "rb")))') +
  ", if you trust its source";

/** Files of bytes. */
export const BINARY_KINDS: readonly Kind[] = [
  { what: "a tar archive", is: isTar, way: UNPACK("tar xf FILE") },
  { what: "a bzip2 file", is: "BZh", way: UNPACK("bzip2 -dc FILE > x") },
  { what: "an xz file", is: "\xfd7zXZ\0", way: UNPACK("xz -dc FILE > x") },
  { what: "a Zstandard file", is: "\x28\xb5\x2f\xfd", way: UNPACK("zstd -dc FILE > x") },
  { what: "an LZ4 file", is: "\x04\x22\x4d\x18", way: UNPACK("lz4 -dc FILE > x") },
  { what: "a compress (.Z) file", is: "\x1f\x9d", way: UNPACK("gzip -dc FILE > x") },
  { what: "a 7z archive", is: "7z\xbc\xaf\x27\x1c", way: UNPACK("7z x FILE") },
  { what: "a RAR archive", is: "Rar!\x1a\x07", way: UNPACK("unrar x FILE") },
  { what: "a gzip file inside another", is: "\x1f\x8b", way: UNPACK("gzip -dc FILE > x") },
  { what: "an Arrow or Feather table", is: "ARROW1", way: TO_CSV('pandas.read_feather("FILE")') },
  { what: "a Feather table", is: "FEA1", way: TO_CSV('pandas.read_feather("FILE")') },
  { what: "an ORC table", is: "ORC", way: TO_CSV('pandas.read_orc("FILE")') },
  {
    what: "a MATLAB file",
    is: (head) => begins(head, "MATLAB 5.0 MAT-file"),
    way: TO_NPY('scipy.io.loadmat("FILE")["NAME"]'),
  },
  {
    what: "a MATLAB 7.3 (HDF5) file",
    is: (head) => begins(head, "MATLAB 7.3 MAT-file"),
    way: TO_NPY('h5py.File("FILE")["NAME"][:].T'),
  },
  {
    what: "an HDF5 file",
    is: (head) => [0, 512, 1024, 2048].some((at) => begins(head.subarray(at), "\x89HDF\r\n\x1a\n")),
    way: TO_NPY('h5py.File("FILE")["NAME"][:]'),
  },
  {
    what: "a netCDF file",
    is: "CDF",
    way: TO_NPY('scipy.io.netcdf_file("FILE").variables["NAME"][:].copy()'),
  },
  {
    what: "a batch of CIFAR's Python version (a pickle)",
    is: (head, name) => isPickle(head) && /^(data_batch_\d|test_batch|train|test)$/.test(name),
    way: "use the binary version of CIFAR-10 or CIFAR-100, and name its folder with --data",
  },
  {
    what: "a Python pickle",
    is: (head, name) => isPickle(head) || PICKLE_NAME.test(name),
    way: FROM_PICKLE,
  },
  {
    what: "a file of safetensors",
    is: (head) => head[8] === 0x7b && head[7] === 0 && head[6] === 0 && head[5] === 0 && head[9] === 0x22,
    way: TO_NPY('safetensors.numpy.load_file("FILE")["NAME"]'),
  },
  {
    what: "a file of TFRecords",
    is: isTfRecord,
    way: "write its images to a folder as PNG, or its arrays with numpy.save",
  },
  {
    what: "an SQLite database",
    is: "SQLite format 3\0",
    way: 'write a table: sqlite3 -csv FILE "select * from NAME" > x.csv',
  },
  {
    what: "an old Office document (.xls)",
    is: "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    way: "save its sheet as CSV",
  },
  {
    what: "an R data file",
    is: (head) => /^(RD[AXB]\d\n|[XA]\n)/.test(textOf(head.subarray(0, 8))),
    way: 'write its table with R: write.csv(x, "x.csv", row.names=FALSE)',
  },
  {
    what: "a single picture",
    is: (head) => FORMATS.some((format) => format.is(head)),
    way: "name its folder with --data",
  },
  {
    what: "a HEIC picture",
    is: (head) => /^ftyp(hei[cx]|mif1)/.test(textOf(head.subarray(4, 16))),
    way: FOLDER,
  },
  {
    what: "a video",
    is: (head) => begins(head.subarray(4), "ftyp") || begins(head, "\x1a\x45\xdf\xa3"),
    way: 'write its frames to a folder: ffmpeg -i FILE "frames/%06d.png"',
  },
  {
    what: "a sound file",
    is: (head) => begins(head, "RIFF") && begins(head.subarray(8), "WAVE"),
    way: TO_NPY('scipy.io.wavfile.read("FILE")[1][:N * D].reshape(N, D).astype("float32")'),
  },
];

/** Files of text. */
export const TEXT_KINDS: readonly Kind[] = [
  {
    what: "a Git LFS pointer and not the file itself",
    is: "version https://git-lfs",
    way: "fetch the file (git lfs pull)",
  },
  {
    what: "a web page",
    is: (head) => /^\s*<(!doctype html|html|head)/i.test(textOf(head)),
    way: "the download went wrong: download the file itself",
  },
  {
    what: "an XML file",
    is: (head) => textOf(head).trimStart().startsWith("<?xml"),
    way: TO_CSV('pandas.read_xml("FILE")'),
  },
  {
    what: "JSON lines",
    is: (head, name) => /\.(jsonl|ndjson)$/i.test(name) || /^\s*\{.*\}\s*\n\s*[{[]/.test(textOf(head)),
    way: TO_CSV('pandas.read_json("FILE", lines=True)'),
  },
  {
    what: "a JSON file",
    is: (head, name) => /\.json$/i.test(name) || /^\s*(\{\s*"|\[\s*[[{"])/.test(textOf(head)),
    way: TO_CSV('pandas.read_json("FILE")'),
  },
  {
    what: "a Python pickle",
    is: (_head, name) => PICKLE_NAME.test(name),
    way: FROM_PICKLE,
  },
  { what: "a PDF document", is: "%PDF-", way: "name a file that contains the data" },
];

/** True if bytes begin with those of a string whose characters are bytes. */
export function begins(bytes: Uint8Array, magic: string): boolean {
  return bytes.length >= magic.length && [...magic].every((char, i) => char.charCodeAt(0) === bytes[i]);
}

function textOf(head: Uint8Array): string {
  return new TextDecoder().decode(head);
}

/** POSIX tar has its name in the header; older ones are known by the sum of the header's bytes. */
/** Protocols 2 to 5 begin with their number, and a frame or an opcode that makes something. */
function isPickle(head: Uint8Array): boolean {
  const [first, protocol, opcode] = head;
  if (first !== 0x80 || protocol === undefined || protocol < 2 || protocol > 5 || opcode === undefined) {
    return false;
  }
  return "\x95}](cNKJGXUC\x8c\x8a\x8e".includes(String.fromCharCode(opcode));
}

/** The length of the first record, as 8 bytes, is followed by its checksum. */
function isTfRecord(head: Uint8Array): boolean {
  if (head.length < 16) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return maskedCrc32c(head.subarray(0, 8)) === view.getUint32(8, true);
}
