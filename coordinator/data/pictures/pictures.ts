/** A folder or an archive of pictures as a data set. */
import { MOST_IN_MEMORY } from "../files/example_bytes.ts";
import { basename } from "node:path";
import { UserError } from "../../../common/errors.ts";
import { MAX_FILE_BYTES } from "../files/data_file.ts";
import { type DataSet, dataSetOf } from "../data_set.ts";
import type { DataSource, Reading } from "../data_source.ts";
import type { PictureCollection, Wanted } from "./collection.ts";
import type { Image, Shape } from "./image.ts";
import { PictureCodecs } from "./codecs.ts";
import { DraftError } from "../cache/cache_draft.ts";
import type { CacheFolder } from "../cache/cache_folder.ts";
import {
  type CachedPictures,
  cachedPictures,
  cacheKey,
  cachePictures,
  PictureDraft,
} from "../cache/picture_cache.ts";
import { skippedBy, skippedLines } from "../skipped.ts";
import { shown } from "./picture_folder.ts";
import { PicturePool, threadsFor } from "./picture_pool.ts";
import type { PicturePlace } from "./picture_place.ts";
import { type Tones, tonesInMemory } from "../cache/tones.ts";
import {
  announcedShapes,
  type PictureRead,
  readPicture,
  reasonOf,
  shaped,
  type Shaping,
} from "./picture_reader.ts";

/** Tones that a thread hands over at a time, and pictures: neither fills memory nor waits for each one. */
const TASK_BYTES = 1 << 20;
const TASK_PICTURES = 32;
/** A larger picture is left to the threads, whose memory is given back. */
const MOST_TRIED_PIXELS = 4e6;
/** Files that are named of those that cannot be read. */
const MOST_NAMED = 10;
/** Pictures of 16 bits whose largest tone is below this are darker than 1 in 8. */
const DARK_PEAK = 8192;

/** A picture that could not be read. */
interface Bad {
  readonly index: number;
  readonly reason: string;
}

/** A picture unlike the first. */
interface Other {
  readonly index: number;
  readonly shape: Shape;
}

/** The picture that says what all are. */
interface First extends Other {
  /** Bytes of its file. */
  readonly num_pixels: number;
}

/**
 * Pictures, of which the first that can be read says what all are. Throws {@linkcode UserError} where none can be read, or all are too many.
 */
export async function openPictures(
  collection: PictureCollection,
  wanted: Wanted,
  reading: Reading,
): Promise<DataSource> {
  const { path, names } = collection;
  const first = await firstOf(collection, wanted.shaping);
  const most = Math.max(MAX_FILE_BYTES, reading.cache?.max_bytes ?? 0);
  if (names.length * sizeOf(first) > most) refuseTooMany(collection, sizeOf(first), most);
  return {
    name: basename(path),
    num_examples: names.length,
    example_shape: shapeOf(first.shape),
    encoding: "uint8",
    item_names: names,
    ...collection.label_list && { label_list: collection.label_list },
    read: () => readOrCached(collection, wanted, first, reading).finally(collection.close),
  };
}

/** As an earlier run has read them, where the cache has that; else they are read, and kept for later ones. */
async function readOrCached(
  collection: PictureCollection,
  wanted: Wanted,
  first: First,
  reading: Reading,
): Promise<DataSet> {
  const { cache, most_in_memory = MOST_IN_MEMORY } = reading, { path, names } = collection;
  const key = cache ? await cacheKey(collection, wanted) : null;
  if (!cache || key === null) {
    return await readPictures(collection, wanted, first, reading, memoryFor(collection, sizeOf(first)));
  }
  const cached = await cachedPictures(cache, key, most_in_memory);
  if (cached !== null) {
    const { shape, bytes, skipped, lost, said } = cached;
    reading.progress(names.length, names.length);
    said.forEach(reading.say);
    const data = dataSetOf(basename(path), shape, "uint8", bytes);
    return lost.length === 0 ? data : { ...data, skipped, kept: keptOf(names.length, lost) };
  }
  const said: string[] = [];
  const say = (line: string) => {
    said.push(line);
    reading.say(line);
  };
  const read = (tones: Tones) => readPictures(collection, wanted, first, { ...reading, say }, tones);
  /** To keep them; null: pictures that changed meanwhile belong to another key. */
  const described = async ({ example_shape: shape, bytes, skipped = [], kept }: DataSet) => {
    const lost = kept ? [...keptOf(names.length, kept)] : [];
    return await cacheKey(collection, wanted) === key ? { shape, bytes, skipped, lost, said } : null;
  };
  const large = names.length * sizeOf(first) > most_in_memory
    ? await readIntoCache(cache, key, names.length, sizeOf(first), read, described)
    : null;
  if (large !== null) return large;
  const data = await read(memoryFor(collection, sizeOf(first)));
  const pictures = await described(data);
  if (pictures !== null) await cachePictures(cache, key, pictures);
  return data;
}

