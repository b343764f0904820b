/** The images that whole runs train on: the person's own, or noise of the size of MNIST. */
import { join } from "node:path";
import { loadData } from "../coordinator/data/load.ts";
import { Stream } from "../random/philox.ts";

const IMAGES_MAGIC = 0x0803;
const HEADER_BYTES = 16;
const NUM_NOISE_IMAGES = 10_000;
const SIDE = 28;

export interface Images {
  /** A plain IDX file, which both wagon and the PyTorch peer read. */
  readonly file: string;
  readonly name: string;
}

/** An IDX image file's bytes. `shape`: images, rows, columns. */
export function encodeIdx(shape: readonly [number, number, number], pixels: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + pixels.length);
  const header = new DataView(bytes.buffer);
  [IMAGES_MAGIC, ...shape].forEach((value, i) => header.setUint32(4 * i, value));
  bytes.set(pixels, HEADER_BYTES);
  return bytes;
}

/** Random bytes as images: speed does not depend on what they show. */
function noiseImages(): Uint8Array {
  const words = new Uint32Array(NUM_NOISE_IMAGES * SIDE * SIDE / 4);
  const stream = new Stream({ seed: 1, purpose: "dataset", counter: 0, shard: 0 });
  for (let i = 0; i < words.length; i++) words[i] = stream.nextUint32();
  return new Uint8Array(words.buffer);
}

/** Puts the images into `folder`. `path`: an IDX file or a folder with one; null: noise. Throws UserError. */
export async function prepareImages(path: string | null, folder: string): Promise<Images> {
  const file = join(folder, "bench-images-idx3-ubyte");
  if (path === null) {
    await Deno.writeFile(file, encodeIdx([NUM_NOISE_IMAGES, SIDE, SIDE], noiseImages()));
    return { file, name: `${NUM_NOISE_IMAGES} noise images of ${SIDE} x ${SIDE}` };
  }
  const { name, num_examples, example_shape: [rows, columns], bytes } = await loadData(path);
  await Deno.writeFile(file, encodeIdx([num_examples, rows!, columns!], bytes));
  return { file, name: `${name}: ${num_examples} images of ${rows} x ${columns}` };
}
