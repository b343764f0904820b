/** Recognises the file or folder at a path that a person names, to choose its reader. */
import { exists } from "../../common/files/exists.ts";
import { basename, join } from "node:path";
import { UserError } from "../../common/errors.ts";
import type { RegularFile } from "../../common/files/regular_file.ts";
import { parseAxes } from "./arrays/axes.ts";
import { CIFAR_100_BESIDE, CIFAR_100_NAME, CIFAR_NAME, isCifarName, parseCifar } from "./arrays/cifar.ts";
import { openArchive } from "./pictures/archive.ts";
import { folderCollection, type OnBadItem } from "./pictures/collection.ts";
import { contentOf } from "./files/content.ts";
import { parseCsv } from "./tables/csv.ts";
import { attempt, openDataFile, readDataFile, readUnchanged, refuse } from "./files/data_file.ts";
import { AS_IT_LOOKS, CSV_NAME, type DataPath, parseDataPath } from "./files/data_path.ts";
import { type DataSet, type DataSetInMemory, inMemory } from "./data_set.ts";
import { type DataSource, type Reading, sourceOf, UNWATCHED } from "./data_source.ts";
import { IDX_NAME } from "./arrays/idx.ts";
import { NPY_NAME, readNpyFolder } from "./arrays/npy_folder.ts";
import { refuseKnownKind, refuseUnknown } from "./files/kind.ts";
import { PICTURE_NAME } from "./pictures/picture_file.ts";
import { lookIn, shown } from "./pictures/picture_folder.ts";
import type { Shaping } from "./pictures/picture_reader.ts";
import { openPictures, shapeImages } from "./pictures/pictures.ts";
import { AS_IT_IS, type ReadAs, shapingOf } from "./read_as.ts";
import { READERS } from "./readers.ts";

/** Opens and reads at once, into memory: what {@linkcode openData} finds. */
export async function loadData(
  path: string,
  read_as: ReadAs = AS_IT_IS,
  reading: Reading = UNWATCHED,
): Promise<DataSetInMemory> {
  return inMemory(await (await openData(path, read_as, reading)).read());
}

/**
 * Opens a folder of pictures, the IDX image file or the CIFAR batches in a folder, or a file: IDX, NPY, NPZ, CIFAR or
 * CSV, all but NPZ and CIFAR gzip'ed or not. `path` as {@linkcode parseDataPath} takes it. Pictures are read later; all
 * else is read at once. `label_column`: of a CSV file, the column whose texts are labels. Throws
 * {@linkcode UserError}, in words that say what to do, where there is none or it is not whole.
 */
export async function openData(
  path: string,
  read_as: ReadAs & { readonly label_column?: string | null },
  reading: Reading,
): Promise<DataSource> {
  const { layout = null, on_bad_item = "refuse", label_column = null } = read_as;
  const categories = categoryNames(read_as);
  const shaping = shapingOf(read_as);
  const axes = layout === null ? null : parseAxes(layout);
  // A file may have a # in its name.
  const { csv, ...place } = await exists(path) ? asItIs(path) : parseDataPath(path);
  const named = { ...place, csv: { ...csv, label_column, categories } };
  const { file } = named;
  const info = await attempt(file, () => Deno.stat(file));
  const whole = (data: DataSet) => sourceOf(shapeImages(withColumns(data), shaping));
  if (!info.isDirectory) {
    const archive = named.array === null && info.isFile ? await openArchive(file, reading) : null;
    if (archive === null) return whole(await loadFile(named, axes, reading));
    if (axes !== null) refuseLayout(file, "these are pictures");
    return await openPictures(archive, { shaping, on_bad_item }, reading);
  }
  const names = (await attempt(file, () => Array.fromAsync(Deno.readDir(file)))).map(({ name }) => name)
    .sort();
  const idx = names.filter((name) => IDX_NAME.test(name));
  if (idx.length > 0) return whole(await loadFile(asItIs(onlyOne(file, idx)), axes, reading));
  const npy = names.filter((name) => NPY_NAME.test(name) && !name.startsWith("."));
  if (npy.length > 0 && !names.some((name) => PICTURE_NAME.test(name))) {
    return whole(await readNpyFolder(file, npy, axes, reading));
  }
  if (axes !== null) refuseLayout(file, "these are pictures");
  const cifar = names.filter((name) => CIFAR_NAME.test(name));
  if (cifar.length > 0) {
    return whole(await loadCifar(basename(file), cifar.map((name) => join(file, name))));
  }
  if (names.includes(CIFAR_100_NAME) && names.some((name) => CIFAR_100_BESIDE.test(name))) {
    return whole(await loadCifar(basename(file), [join(file, CIFAR_100_NAME)]));
  }
  return await openFolder(file, shaping, on_bad_item, reading);
}

