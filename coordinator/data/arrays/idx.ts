/**
 * Parser of IDX image files (the format of MNIST, Fashion-MNIST, EMNIST and their kin; LeCun, "The MNIST
 * database"): u32 BE magic 0x00000803 (unsigned bytes, 3 dimensions), u32 BE number of images, rows and columns,
 * then the pixels.
 */
import { basename } from "node:path";
import { type Content, readBehind } from "../files/content.ts";
import { MAX_FILE_BYTES, refuse } from "../files/data_file.ts";
import { type DataSet, dataSetOf } from "../data_set.ts";
import { stridesOf } from "./axes.ts";
import { examplesOf } from "./npy.ts";

const IMAGES_MAGIC = 0x0000_0803;
const LABELS_MAGIC = 0x0000_0801;
const HEADER_BYTES = 16;

/** Names of image files, gzip'ed or not, as those of MNIST. */
export const IDX_NAME = /images?[-.]idx3-ubyte(\.gz)?$/;

/** True if a file begins as an IDX file of any type and of up to eight dimensions. */
export function isIdx(head: Uint8Array): boolean {
  const [first, second, type, dimensions] = head;
  return first === 0 && second === 0 && [8, 9, 0xb, 0xc, 0xd, 0xe].includes(type!) &&
    dimensions! >= 1 && dimensions! <= 8;
}

/**
 * The images of an IDX file as uint8. `axes`: its axes, where --layout names them: NWH turns EMNIST's images upright.
 * Throws {@linkcode UserError} where it is not whole.
 */
export async function parseIdx(content: Content, axes: string | null = null): Promise<DataSet> {
  const { file, head } = content;
  const header = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length >= 4) checkMagic(file, header.getUint32(0));
  if (head.length < HEADER_BYTES) {
    refuse(
      file,
      `an IDX header of ${HEADER_BYTES} bytes is required, found ${head.length} bytes; download it again`,
    );
  }
  const [num_images, rows, columns] = [4, 8, 12].map((at) => header.getUint32(at)) as [
    number,
    number,
    number,
  ];
  const size = `${num_images} images of ${columns} x ${rows}`;
  if (num_images === 0 || rows === 0 || columns === 0) {
    refuse(file, `at least one image of at least 1 x 1 is required, found ${size}; give another file`);
  }
  const pixels = num_images * rows * columns;
  if (HEADER_BYTES + pixels > MAX_FILE_BYTES) {
    refuse(file, `at most ${MAX_FILE_BYTES} bytes are supported, found a header of ${size}; check the file`);
  }
  const bytes = await readBehind(content, HEADER_BYTES, pixels, size);
  if (axes !== null) {
    if (axes.length !== 3 || !axes.includes("N")) {
      refuse(file, `three axes are required for IDX images, NHW or NWH, found --layout ${axes}; name those`);
    }
    const shape = [num_images, rows, columns];
    return examplesOf(
      file,
      basename(file),
      { elements: bytes, shape, strides: stridesOf(shape, false) },
      axes,
      true,
    );
  }
  return dataSetOf(basename(file), [rows, columns], "uint8", bytes);
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
    `the IDX magic number of images must be ${shown(IMAGES_MAGIC)} (bytes in 3 dimensions), ` +
      `found ${shown(magic)}; give an IDX image file`,
  );
}
