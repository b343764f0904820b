/**
 * Reader of IDX image files (the format of MNIST, Fashion-MNIST, EMNIST and their kin; LeCun, "The MNIST
 * database"), gzip'ed or not: u32 BE magic 0x00000803 (unsigned bytes, 3 dimensions), u32 BE number of images,
 * rows and columns, then the pixels.
 */
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { UserError } from "../../common/errors.ts";
import { type DataSet, dataSetOf } from "./data_set.ts";

const IMAGES_MAGIC = 0x0000_0803;
const LABELS_MAGIC = 0x0000_0801;
const HEADER_BYTES = 16;
/** Largest unpacked file that is read: 2 GiB. */
const MAX_FILE_BYTES = 2 ** 31;
const IMAGE_FILE_NAME = /images?[-.]idx3-ubyte(\.gz)?$/;

/**
 * Reads the images of an IDX file, or of the only image file in a folder, as uint8. Throws
 * {@linkcode UserError}, in words that say what to do, when there is none or it is not whole.
 */
export async function loadIdx(path: string): Promise<DataSet> {
  const file = await findImageFile(path);
  const packed = await readFile(file);
  return parseImages(file, isGzip(packed) ? unpack(file, packed) : packed);
}

function refuse(file: string, why: string): never {
  throw new UserError(`Cannot read data file ${file}: ${why}`);
}

/** The file itself, or the one image file of a folder. */
async function findImageFile(path: string): Promise<string> {
  const info = await attempt(path, () => Deno.stat(path));
  if (!info.isDirectory) return path;
  const entries = await attempt(path, () => Array.fromAsync(Deno.readDir(path)));
  const names = entries.map((entry) => entry.name).filter((name) => IMAGE_FILE_NAME.test(name)).sort();
  const [name] = names;
  if (name === undefined) {
    throw new UserError(
      `Cannot read data folder ${path}: an IDX image file is required, such as train-images-idx3-ubyte.gz, ` +
        "found none; name the file with --data",
    );
  }
  if (names.length > 1) {
    throw new UserError(
      `Cannot read data folder ${path}: one IDX image file is required, found ${names.join(" and ")}; ` +
        `name one of them, for example --data ${join(path, name)}`,
    );
  }
  return join(path, name);
}

async function readFile(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = await attempt(file, () => Deno.stat(file));
  if (size > MAX_FILE_BYTES) {
    refuse(file, `at most ${MAX_FILE_BYTES} bytes are supported, found ${size}; split the file`);
  }
  return await attempt(file, () => Deno.readFile(file));
}

/** Turns failures of the file system into words for the user. */
async function attempt<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      throw new UserError(
        `Cannot read data: a file or folder is required, found nothing at ${path}; check --data`,
      );
    }
    const found = error instanceof Error ? error.message : String(error);
    throw new UserError(`Cannot read data: ${path} must be readable, found ${found}; check --data`);
  }
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function unpack(file: string, packed: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  try {
    const out = gunzipSync(packed, { maxOutputLength: MAX_FILE_BYTES });
    return new Uint8Array(out.buffer as ArrayBuffer, out.byteOffset, out.length);
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === "Z_BUF_ERROR") {
      refuse(file, "a whole gzip file is required, found one that ends early; fetch it again");
    }
    if (code === "ERR_BUFFER_TOO_LARGE") {
      refuse(file, `at most ${MAX_FILE_BYTES} unpacked bytes are supported, found more; split the file`);
    }
    const found = error instanceof Error ? error.message : String(error);
    refuse(file, `a whole gzip file is required, found a damaged one (${found}); fetch it again`);
  }
}

function parseImages(file: string, content: Uint8Array<ArrayBuffer>): DataSet {
  const header = new DataView(content.buffer, content.byteOffset, content.byteLength);
  if (content.length >= 4) checkMagic(file, header.getUint32(0));
  if (content.length < HEADER_BYTES) {
    refuse(
      file,
      `an IDX header of ${HEADER_BYTES} bytes is required, found ${content.length} bytes; fetch it again`,
    );
  }
  const [num_images, rows, columns] = [4, 8, 12].map((at) => header.getUint32(at)) as [
    number,
    number,
    number,
  ];
  const size = `${num_images} images of ${rows} x ${columns}`;
  if (num_images === 0 || rows === 0 || columns === 0) {
    refuse(file, `at least one image of at least 1 x 1 is required, found ${size}; give another file`);
  }
  const expected = HEADER_BYTES + num_images * rows * columns;
  if (expected > MAX_FILE_BYTES) {
    refuse(file, `at most ${MAX_FILE_BYTES} bytes are supported, found a header of ${size}; check the file`);
  }
  if (content.length !== expected) {
    const wrong = content.length < expected ? "it is cut short" : "it has bytes left over";
    refuse(
      file,
      `${expected} bytes are required for ${size}, found ${content.length}; ${wrong}, fetch it again`,
    );
  }
  return dataSetOf(basename(file), [rows, columns], "uint8", content.subarray(HEADER_BYTES));
}

function checkMagic(file: string, magic: number): void {
  if (magic === IMAGES_MAGIC) return;
  const shown = (value: number) => `0x${value.toString(16).padStart(8, "0")}`;
  if (magic === LABELS_MAGIC) {
    refuse(
      file,
      `images are required (IDX magic number ${shown(IMAGES_MAGIC)}), found labels (${shown(magic)}); ` +
        "give the file of images",
    );
  }
  refuse(
    file,
    `the IDX magic number of images must be ${shown(IMAGES_MAGIC)}, found ${
      shown(magic)
    }; give an IDX image file`,
  );
}