/** Reads pictures into a file of the cache, and never has all in memory; null where the file cannot be written. */
async function readIntoCache(
  cache: CacheFolder,
  key: string,
  count: number,
  size: number,
  read: (tones: Tones) => Promise<DataSet>,
  described: (data: DataSet) => Promise<CachedPictures | null>,
): Promise<DataSet | null> {
  await using draft = await PictureDraft.begin(cache, key, count, size);
  if (draft === null) return null;
  try {
    const data = await read(draft), pictures = await described(data);
    if (pictures !== null) await draft.keep(pictures);
    return data;
  } catch (error) {
    if (error instanceof DraftError) return null;
    throw error;
  }
}

/** Throws {@linkcode UserError} where they are too many for memory. */
function memoryFor(collection: PictureCollection, size: number): Tones {
  const { length } = collection.names;
  if (length * size > MAX_FILE_BYTES) refuseTooMany(collection, size, MAX_FILE_BYTES);
  return tonesInMemory(length, size);
}

/** The first picture that can be read; of a large one, whose header can. */
async function firstOf(collection: PictureCollection, shaping: Shaping): Promise<First> {
  const bad: Bad[] = [];
  for (const index of collection.names.keys()) {
    try {
      return { index, ...await tried(collection.placeOf(index), shaping) };
    } catch (error) {
      bad.push({ index, reason: reasonOf(error as Error) });
    }
  }
  await collection.close();
  return refuseBad(collection, bad);
}

/** Throws Error with the reason where the picture is not whole. */
async function tried(place: PicturePlace, shaping: Shaping): Promise<Omit<First, "index">> {
  const [found, shape] = announcedShapes(place, shaping);
  const num_pixels = found.height * found.width;
  if (num_pixels <= MOST_TRIED_PIXELS) {
    const read = await readPicture(place, shaping, new PictureCodecs());
    if ("reason" in read) throw new Error(read.reason);
  }
  return { shape, num_pixels };
}

/** Reads each file once, on all cores, into `tones`. */
async function readPictures(
  collection: PictureCollection,
  { shaping, on_bad_item }: Wanted,
  first: First,
  { progress, say, num_cores }: Reading,
  tones: Tones,
): Promise<DataSet> {
  const { path, names } = collection, size = sizeOf(first);
  const per_task = Math.max(1, Math.min(TASK_PICTURES, Math.floor(TASK_BYTES / size)));
  const tasks = Array.from({ length: Math.ceil(names.length / per_task) }, (_, i) => ({
    places: range(i * per_task, Math.min(names.length, (i + 1) * per_task)).map(collection.placeOf),
    shaping,
    expected: first.shape,
  }));
  const bad: Bad[] = [], others: Other[] = [];
  let done = 0, peak: number | null = null;
  const take = (read: PictureRead, index: number) => {
    if ("reason" in read) bad.push({ index, reason: read.reason });
    else if (read.tones.length !== size) others.push({ index, shape: read.shape });
    else {
      tones.put(index, read.tones);
      if (read.peak_of_16_bits !== null) peak = Math.max(peak ?? 0, read.peak_of_16_bits);
    }
  };
  using pool = new PicturePool(threadsFor(tasks.length, num_cores, first.num_pixels));
  progress(0, names.length);
  await pool.run(tasks, (task, reads) => {
    reads.forEach((read, i) => take(read, task * per_task + i));
    progress(done += reads.length, names.length);
    return others.length === 0;
  });
  collection.checkUnchanged();
  const is_first_sound = bad.every(({ index }) => index !== first.index);
  if (others.length > 0 && is_first_sound) refuseOther(collection, first, others.sort(byIndex)[0]!);
  if (bad.length > 0 && (on_bad_item === "refuse" || bad.length === names.length)) {
    refuseBad(collection, bad.sort(byIndex));
  }
  const whole = await tones.without(bad.sort(byIndex).map(({ index }) => index));
  if (peak !== null && peak < DARK_PEAK) say(darkNote(path, peak));
  const data = dataSetOf(basename(path), shapeOf(first.shape), "uint8", whole);
  if (bad.length === 0) return data;
  const kept = keptOf(names.length, bad.map(({ index }) => index));
  const skipped = skippedBy(bad.map(({ index, reason }) => ({ name: shown(names[index]!), reason })));
  skippedLines(path, names.length, skipped).forEach(say);
  return { ...data, skipped, kept };
}

