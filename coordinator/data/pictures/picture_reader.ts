/** One picture file as an example: read, decoded, brought to the channels and size that were asked for. */
import { NotRegularError } from "../../../common/files/regular_file.ts";
import type { PictureCodecs } from "./codecs.ts";
import { type Fit, type Image, type Shape, toSquare, withChannels } from "./image.ts";
import { decodePicture, pictureShape } from "./picture_file.ts";
import { bytesAt, type PicturePlace } from "./picture_place.ts";
import { type Ground, lumaOf, PAPER } from "./pixels.ts";

/** Changes to make to pictures; null leaves them as they are, provided that all are alike. */
export interface Shaping {
  /** Rows and columns that pictures are brought to. */
  readonly image_size: number | null;
  readonly channels: 1 | 3 | null;
  /** How a picture that is not square becomes one; "crop" if absent. */
  readonly fit?: Fit;
  /** What lies behind transparent pixels, and beside pictures that are padded; white if absent. */
  readonly ground?: Ground;
}

/** Outcome of a file. */
export type PictureRead =
  | { readonly shape: Shape; readonly tones: Uint8Array; readonly peak_of_16_bits: number | null }
  /** Why it could not be read. */
  | { readonly reason: string };

/** Largest picture file: pixels of 100 megapixels take no more, whatever else lies beside them. */
const MAX_PICTURE_BYTES = 2 ** 30;

/** The image with the channels and the size that were asked for. */
export function shaped(image: Image, { image_size, channels, fit, ground = PAPER }: Shaping): Image {
  const coloured = channels === null ? image : withChannels(image, channels);
  const fits = image_size === null || (image.height === image_size && image.width === image_size);
  return fits
    ? coloured
    : toSquare(coloured, image_size, fit, coloured.channels === 1 ? [lumaOf(ground)] : ground);
}

/** Reads the header of a picture file: its shape before and after shaping. Throws Error with the reason. */
export function announcedShapes(
  place: PicturePlace,
  { image_size, channels }: Shaping,
): [found: Shape, shaped: Shape] {
  const found = pictureShape(bytesAt(place, MAX_PICTURE_BYTES));
  const { height, width } = image_size === null ? found : { height: image_size, width: image_size };
  return [found, { channels: channels ?? found.channels, height, width }];
}

/** Reads and decodes a file. Never throws for what is wrong with the file. */
export async function readPicture(
  place: PicturePlace,
  shaping: Shaping,
  codecs: PictureCodecs,
): Promise<PictureRead> {
  try {
    const picture = await decodePicture(bytesAt(place, MAX_PICTURE_BYTES), codecs, shaping.ground);
    const { channels, height, width, tones } = shaped(picture, shaping);
    return { shape: { channels, height, width }, tones, peak_of_16_bits: picture.peak_of_16_bits };
  } catch (error) {
    return { reason: reasonOf(error as Error) };
  }
}

/** The system's own words hold paths, as they are. */
export function reasonOf(error: Error & { readonly code?: unknown }): string {
  if (error instanceof NotRegularError) return error.found;
  // It was there when the folder was looked at.
  if (error instanceof Deno.errors.NotFound) return "none: it no longer exists";
  return typeof error.code === "string" ? `a file that cannot be opened (${error.code})` : error.message;
}
