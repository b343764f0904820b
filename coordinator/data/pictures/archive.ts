/** Pictures in ZIP and tar archives, the latter gzip'ed or not. They are read where they lie. */
import { counted } from "../../../common/text/counted.ts";
import { isSoundTar, tarEntries } from "../../../common/files/tar.ts";
import { isZip, zipEntries } from "../../../common/files/zip.ts";
import { RegularFile } from "../../../common/files/regular_file.ts";
import { contentOf } from "../files/content.ts";
import { attempt, openDataFile, refuse } from "../files/data_file.ts";
import type { Reading } from "../data_source.ts";
import { folderOf, LABEL_LIST_NAME, labelListAmong, type PictureCollection } from "./collection.ts";
import { PICTURE_NAME } from "./picture_file.ts";
import { isLitter, shown } from "./picture_folder.ts";
import type { PicturePlace } from "./picture_place.ts";

/** A gzip'ed archive is unpacked to a temporary file of at most so many bytes. */
const MAX_UNPACKED_BYTES = 2 ** 36;

type Place = NonNullable<PicturePlace["part"]>;

/** Files of an archive by their names; of two with one name, the last. */
type Parts = ReadonlyMap<string, Place>;

/** The pictures of an archive; null: the file is none, or has no pictures in it. Throws UserError where it is damaged. */
export async function openArchive(file: string, reading: Reading): Promise<PictureCollection | null> {
  using opened = await openDataFile(file);
  const head = await attempt(file, () => opened.read(0, 512));
  if (isZip(head)) {
    const parts = await zipParts(file, opened);
    // With arrays in it, it is NumPy's.
    return [...parts.keys()].some((name) => name.endsWith(".npy"))
      ? null
      : collectionOf(file, file, parts, opened, reading);
  }
  if (isSoundTar(head)) return collectionOf(file, file, await tarParts(file, opened), opened, reading);
  const is_packed = head[0] === 0x1f && head[1] === 0x8b;
  if (!is_packed || !isSoundTar((await contentOf(file, opened)).head)) return null;
  return await unpackedTar(file, opened, reading);
}

async function zipParts(file: string, opened: RegularFile): Promise<Parts> {
  const spoken = { kind: "ZIP archive", part: "picture", refuse: (why: string) => refuse(file, why) };
  const entries = await zipEntries(opened, spoken);
  return new Map(entries.map(({ name, place }) => [name, { zip: place }]));
}

async function tarParts(file: string, opened: RegularFile): Promise<Parts> {
  const parts = new Map<string, Place>();
  const damaged = (): never =>
    refuse(file, "a whole tar archive is required, found a damaged one; download it again");
  for await (const { name, at, size } of tarEntries(opened, damaged)) parts.set(name, { at, size });
  return parts;
}

/** Places in a gzip'ed archive cannot be sought: it is unpacked to a file first, which goes when all are read. */
async function unpackedTar(
  file: string,
  opened: RegularFile,
  reading: Reading,
): Promise<PictureCollection | null> {
  const temporary = await Deno.makeTempFile({ prefix: "wagon-", suffix: ".tar" });
  const remove = () => Deno.remove(temporary).catch(() => {});
  try {
    await unpackTo(temporary, file, opened, reading);
    using unpacked = await openDataFile(temporary);
    const made = collectionOf(file, temporary, await tarParts(file, unpacked), opened, reading);
    if (made === null) await remove();
    return made && { ...made, close: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function unpackTo(
  temporary: string,
  file: string,
  opened: RegularFile,
  { progress }: Reading,
): Promise<void> {
  const content = await contentOf(file, opened);
  using out = await Deno.open(temporary, { write: true });
  const megabytes = Math.ceil(content.packed_bytes / 1e6);
  let written = 0;
  for await (const piece of content.pieces()) {
    written += piece.length;
    if (written > MAX_UNPACKED_BYTES) {
      refuse(file, `at most ${MAX_UNPACKED_BYTES} bytes unpacked are supported, found more`);
    }
    for (let at = 0; at < piece.length;) at += await out.write(piece.subarray(at));
    progress(Math.floor(content.taken_bytes / 1e6), megabytes, "megabyte");
  }
}

function collectionOf(
  path: string,
  file: string,
  parts: Parts,
  opened: RegularFile,
  { say }: Reading,
): PictureCollection | null {
  const files = [...parts.keys()].filter((name) => !name.endsWith("/") && !isLitter(name));
  const names = files.filter((name) => PICTURE_NAME.test(name)).sort();
  if (names.length === 0) return null;
  const others = files.filter((name) => !PICTURE_NAME.test(name) && !LABEL_LIST_NAME.test(name));
  if (others.length > 0) {
    const first = others.slice(0, 3).map(shown).join(", ");
    say(
      `Not read in ${shown(path)}: ${counted(others.length, "other file")} (${first}${
        others.length > 3 ? ", ..." : ""
      })`,
    );
  }
  const list = labelListAmong(files);
  const { size } = opened, written = modified(path);
  return {
    path,
    kind: "file",
    names,
    placeOf: (index) => ({ file, part: parts.get(names[index]!)! }),
    label_list: list === null ? null : {
      place: { file, part: parts.get(list)! },
      shown_path: `${path}#${shown(list)}`,
      folder: folderOf(list),
    },
    stampedFile: () => path,
    shownPath: (name) => `${path}#${name}`,
    checkUnchanged() {
      if (modified(path) === written && Deno.statSync(path).size === size) return;
      refuse(
        path,
        "an unchanging file is required, found one that changed while it was read; start again",
      );
    },
    close: () => Promise.resolve(),
  };
}

function modified(path: string): number | undefined {
  return Deno.statSync(path).mtime?.getTime();
}
