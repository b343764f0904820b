/** How a person wants data to be read: the options and settings that say so. */
import { UserError } from "../../common/errors.ts";
import type { Fit } from "./pictures/image.ts";
import type { Shaping } from "./pictures/picture_reader.ts";
import type { Ground } from "./pictures/pixels.ts";

export interface ReadAs {
  /** Rows and columns that pictures are brought to; null: they stay as they are. */
  readonly image_size: number | null;
  readonly channels: 1 | 3 | null;
  /** How a picture that is not square becomes one. */
  readonly fit?: Fit;
  /** What lies behind transparent pixels and beside padded pictures: "white", "black" or "#rrggbb". */
  readonly ground?: string;
  /** What becomes of a picture that cannot be read. */
  readonly on_bad_item?: "refuse" | "skip";
  /** Axes of an array, as --layout names them; null: what it looks like. */
  readonly layout?: string | null;
  /** Columns of a table that are categories, as --categories names them; null: those of words alone. */
  readonly categories?: string | null;
}

export const AS_IT_IS: ReadAs = { image_size: null, channels: null };

const NAMED: Readonly<Record<string, Ground>> = { white: [255, 255, 255], black: [0, 0, 0] };

/** Throws {@linkcode UserError} for a ground that is no colour, and for a fit without a size. */
export function shapingOf({ image_size, channels, fit = "crop", ground = "white" }: ReadAs): Shaping {
  if (fit !== "crop" && image_size === null) {
    throw new UserError(
      `Cannot use --fit ${fit}: it needs --image-size, found none; give --image-size, or leave --fit out`,
    );
  }
  return { image_size, channels, fit, ground: groundOf(ground) };
}

function groundOf(text: string): Ground {
  const named = NAMED[text.toLowerCase()];
  if (named) return named;
  const digits = /^#?([0-9a-f]{6})$/i.exec(text)?.[1];
  if (digits === undefined) {
    throw new UserError(`Option --ground must be white, black or #rrggbb: found ${JSON.stringify(text)}`);
  }
  const [red, green, blue] = Uint8Array.fromHex(digits);
  return [red!, green!, blue!];
}
