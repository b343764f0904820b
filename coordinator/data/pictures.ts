/** A folder of pictures as a data set. */
import { basename, join } from "node:path";
import { UserError } from "../../common/errors.ts";
import { attempt, MAX_FILE_BYTES, readDataFile, refuse } from "./data_file.ts";
import { type DataSet, dataSetOf } from "./data_set.ts";
import { type Image, toSquare, withChannels } from "./image.ts";
import { decodePicture, PICTURE_NAME } from "./picture_file.ts";

/** What is made of pictures; null: as they are, all alike. */
export interface Shaping {
  /** Rows and columns that pictures are brought to. */
  readonly image_size: number | null;
  readonly channels: 1 | 3 | null;
}

/** Names of all pictures in a folder and the folders in it, in the order of their text. */
export async function picturesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  const look = async (inner: string) => {
    for (const entry of await attempt(folder, () => Array.fromAsync(Deno.readDir(join(folder, inner))))) {
      const path = join(inner, entry.name);
      if (entry.isDirectory) await look(path);
      else if (PICTURE_NAME.test(entry.name)) found.push(path);
    }
  };
  await look("");
  return found.sort();
}

/** Reads each file once, in order. Throws {@linkcode UserError} naming the first that does not fit. */
export async function readPictures(
  folder: string,
  names: readonly string[],
  shaping: Shaping,
): Promise<DataSet> {
  let first: { readonly name: string; readonly image: Image } | null = null;
  let bytes = new Uint8Array(0);
  for (const [i, name] of names.entries()) {
    const image = shaped(await readPicture(join(folder, name)), shaping);
    first ??= { name, image };
    checkAlike(folder, first, { name, image });
    if (i === 0) {
      const total = names.length * image.tones.length;
      if (total > MAX_FILE_BYTES) {
        throw new UserError(
          `Cannot read data folder ${folder}: at most ${MAX_FILE_BYTES} bytes of pixels are supported, found ` +
            `${names.length} pictures of ${image.tones.length}; take a smaller --image-size, or fewer pictures`,
        );
      }
      bytes = new Uint8Array(total);
    }
    bytes.set(image.tones, i * image.tones.length);
  }
  const { channels, height, width } = first!.image;
  return dataSetOf(basename(folder), shapeOf(channels, height, width), "uint8", bytes);
}

async function readPicture(file: string): Promise<Image> {
  const content = await readDataFile(file);
  try {
    return decodePicture(content);
  } catch (error) {
    const found = (error as Error).message;
    return refuse(file, `a whole PNG or JPEG picture is required, found ${found}; mend or remove the file`);
  }
}

function shaped(image: Image, { image_size, channels }: Shaping): Image {
  const coloured = channels === null ? image : withChannels(image, channels);
  const fits = image_size === null || (image.height === image_size && image.width === image_size);
  return fits ? coloured : toSquare(coloured, image_size);
}

function shapeOf(channels: 1 | 3, height: number, width: number): number[] {
  return channels === 1 ? [height, width] : [channels, height, width];
}

interface Named {
  readonly name: string;
  readonly image: Image;
}

function checkAlike(folder: string, a: Named, b: Named): void {
  if (a.image.channels !== b.image.channels) {
    const kind = ({ name, image }: Named) =>
      `${image.channels === 1 ? "a grey" : "a coloured"} one (${name})`;
    throw new UserError(
      `Cannot read data folder ${folder}: pictures of one kind are required, found ${kind(a)} and ${
        kind(b)
      }; ` +
        "make all grey with --channels 1, or colour with --channels 3",
    );
  }
  if (a.image.height !== b.image.height || a.image.width !== b.image.width) {
    const size = ({ name, image }: Named) => `${image.width} x ${image.height} (${name})`;
    throw new UserError(
      `Cannot read data folder ${folder}: pictures of one size are required, found ${size(a)} and ${
        size(b)
      }; ` +
        "bring all to one with --image-size 32 or 64",
    );
  }
}

/** Other images brought to that size and those channels. Throws {@linkcode UserError} where they are points. */
export function shapeImages(data: DataSet, shaping: Shaping): DataSet {
  if (shaping.image_size === null && shaping.channels === null) return data;
  const [height, width] = data.example_shape.slice(-2);
  if (data.encoding !== "uint8" || height === undefined || width === undefined) {
    const option = shaping.image_size !== null ? "--image-size" : "--channels";
    throw new UserError(
      `Cannot use ${option}: images are required, found points of ${
        data.example_shape.join(" x ")
      } numbers ` +
        `(${data.name}); leave it out`,
    );
  }
  const channels = data.example_shape.length === 2 ? 1 : 3;
  const image = (i: number): Image => {
    const tones = data.bytes.subarray(i * data.example_bytes, (i + 1) * data.example_bytes);
    return shaped({ channels, height, width, tones }, shaping);
  };
  const one = image(0);
  const bytes = new Uint8Array(data.num_examples * one.tones.length);
  for (let i = 0; i < data.num_examples; i++) bytes.set(image(i).tones, i * one.tones.length);
  return dataSetOf(data.name, shapeOf(one.channels, one.height, one.width), "uint8", bytes);
}
