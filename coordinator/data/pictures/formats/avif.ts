/** AVIF files, decoded by libavif. */
import type { Orientation } from "../jpeg/exif.ts";
import { type FoundPicture, hasMark, type PictureFormat, soundOr } from "../format.ts";
import { pixelsFrom } from "./wasm_codec.ts";

const DAMAGED = "an AVIF that is damaged or ends early";
/** Boxes that hold others on the way to an item's properties, and bytes before those. */
const HOLDERS: Readonly<Record<string, number>> = { meta: 4, iprp: 0, ipco: 0 };
/** What an angle of 0 to 3 quarter turns anticlockwise is as an EXIF orientation. */
const TURNS: readonly Orientation[] = [1, 8, 3, 6];
/** The same, and then mirrored: top to bottom, or left to right. */
const MIRRORED: readonly (readonly Orientation[])[] = [[4, 5, 2, 7], [2, 7, 4, 5]];

export const AVIF: PictureFormat = {
  title: "AVIF",
  is: (bytes) => hasMark(bytes, 4, "ftypavif") || hasMark(bytes, 4, "ftypavis"),
  open: (bytes) => soundOr("AVIF", () => openAvif(bytes)),
};

interface Properties {
  width: number;
  height: number;
  turn: number;
  axis: number | null;
}

function openAvif(bytes: Uint8Array): FoundPicture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Properties = { width: 0, height: 0, turn: 0, axis: null };
  look(bytes, view, 0, bytes.length, found);
  const { width, height, turn, axis } = found;
  if (width === 0 || height === 0) throw new Error(DAMAGED);
  return {
    width,
    height,
    has_colour: true,
    orientation: axis === null ? TURNS[turn]! : MIRRORED[axis]![turn]!,
    decode: async (codecs) => pixelsFrom("AVIF", (await codecs.avif()).decode(bytes, 8), width, height),
  };
}

/** Boxes from `at` to `end`: of several sizes, the whole picture's is the largest. */
function look(bytes: Uint8Array, view: DataView, at: number, end: number, found: Properties): void {
  while (at + 8 <= end) {
    const size = view.getUint32(at) || end - at;
    if (size < 8 || at + size > end) return;
    const kind = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const skip = HOLDERS[kind];
    if (skip !== undefined) look(bytes, view, at + 8 + skip, at + size, found);
    else if (kind === "ispe") {
      const width = view.getUint32(at + 12), height = view.getUint32(at + 16);
      if (width * height > found.width * found.height) Object.assign(found, { width, height });
    } else if (kind === "irot") found.turn = view.getUint8(at + 8) & 3;
    else if (kind === "imir") found.axis = view.getUint8(at + 8) & 1;
    at += size;
  }
}
