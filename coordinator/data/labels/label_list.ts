/** StyleGAN's `dataset.json`: `{"labels": [["folder/1.png", 3], ...]}`, beside the pictures that it names. */
import { cleanText } from "../../../common/text/foreign_text.ts";
import { bytesAt, type PicturePlace } from "../pictures/picture_place.ts";
import type { LabelList } from "../pictures/collection.ts";
import { refuseLabels } from "./label_file.ts";
import { type Labels, numberedLabels } from "./labels.ts";

const MAX_BYTES = 2 ** 28;
const FORM = '{"labels": [["1.png", 0], ["2.png", 1]]}';

/**
 * The class of each picture; null where the list says that there are none. `pictures`: paths as the list has them, but
 * for the folder that it lies in. Throws {@linkcode UserError}.
 */
export function readLabelList(
  { place, shown_path, folder }: LabelList,
  pictures: readonly string[],
): Labels | null {
  const refuse = (why: string): never => refuseLabels(shown_path, why);
  const listed = parse(bytesOf(place, refuse), refuse);
  if (listed === null) return null;
  const classes = new Map<string, unknown>();
  for (const [name, label] of listed) {
    if (classes.has(name) && classes.get(name) !== label) {
      refuse(`one class for each picture is required, found two for ${cleanText(name)}; remove one`);
    }
    classes.set(name, label);
  }
  return numberedLabels(
    pictures.map((picture) => {
      const label = classes.get(withinFolder(picture, folder));
      if (typeof label === "number") return label;
      const found = label === undefined ? "none" : "something else";
      return refuse(
        `a number for each picture is required, found ${found} for ${
          cleanText(picture)
        }; add its class to the list, or ` +
          "remove the picture",
      );
    }),
    refuse,
  );
}

function bytesOf(place: PicturePlace, refuse: (why: string) => never): Uint8Array {
  try {
    return bytesAt(place, MAX_BYTES);
  } catch (error) {
    return refuse(`a whole file is required, found ${cleanText((error as Error).message)}`);
  }
}

/** A picture's path as StyleGAN's tools write it, on every system. */
function withinFolder(picture: string, folder: string): string {
  const path = picture.replaceAll("\\", "/");
  return path.startsWith(folder) ? path.slice(folder.length) : path;
}

function parse(bytes: Uint8Array, refuse: (why: string) => never): [string, unknown][] | null {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    refuse(`a JSON file such as ${FORM} is required, found text that is none`);
  }
  const labels = typeof value === "object" && value !== null && "labels" in value ? value.labels : undefined;
  if (labels === null) return null;
  const isEntry = (entry: unknown): entry is [string, unknown] =>
    Array.isArray(entry) && entry.length === 2 && typeof entry[0] === "string";
  if (!Array.isArray(labels) || !labels.every(isEntry)) {
    refuse(`a list of names and classes is required, such as ${FORM}, found something else`);
  }
  return labels;
}
