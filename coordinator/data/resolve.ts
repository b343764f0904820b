import { UserError } from "../../common/errors.ts";
import type { DataSet } from "./data_set.ts";
import { type DataSource, type Reading, sourceOf, UNWATCHED } from "./data_source.ts";
import { openData } from "./load.ts";
import { type ReadAs, shapingOf } from "./read_as.ts";
import { shapeImages } from "./pictures/pictures.ts";
import { drawStrokes } from "./strokes.ts";
import { drawToy, TOY_NAMES, type ToyName } from "./toy.ts";

/** Data sets that need no file: `--dataset`. */
export const DATASET_NAMES = ["strokes", ...TOY_NAMES] as const;

export interface DataChoice extends Partial<ReadAs> {
  /** A built-in set; `strokes` where neither is given. */
  readonly dataset?: string | undefined;
  /** A file or folder, as {@linkcode openData} reads them. */
  readonly data?: string | undefined;
  /** Seed of the run: built-in sets are drawn from it. */
  readonly seed: number;
}

/** Opens and reads the data set that the user chose. Throws {@linkcode UserError}. */
export async function openDataSet(choice: DataChoice): Promise<DataSet> {
  return await (await openDataSource(choice, UNWATCHED)).read();
}

/** Opens the data set that the user chose; pictures are left to be read. Throws {@linkcode UserError}. */
export async function openDataSource(choice: DataChoice, reading: Reading): Promise<DataSource> {
  const { dataset, data, seed, image_size = null, channels = null, layout = null, ...others } = choice;
  const read_as = { ...others, image_size, channels, layout };
  if (dataset !== undefined && data !== undefined) {
    throw new UserError(
      `Cannot choose the data: one of --dataset and --data is required, found both (${dataset} and ${data}); ` +
        "leave one out",
    );
  }
  if (data !== undefined) return await openData(data, read_as, reading);
  if (layout !== null) {
    throw new UserError(
      `Cannot use --layout ${layout}: it names the axes of an array that --data names, found none; leave it out`,
    );
  }
  const shaping = shapingOf(read_as);
  const name = dataset ?? "strokes";
  if (name === "strokes") return sourceOf(shapeImages(drawStrokes(seed), shaping));
  if (isToy(name)) return sourceOf(shapeImages(drawToy(name, seed), shaping));
  throw new UserError(
    `Cannot choose the data: --dataset must be one of ${DATASET_NAMES.join(", ")}, found ${name}`,
  );
}

function isToy(name: string): name is ToyName {
  return (TOY_NAMES as readonly string[]).includes(name);
}
