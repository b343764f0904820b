/** Pictures that belong together: those of a folder, or of an archive. */
import { join } from "node:path";
import type { PicturePlace } from "./picture_place.ts";
import type { Shaping } from "./picture_reader.ts";

export interface PictureCollection {
  /** The folder or the archive. */
  readonly path: string;
  /** "folder" or "file", as in "Cannot read data folder". */
  readonly kind: "folder" | "file";
  /** Names in the order of the examples: paths within the whole. */
  readonly names: readonly string[];
  placeOf(index: number): PicturePlace;
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

/** Pictures of a folder. */
export function folderCollection(path: string, names: readonly string[]): PictureCollection {
  return {
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
