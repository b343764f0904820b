/** Pictures of every kind, damaged, in the hands of their decoders. */
import { PictureCodecs } from "../../coordinator/data/pictures/codecs.ts";
import { decodePicture, FORMATS, pictureShape } from "../../coordinator/data/pictures/picture_file.ts";
import jpegs from "../coordinator/data/goldens/jpegs.json" with { type: "json" };
import pictures from "../coordinator/data/goldens/pictures.json" with { type: "json" };
import users from "../coordinator/data/goldens/user_pictures.json" with { type: "json" };
import type { Chance } from "./chance.ts";
import { mutateBytes } from "./mutate.ts";
import type { Target } from "./target.ts";

/** In Base64, by the title of their format. */
const FILES: ReadonlyMap<string, readonly string[]> = Map.groupBy(
  [
    ...Object.values(pictures.pictures).map(({ file }) => file),
    ...Object.values(jpegs.read).map(([file]) => file as string),
    jpegs.cmyk,
    ...Object.values(users).map(({ file }) => file),
  ],
  (file) => formatOf(Uint8Array.fromBase64(file)),
);

/** What a reason says when it is an engine's instead of the reader's own. */
const FOREIGN = /undefined|null|typed array|DataView|is not a|out of bounds|unreachable|Invalid/;

function formatOf(bytes: Uint8Array): string {
  return FORMATS.find((format) => format.is(bytes))?.title ?? "";
}

export class PictureTarget implements Target {
  readonly name = "pictures";
  readonly #codecs = new PictureCodecs();

  async attempt(chance: Chance): Promise<string> {
    const title = chance.of([...FILES.keys()]);
    const bytes = mutateBytes(Uint8Array.fromBase64(chance.of(FILES.get(title)!)), chance);
    try {
      const { channels, height, width } = pictureShape(bytes);
      // Whole pictures of this size take a second: what they hold is random as well in small ones.
      if (height * width > 1e6) return `${title} too large`;
      const { tones } = await decodePicture(bytes, this.#codecs);
      if (tones.length !== channels * height * width) throw new TypeError(`${tones.length} tones`);
      return `${title} read`;
    } catch (error) {
      if (!isOwn(error)) throw error;
      return `${title} refused`;
    }
  }
}

/** Readers of pictures throw plain errors with a reason. */
function isOwn(error: unknown): boolean {
  return error instanceof Error && error.constructor === Error && !FOREIGN.test(error.message);
}
