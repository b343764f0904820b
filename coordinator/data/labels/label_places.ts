/** Where labels lie beside the data that they belong to, by the names of files alone. */
import { exists } from "../../../common/files/exists.ts";
import { basename, join } from "node:path";
import { CIFAR_100_BESIDE, CIFAR_100_NAME, CIFAR_NAME, isCifarName } from "../arrays/cifar.ts";
import { IDX_NAME } from "../arrays/idx.ts";
import { attempt } from "../files/data_file.ts";
import { labelFilesOf, parseDataPath } from "../files/data_path.ts";

/** A place of labels. */
export type LabelPlace =
  /** A file of its own. */
  | { readonly kind: "file"; readonly file: string }
  /** An array of an NPZ file that also has the examples. */
  | { readonly kind: "array"; readonly file: string }
  /** Bytes before the images of CIFAR. `folder`: where names of classes may lie; null: a file was named. */
  | { readonly kind: "cifar"; readonly files: readonly string[]; readonly folder: string | null };

/** The place beside the data at this path; a text where there is none: what is missing. */
export async function labelPlaceBeside(path: string): Promise<LabelPlace | string> {
  const { file, array } = await exists(path) ? { file: path, array: null } : parseDataPath(path);
  const info = await attempt(file, () => Deno.stat(file));
  if (info.isDirectory) return await placeInFolder(file);
  if (isCifarName(basename(file))) return { kind: "cifar", files: [file], folder: null };
  if (array !== null || /\.npz$/i.test(file)) return { kind: "array", file };
  return await firstOf(labelFilesOf(file)) ?? nothingBeside(file);
}

async function placeInFolder(folder: string): Promise<LabelPlace | string> {
  const names = (await attempt(folder, () => Array.fromAsync(Deno.readDir(folder)))).map(({ name }) => name)
    .sort();
  const idx = names.filter((name) => IDX_NAME.test(name));
  if (idx.length === 1) {
    const file = join(folder, idx[0]!);
    return await firstOf(labelFilesOf(file)) ?? nothingBeside(file);
  }
  const batches = names.filter((name) => CIFAR_NAME.test(name));
  if (batches.length > 0) {
    return { kind: "cifar", files: batches.map((name) => join(folder, name)), folder };
  }
  if (names.includes(CIFAR_100_NAME) && names.some((name) => CIFAR_100_BESIDE.test(name))) {
    return { kind: "cifar", files: [join(folder, CIFAR_100_NAME)], folder };
  }
  return "none that are known for these files";
}

async function firstOf(files: readonly string[]): Promise<LabelPlace | null> {
  for (const file of files) if (await exists(file)) return { kind: "file", file };
  return null;
}

function nothingBeside(file: string): string {
  const [first] = labelFilesOf(file);
  return first === undefined
    ? `none that are known for ${basename(file)}`
    : `no ${basename(first)} in its folder`;
}
