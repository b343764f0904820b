/** How a camera was held: the orientation in EXIF data, and pictures turned upright by it. */
import type { Image } from "../image.ts";

/** 1: upright, as most pictures are; 2 to 8: mirrored, turned or both (EXIF 2.3, tag 0x0112). */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const TAG_ORIENTATION = 0x0112;
/** Readers of the types in which writers put it: BYTE, SHORT, LONG. */
const READERS: Readonly<Record<number, (view: DataView, at: number, little: boolean) => number>> = {
  1: (view, at) => view.getUint8(at),
  3: (view, at, little) => view.getUint16(at, little),
  4: (view, at, little) => view.getUint32(at, little),
};

/** The orientation in a TIFF block, as JPEG's APP1 and PNG's eXIf hold it; 1 where it has none or is damaged. */
export function orientationIn(tiff: Uint8Array): Orientation {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  try {
    const order = view.getUint16(0);
    const little = order === 0x4949;
    if (!little && order !== 0x4d4d || view.getUint16(2, little) !== 42) return 1;
    const first = view.getUint32(4, little);
    const num_entries = view.getUint16(first, little);
    for (let i = 0; i < num_entries; i++) {
      const entry = first + 2 + 12 * i;
      if (view.getUint16(entry, little) !== TAG_ORIENTATION) continue;
      const value = READERS[view.getUint16(entry + 2, little)]?.(view, entry + 8, little) ?? 1;
      return value >= 1 && value <= 8 ? value as Orientation : 1;
    }
    return 1;
  } catch (error) {
    // It ends early: a picture whose side note is damaged is a sound picture.
    if (error instanceof RangeError) return 1;
    throw error;
  }
}

/** True if rows and columns change places. */
export function isTurned(orientation: Orientation): boolean {
  return orientation >= 5;
}

/** The picture as it was meant to be seen. */
export function upright(image: Image, orientation: Orientation): Image {
  if (orientation === 1) return image;
  const { channels, height, width, tones } = image;
  const turned = isTurned(orientation);
  const [rows, columns] = turned ? [width, height] : [height, width];
  // Whether the file's rows and columns count from the other end.
  const from_bottom = [3, 4, 6, 7].includes(orientation), from_right = [2, 3, 7, 8].includes(orientation);
  const down = from_bottom ? -width : width, right = from_right ? -1 : 1;
  const [next_row, next_column] = turned ? [right, down] : [down, right];
  const begin = (from_bottom ? (height - 1) * width : 0) + (from_right ? width - 1 : 0);
  const out = new Uint8Array(tones.length);
  let at = 0;
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < rows; y++) {
      let from = c * height * width + begin + y * next_row;
      for (let x = 0; x < columns; x++, from += next_column) out[at++] = tones[from]!;
    }
  }
  return { channels, height: rows, width: columns, tones: out };
}