/** Indices below `count` that are none of `lost`, ascending. */
function keptOf(count: number, lost: Iterable<number>): Uint32Array {
  const without = new Set(lost);
  return Uint32Array.from(Array(count).keys()).filter((index) => !without.has(index));
}

function range(begin: number, end: number): number[] {
  return Array.from({ length: end - begin }, (_, i) => begin + i);
}

function byIndex(a: { readonly index: number }, b: { readonly index: number }): number {
  return a.index - b.index;
}

function darkNote(folder: string, peak: number): string {
  return `The 16-bit pictures in ${folder} have tones up to ${peak.toLocaleString("en-US")} of 65,535, so ` +
    "they train as nearly black; to avoid that, stretch them to the full range first";
}

/** Bytes of a picture. */
function sizeOf({ shape: { channels, height, width } }: First): number {
  return channels * height * width;
}

function shapeOf({ channels, height, width }: Shape): number[] {
  return channels === 1 ? [height, width] : [channels, height, width];
}

/** `most`: bytes. */
function refuseTooMany({ kind, path, names }: PictureCollection, size: number, most: number): never {
  const place = most === MAX_FILE_BYTES
    ? "without a cache of decoded pictures that can be written"
    : "in the cache of decoded pictures";
  throw new UserError(
    `Cannot read data ${kind} ${path}: at most ${most} bytes of pixels are supported ${place}, found ` +
      `${names.length} pictures of ${size}; use a smaller --image-size, or fewer pictures`,
  );
}

/** All that cannot be read, in one line. */
function refuseBad({ path, names, shownPath }: PictureCollection, bad: readonly Bad[]): never {
  const [{ index, reason }] = bad as [Bad];
  if (bad.length === 1) {
    throw new UserError(
      `Cannot read data file ${shownPath(shown(names[index]!))}: a whole ` +
        `picture is required, found ${reason}; repair or remove the file, or leave it out with --on-bad-item skip`,
    );
  }
  const named = bad.slice(0, MOST_NAMED).map(({ index, reason }) => `${shown(names[index]!)} (${reason})`);
  const more = bad.length > MOST_NAMED
    ? `, and ${(bad.length - MOST_NAMED).toLocaleString("en-US")} more`
    : "";
  throw new UserError(
    `Cannot read ${bad.length.toLocaleString("en-US")} of ` +
      `${names.length.toLocaleString("en-US")} pictures in ${path}: whole pictures ` +
      `are required, found ${
        named.join(", ")
      }${more}; repair or remove the files, or leave them out with --on-bad-item skip`,
  );
}

function refuseOther({ kind: place, path, names }: PictureCollection, a: Other, b: Other): never {
  if (a.shape.channels !== b.shape.channels) {
    const kind = ({ index, shape }: Other) =>
      `${shape.channels === 1 ? "a grey" : "a coloured"} one (${shown(names[index]!)})`;
    throw new UserError(
      `Cannot read data ${place} ${path}: pictures of one kind are required, found ${kind(a)} ` +
        `and ${kind(b)}; make all grey with --channels 1, or colour with --channels 3`,
    );
  }
  const size = ({ index, shape }: Other) => `${shape.width} x ${shape.height} (${shown(names[index]!)})`;
  throw new UserError(
    `Cannot read data ${place} ${path}: pictures of one size (width x height) are required, found ${
      size(a)
    } ` +
      `and ${size(b)}; resize them with --image-size 32 or 64`,
  );
}

/** Other images brought to that size and those channels. Throws {@linkcode UserError} where they are points. */
export function shapeImages(data: DataSet, shaping: Shaping): DataSet {
  if (shaping.image_size === null && shaping.channels === null) return data;
  const [height, width] = data.example_shape.slice(-2);
  if (data.encoding !== "uint8" || height === undefined || width === undefined) {
    const option = shaping.image_size !== null ? "--image-size" : "--channels";
    throw new UserError(
      `Cannot use ${option}: images are required, found points of ` +
        `${data.example_shape.join(" x ")} numbers (${data.name}); leave it out`,
    );
  }
  const channels = data.example_shape.length === 2 ? 1 : 3;
  const image = (i: number): Image => {
    const tones = data.bytes.subarray(i * data.example_bytes, (i + 1) * data.example_bytes);
    return shaped({ channels, height, width, tones }, shaping);
  };
  const one = image(0);
  const bytes = new Uint8Array(data.num_examples * one.tones.length);
  for (let i = 0; i < data.num_examples; i++) bytes.set(image(i).tones, i * one.tones.length);
  return dataSetOf(data.name, shapeOf(one), "uint8", bytes);
}
