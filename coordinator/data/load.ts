/** What lies at the path that a person names: which of the readers it is for. */
import { basename, join } from "node:path";
import { UserError } from "../../common/errors.ts";
import { isZip } from "../../common/zip.ts";
import { CIFAR_FILE_NAME, CIFAR_NAME, parseCifar } from "./cifar.ts";
import { CSV_NAME, parseCsv } from "./csv.ts";
import { attempt, gunzip, isGzip, readDataFile, refuse } from "./data_file.ts";
import type { DataSet } from "./data_set.ts";
import { IDX_NAME, parseIdx } from "./idx.ts";
import { examplesOf, isNpy, parseNpy } from "./npy.ts";
import { arrayOf } from "./npz.ts";
import { type DataSource, type Reading, sourceOf, UNWATCHED } from "./data_source.ts";
import { PICTURE_NAME } from "./picture_file.ts";
import { lookIn, shown } from "./picture_folder.ts";
import type { Shaping } from "./picture_reader.ts";
import { openPictures, shapeImages } from "./pictures.ts";

const AS_THEY_ARE: Shaping = { image_size: null, channels: null };

/** Opens and reads at once: what {@linkcode openData} finds. */
export async function loadData(
  path: string,
  shaping: Shaping = AS_THEY_ARE,
  reading: Reading = UNWATCHED,
): Promise<DataSet> {
  return await (await openData(path, shaping, reading)).read();
}

/**
 * Opens a folder of pictures, the IDX image file or the CIFAR-10 batches in a folder, or a file: IDX, NPY, NPZ,
 * CIFAR-10 or CSV, the first and the last gzip'ed or not. Of an NPZ file with several arrays, FILE.npz#NAME is one.
 * Pictures are read later; all else is read at once. Throws {@linkcode UserError}, in words that say what to do,
 * where there is none or it is not whole.
 */
export async function openData(path: string, shaping: Shaping, reading: Reading): Promise<DataSource> {
  const { file, array } = splitName(path);
  const info = await attempt(file, () => Deno.stat(file));
  if (!info.isDirectory) return sourceOf(shapeImages(await loadFile(file, array), shaping));
  const names = (await attempt(file, () => Array.fromAsync(Deno.readDir(file)))).map(({ name }) => name)
    .sort();
  const idx = names.filter((name) => IDX_NAME.test(name));
  if (idx.length > 0) return sourceOf(shapeImages(await loadFile(onlyOne(file, idx), null), shaping));
  const cifar = names.filter((name) => CIFAR_NAME.test(name));
  if (cifar.length > 0) {
    const batches = await loadCifar(basename(file), cifar.map((name) => join(file, name)));
    return sourceOf(shapeImages(batches, shaping));
  }
  return await openFolder(file, shaping, reading);
}

async function openFolder(folder: string, shaping: Shaping, reading: Reading): Promise<DataSource> {
  const { pictures, left_out } = await lookIn(folder);
  if (pictures.length > 0) {
    if (left_out !== null) reading.say(`Not read in ${shown(folder)}: ${left_out}`);
    return await openPictures(folder, pictures, shaping, reading);
  }
  const found = left_out === null ? "none of them" : `none of them, but ${left_out}`;
  throw new UserError(
    `Cannot read data folder ${folder}: pictures (.png, .jpg), an IDX image file such as train-images-idx3-ubyte.gz ` +
      `or CIFAR-10's data_batch_*.bin are required, found ${found}; name another folder, or a file, with --data`,
  );
}

/** FILE.npz#NAME */
function splitName(path: string): { file: string; array: string | null } {
  const [, file, array] = /^(.*\.npz)#(.+)$/.exec(path) ?? [];
  return file === undefined ? { file: path, array: null } : { file, array: array! };
}

function onlyOne(folder: string, names: readonly string[]): string {
  const [name] = names;
  if (names.length > 1) {
    throw new UserError(
      `Cannot read data folder ${folder}: one IDX image file is required, found ${names.join(" and ")}; ` +
        `name one of them, for example --data ${join(folder, name!)}`,
    );
  }
  return join(folder, name!);
}

async function loadFile(file: string, array: string | null): Promise<DataSet> {
  const name = basename(file);
  if (PICTURE_NAME.test(name)) {
    refuse(file, "a folder of pictures is required, found a single one; name its folder with --data");
  }
  if (CIFAR_FILE_NAME.test(name)) return await loadCifar(name, [file]);
  const packed = await readDataFile(file);
  const content = isGzip(packed) ? gunzip(file, packed) : packed;
  if (isZip(content)) {
    const label = array === null ? name : `${name}#${array}`;
    return examplesOf(file, label, arrayOf(file, content, array));
  }
  if (isNpy(content)) return examplesOf(file, name, parseNpy(file, content));
  if (CSV_NAME.test(name.replace(/\.gz$/, ""))) return parseCsv(file, name, content);
  return parseIdx(file, content);
}

async function loadCifar(name: string, files: readonly string[]): Promise<DataSet> {
  const batches = [];
  for (const file of files) batches.push({ file, content: await readDataFile(file) });
  return parseCifar(name, batches);
}
