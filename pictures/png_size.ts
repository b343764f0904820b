/** What the head of a PNG file says of its picture (PNG specification, "IHDR Image header"). */

const HEAD_BYTES = 33;
/** By colour type: grey, colour, palette, grey and colour with transparency. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Throws RangeError for what is no PNG file. */
export function pngSize(png: Uint8Array): { width: number; height: number; channels: number } {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const is_png = png.length >= HEAD_BYTES && view.getUint32(0) === 0x8950_4e47 &&
    view.getUint32(12) === 0x4948_4452;
  const channels = is_png ? CHANNELS[png[25]!] : undefined;
  if (channels === undefined) throw new RangeError("A PNG file must begin with its header: found none");
  return { width: view.getUint32(16), height: view.getUint32(20), channels };
}
