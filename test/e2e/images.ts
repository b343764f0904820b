/** Small image files: in the IDX format, and folders of pictures. */
import { join } from "node:path";
import { Stream } from "../../random/philox.ts";
import { encodePng } from "../../pictures/png.ts";
import { blank } from "../../pictures/raster.ts";

export const NUM_IMAGES = 192;
const SIDE = 6;

/** An IDX file of `count` images of `side` x `side` random tones; another `seed`, other tones. */
export function squareImages(count: number, side: number, seed = 0): Uint8Array {
  const file = new Uint8Array(16 + count * side * side);
  const header = new DataView(file.buffer);
  [0x0000_0803, count, side, side].forEach((value, i) => header.setUint32(4 * i, value));
  fillTones(file.subarray(16), new Stream({ seed, purpose: "dataset", counter: 0, shard: 0 }));
  return file;
}

/** An IDX file of 192 images of 6 x 6. */
export function tinyImages(seed = 0): Uint8Array {
  return squareImages(NUM_IMAGES, SIDE, seed);
}

/** A folder of PNG pictures of random tones and of different sizes, 40 pixels and more each way. */
export async function putPictures(folder: string, count: number, channels: 1 | 3): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (let i = 0; i < count; i++) {
    const picture = blank(40 + i, 52 - i, channels, 0);
    fillTones(picture.data, new Stream({ seed: 1, purpose: "dataset", counter: i, shard: channels }));
    await Deno.writeFile(join(folder, `${i}.png`), encodePng(picture));
  }
}

function fillTones(tones: Uint8Array, stream: Stream): void {
  for (let i = 0; i < tones.length; i++) tones[i] = Math.floor(256 * stream.nextUniform());
}
