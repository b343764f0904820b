/** Small image files in the IDX format. */
import { Stream } from "../../random/philox.ts";

export const NUM_IMAGES = 192;
const SIDE = 6;

/** An IDX file of 192 images of 6 x 6 random tones; another `seed`, other tones. */
export function tinyImages(seed = 0): Uint8Array {
  const file = new Uint8Array(16 + NUM_IMAGES * SIDE * SIDE);
  const header = new DataView(file.buffer);
  [0x0000_0803, NUM_IMAGES, SIDE, SIDE].forEach((value, i) => header.setUint32(4 * i, value));
  const tones = new Stream({ seed, purpose: "dataset", counter: 0, shard: 0 });
  for (let i = 16; i < file.length; i++) file[i] = Math.floor(256 * tones.nextUniform());
  return file;
}
