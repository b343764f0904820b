import { UserError } from "../../common/errors.ts";
import { cleanText } from "../../common/text/foreign_text.ts";
import type { DataSet } from "./data_set.ts";
import { type DataSource, type Reading, sourceOf, UNWATCHED } from "./data_source.ts";
import { AUTO, labelColumn, openLabels } from "./labels/open_labels.ts";
import { type Labels, labelsAt } from "./labels/labels.ts";
import { openData } from "./load.ts";
import { type ReadAs, shapingOf } from "./read_as.ts";
import { shapeImages } from "./pictures/pictures.ts";
import { drawStrokes, strokesLabels } from "./strokes.ts";
import { drawToy, TOY_NAMES, toyLabels, type ToyName } from "./toy.ts";

/** Data sets that need no file: `--dataset`. */
export const DATASET_NAMES = ["strokes", ...TOY_NAMES] as const;

export interface DataChoice extends Partial<ReadAs> {
  /** A built-in set; `strokes` where neither is given. */
  readonly dataset?: string | undefined;
  /** A file or folder, as {@linkcode openData} reads them. */
  readonly data?: string | undefined;
  /** Where labels lie, as --labels says; null: they are not read. */
  readonly labels?: string | null;
  /** Seed of the run: built-in sets are drawn from it. */
  readonly seed: number;
}

/** Opens and reads the data set that the user chose. Throws {@linkcode UserError}. */
export async function openDataSet(choice: DataChoice): Promise<DataSet> {
  return await (await openDataSource(choice, UNWATCHED)).read();
}

/** Opens the data set that the user chose; pictures are left to be read. Throws {@linkcode UserError}. */
export async function openDataSource(choice: DataChoice, reading: Reading): Promise<DataSource> {
  const { dataset, data, seed: _seed, labels = null, image_size = null, channels = null, ...others } = choice;
  const { layout = null } = others, read_as = { ...others, image_size, channels };
  if (dataset !== undefined && data !== undefined) {
    throw new UserError(
      `Cannot choose the data: one of --dataset and --data is required, found both (${dataset} and ${data}); ` +
        "leave one out",
    );
  }
  if (data === undefined && layout !== null) {
    throw new UserError(
      `Cannot use --layout ${layout}: it needs an array that --data names, found no --data; give --data, or leave ` +
        `--layout out`,
    );
  }
  if (data === undefined) return drawn(choice, read_as);
  const label_column = labels === null ? null : await labelColumn(labels, data);
  const source = await openData(data, { ...read_as, label_column }, reading);
  if (labels === null || source.labels) return source;
  return withLabels(source, await openLabels(labels, data, source));
}

/** One of the sets that need no file. */
function drawn({ dataset: name = "strokes", seed, labels = null }: DataChoice, read_as: ReadAs): DataSource {
  const shaping = shapingOf(read_as);
  if (name !== "strokes" && !isToy(name)) {
    throw new UserError(
      `Cannot choose the data: --dataset must be one of ${DATASET_NAMES.join(", ")}, found ${name}`,
    );
  }
  const source = sourceOf(shapeImages(isToy(name) ? drawToy(name, seed) : drawStrokes(seed), shaping));
  if (labels === null) return source;
  const own = isToy(name) ? toyLabels(name) : strokesLabels();
  if (labels === AUTO && own !== null) return withLabels(source, own);
  throw new UserError(
    `Cannot use labels with --dataset ${name}: ` +
      (own === null
        ? "data with classes are required, found none; use --dataset 8gaussians"
        : "it has labels of its own; leave --labels out"),
  );
}

/** The same data with labels. Throws {@linkcode UserError} where they are not as many. */
export function withLabels(source: DataSource, labels: Labels): DataSource {
  checkCount(labels, source);
  return {
    ...source,
    labels,
    read: async () => {
      const data = await source.read();
      const own = data.kept ? labelsAt(labels, data.kept) : labels;
      checkCount(own, data);
      return { ...data, labels: own };
    },
  };
}

function checkCount(
  { values }: Labels,
  { name, num_examples }: Pick<DataSet, "name" | "num_examples">,
): void {
  if (values.length === num_examples) return;
  throw new UserError(
    `Cannot use these labels for ${
      cleanText(name)
    }: one for each of ${num_examples} examples is required, found ` +
      `${values.length}; give the labels of these data with --labels`,
  );
}

function isToy(name: string): name is ToyName {
  return (TOY_NAMES as readonly string[]).includes(name);
}
