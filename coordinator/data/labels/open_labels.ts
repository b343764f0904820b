/** The labels that a person chose: `--labels auto`, a file, or a column of a table. */
import { basename, join } from "node:path";
import { UserError } from "../../../common/errors.ts";
import { cleanText } from "../../../common/text/foreign_text.ts";
import { type Batch, cifarLabels } from "../arrays/cifar.ts";
import type { DataSource } from "../data_source.ts";
import { readDataFile } from "../files/data_file.ts";
import { parseDataPath, TABLE_NAME } from "../files/data_path.ts";
import { readLabelFile, refuseLabels } from "./label_file.ts";
import { readLabelList } from "./label_list.ts";
import { type LabelPlace, labelPlaceBeside } from "./label_places.ts";
import { type Labels, labelsOf, namedLabels } from "./labels.ts";

/** The labels that lie beside the data. */
export const AUTO = "auto";
/** No labels, whatever lies there. */
export const NO_LABELS = "none";

/** The column of the table at `data` that `labels` names; null where they lie elsewhere. */
export async function labelColumn(labels: string, data: string): Promise<string | null> {
  const { file } = parseDataPath(data);
  if (labels === AUTO || !TABLE_NAME.test(file) || await isFile(parseDataPath(labels).file)) return null;
  return labels;
}

/**
 * Reads the labels of the data at this path. Of pictures, `item_names` are their paths within it. Throws
 * {@linkcode UserError} where there are none.
 */
export async function openLabels(
  labels: string,
  data: string,
  { item_names: pictures, label_list }: Pick<DataSource, "item_names" | "label_list"> = {},
): Promise<Labels> {
  if (labels !== AUTO) {
    const { file, array } = parseDataPath(labels);
    if (!pictures || !/\.json$/i.test(file)) return await readLabelFile(file, array);
    const listed = readLabelList({ place: { file }, shown_path: file, folder: "" }, pictures);
    return listed ?? refuseLabels(file, "a list of classes is required, found that it has none");
  }
  if (pictures) {
    const listed = label_list ? readLabelList(label_list, pictures) : null;
    return listed ?? folderLabels(pictures, data);
  }
  const place = await labelPlaceBeside(data);
  if (typeof place !== "string") return await readPlace(place);
  throw new UserError(
    `Cannot find labels for ${data}: an IDX file of labels in its folder, CIFAR's, an array y in its NPZ file, or ` +
      `sub-folders of pictures are required, found ${place}; name them with --labels FILE, or the column of a CSV ` +
      `file ` +
      "with --labels NAME",
  );
}

async function readPlace(place: LabelPlace): Promise<Labels> {
  return place.kind === "cifar" ? await readCifarLabels(place) : await readLabelFile(place.file, null);
}

/** A picture's class is the first folder on its path, as torchvision's ImageFolder has it. */
function folderLabels(pictures: readonly string[], data: string): Labels {
  const names = pictures.map((path): string | undefined => path.split(/[\\/]/).slice(0, -1)[0]);
  const without = names.indexOf(undefined);
  if (without >= 0) {
    refuseLabels(
      data,
      `each picture must lie in a sub-folder that is called as its class, found ` +
        `${cleanText(pictures[without]!)} in the folder itself; move it into one`,
    );
  }
  return namedLabels(names as string[], (why) => refuseLabels(data, why));
}

async function readCifarLabels(
  { files, folder }: Extract<LabelPlace, { kind: "cifar" }>,
): Promise<Labels> {
  const batches: Batch[] = [];
  for (const file of files) batches.push({ file, content: await readDataFile(file) });
  const { values, num_classes } = cifarLabels(batches);
  const numbers = Array.from({ length: num_classes }, (_, i) => String(i));
  const names_file = num_classes === 10 ? "batches.meta.txt" : "fine_label_names.txt";
  const names = folder === null ? null : await namesIn(join(folder, names_file), num_classes);
  return labelsOf(values, names ?? numbers, (why) => refuseLabels(basename(files[0]!), why));
}

/** The lines of a file, if there are as many as classes. */
async function namesIn(file: string, num_classes: number): Promise<readonly string[] | null> {
  if (!await isFile(file)) return null;
  const text = new TextDecoder().decode(await readDataFile(file));
  const names = text.split(/\r?\n/).map((line) => cleanText(line.trim())).filter((line) => line !== "");
  return names.length === num_classes && new Set(names).size === num_classes ? names : null;
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then((info) => info.isFile, () => false);
}
