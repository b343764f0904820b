/** A folder of NPY files as one data set: each file is an example, or holds several. */
import { basename, join } from "node:path";
import { UserError } from "../../../common/errors.ts";
import { contentOf } from "../files/content.ts";
import { openDataFile, readUnchanged, refuse, requireRoom } from "../files/data_file.ts";
import { wholeBytes } from "../files/example_bytes.ts";
import { type DataSet, dataSetOf } from "../data_set.ts";
import type { Reading } from "../data_source.ts";
import { readExamples } from "./npy.ts";
import { readNpyHeader } from "./npy_header.ts";

export const NPY_NAME = /\.npy(\.gz)?$/i;

/**
 * The examples of all files, in the order of their names. `axes`: those of --layout: without N, each file is one
 * example. Throws {@linkcode UserError} where that is not said, or examples differ in shape.
 */
export async function readNpyFolder(
  folder: string,
  names: readonly string[],
  axes: string | null,
  { progress }: Pick<Reading, "progress">,
): Promise<DataSet> {
  const files = names.toSorted().map((name) => join(folder, name));
  if (axes === null && files.length > 1) await askForLayout(folder, files[0]!, files.length);
  const parts: DataSet[] = [];
  let num_bytes = 0;
  progress(0, files.length, "file");
  for (const file of files) {
    const part = await readOne(file, axes);
    num_bytes += part.bytes.length;
    requireRoom(folder, num_bytes, `${parts.length + 1} files`, "use fewer files");
    const first = parts[0] ?? part;
    if (!isAlike(first, part)) {
      refuse(
        file,
        `examples of ${shown(first)} are required, as in ${basename(files[0]!)}, found ${
          shown(part)
        }; move it out ` +
          "of the folder",
      );
    }
    parts.push(part);
    progress(parts.length, files.length, "file");
  }
  return joined(basename(folder), parts, num_bytes);
}

async function readOne(file: string, axes: string | null): Promise<DataSet> {
  using opened = await openDataFile(file);
  return await readUnchanged(file, opened, async () => {
    const content = await contentOf(file, opened);
    return await readExamples(content, basename(file), await readNpyHeader(content), axes);
  });
}

async function askForLayout(folder: string, file: string, count: number): Promise<never> {
  using opened = await openDataFile(file);
  const { shape } = await readNpyHeader(await contentOf(file, opened));
  throw new UserError(
    `Cannot read data folder ${folder}: it is unclear whether each of its ${count} NPY files is one example or holds ` +
      `several, found an array of [${shape}] in ${
        basename(file)
      }; name the axes with --layout, without N if each file ` +
      "is one example: e.g. --layout NC (rows), NHW (images), HW (one image), TC (one series)",
  );
}

function isAlike(a: DataSet, b: DataSet): boolean {
  return shown(a) === shown(b);
}

function shown({ example_shape, encoding }: DataSet): string {
  return `${example_shape.join(" x ")} (${encoding})`;
}

function joined(name: string, parts: readonly DataSet[], num_bytes: number): DataSet {
  const { example_shape, encoding, axes } = parts[0]!;
  const bytes = new Uint8Array(num_bytes);
  let filled = 0;
  for (const part of parts) {
    bytes.set(wholeBytes(part.bytes), filled);
    filled += part.bytes.length;
  }
  const ranges = parts.flatMap(({ value_range }) => value_range ? [value_range] : []);
  const low = ranges.reduce((least, [low]) => Math.min(least, low), Infinity);
  const high = ranges.reduce((most, [, high]) => Math.max(most, high), -Infinity);
  return {
    ...dataSetOf(name, example_shape, encoding, bytes),
    ...axes !== undefined && { axes },
    ...ranges.length > 0 && { value_range: [low, high] as const },
  };
}
