/** Pictures that belong together: those of a folder, or of an archive. */
import { join } from "node:path";
import type { PicturePlace } from "./picture_place.ts";
import type { Shaping } from "./picture_reader.ts";

/** Where StyleGAN's tools keep labels. */
export const LABEL_LIST_NAME = /(^|\/)dataset\.json$/;

/** The folder that a file lies in, with a slash at the end; "" at the top. */
export function folderOf(name: string): string {
  return name.slice(0, name.lastIndexOf("/") + 1);
}

/** A list of pictures and their classes that lies beside them: StyleGAN's dataset.json. */
export interface LabelList {
  readonly place: PicturePlace;
  /** How messages name it. */
  readonly shown_path: string;
  /** Where it lies within the whole, with a slash at the end; "" at its top. */
  readonly folder: string;
}

/** Of the files in a whole, the list of labels: the one nearest to its top. */
export function labelListAmong(files: readonly string[]): string | null {
  const depth = (name: string) => name.split("/").length;
  const lists = files.filter((name) => LABEL_LIST_NAME.test(name)).sort((a, b) => depth(a) - depth(b));
  return lists[0] ?? null;
}

export interface PictureCollection {
  /** The folder or the archive. */
  readonly path: string;
  /** "folder" or "file", as in "Cannot read data folder". */
  readonly kind: "folder" | "file";
  /** Names in the order of the examples: paths within the whole. */
  readonly names: readonly string[];
  placeOf(index: number): PicturePlace;
  readonly label_list: LabelList | null;
  /** The file whose size and times change with a picture: its own, or the archive. */
  stampedFile(index: number): string;
  /** How messages name a picture, of a name that may be shown. */
  shownPath(name: string): string;
  /** Called when all pictures were read. Throws UserError where an archive has changed meanwhile. */
  checkUnchanged(): void;
  /** Removes what was made for reading. */
  close(): Promise<void>;
}

export type OnBadItem = "refuse" | "skip";

/** What pictures are to become, and what becomes of those that cannot be read. */
export interface Wanted {
  readonly shaping: Shaping;
  readonly on_bad_item: OnBadItem;
}

/** Pictures of a folder. `label_list`: its path within the folder, if there is one. */
export function folderCollection(
  path: string,
  names: readonly string[],
  label_list: string | null = null,
): PictureCollection {
  const listed = (name: string): LabelList => {
    const file = join(path, name);
    return { place: { file }, shown_path: file, folder: folderOf(name.replaceAll("\\", "/")) };
  };
  return {
    label_list: label_list === null ? null : listed(label_list),
    path,
    kind: "folder",
    names,
    placeOf: (index) => ({ file: join(path, names[index]!) }),
    stampedFile: (index) => join(path, names[index]!),
    shownPath: (name) => join(path, name),
    checkUnchanged: () => {},
    close: () => Promise.resolve(),
  };
}