/** Names in --categories. */
function categoryNames({ categories = null }: ReadAs): readonly string[] {
  return categories === null
    ? []
    : categories.split(",").map((name) => name.trim()).filter((name) => name !== "");
}

async function openFolder(
  folder: string,
  shaping: Shaping,
  on_bad_item: OnBadItem,
  reading: Reading,
): Promise<DataSource> {
  const { pictures, label_list, left_out } = await lookIn(folder);
  if (pictures.length > 0) {
    if (left_out !== null) reading.say(`Not read in ${shown(folder)}: ${left_out}`);
    const collection = folderCollection(folder, pictures, label_list);
    return await openPictures(collection, { shaping, on_bad_item }, reading);
  }
  const found = left_out === null ? "none of them" : `none of them, but ${left_out}`;
  throw new UserError(
    `Cannot read data folder ${folder}: pictures (.png, .jpg, .webp and others), NPY files, an IDX image file such as train-images-idx3-ubyte.gz ` +
      `or CIFAR-10's data_batch_*.bin are required, found ${found}; name another folder, or a file, with --data`,
  );
}

function asItIs(file: string): DataPath {
  return { file, array: null, csv: AS_IT_LOOKS };
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

/** Only arrays and tables have axes to name. */
function refuseLayout(file: string, what: string): never {
  throw new UserError(
    `Cannot use --layout for ${file}: it names the axes of an array (NPY, NPZ, IDX) or a table, and ${what}; leave it out`,
  );
}

async function loadFile(
  { file, array, csv }: DataPath,
  axes: string | null,
  reading: Reading,
): Promise<DataSet> {
  const name = basename(file);
  if (PICTURE_NAME.test(name)) {
    refuse(file, "a folder of pictures is required, found a single one; name its folder with --data");
  }
  if (isCifarName(name)) {
    if (axes !== null) refuseLayout(file, "CIFAR's are known");
    return await loadCifar(name, [file]);
  }
  using opened = await openDataFile(file);
  return await readUnchanged(
    file,
    opened,
    () => readOpened({ file, array, csv }, axes, name, opened, reading),
  );
}

async function readOpened(
  { file, array, csv }: DataPath,
  axes: string | null,
  name: string,
  opened: RegularFile,
  reading: Reading,
): Promise<DataSet> {
  if (opened.size === 0) {
    refuse(file, "a file with content is required, found an empty one; download it again");
  }
  const content = await contentOf(file, opened);
  const { head } = content;
  const reader = READERS.find(({ knows }) => knows(head));
  if (reader) return await reader.read({ file, name, array, csv, axes, opened, content, reading });
  refuseKnownKind(file, head, name);
  if (CSV_NAME.test(name)) return withAxes(file, await parseCsv(content, name, csv, reading), axes);
  return refuseUnknown(file, head);
}

/** Columns that --layout names as such are those of a table, whatever they are called. */
function withColumns(data: DataSet): DataSet {
  const [width, ...more] = data.example_shape;
  if (data.axes !== "C" || data.columns || width === 2 || more.length > 0) return data;
  return { ...data, columns: Array.from({ length: width! }, (_, i) => `column ${i + 1}`) };
}

/** A table is rows of columns, or series: then its columns are places in time, which share one scale. */
function withAxes(file: string, table: DataSet, axes: string | null): DataSet {
  if (axes === null) return table;
  if (axes !== "NC" && axes !== "NT") {
    refuse(file, `--layout NC or NT is required for a table, found ${axes}`);
  }
  const { columns: _columns, table: _table, ...series } = table;
  return axes === "NC" ? { ...table, axes: "C" } : { ...series, axes: "T" };
}

async function loadCifar(name: string, files: readonly string[]): Promise<DataSet> {
  const batches = [];
  for (const file of files) batches.push({ file, content: await readDataFile(file) });
  return parseCifar(name, batches);
}
