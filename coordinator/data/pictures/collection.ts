/** Pictures that belong together: those of a folder, or of an archive. */
import { join } from "node:path";
import type { PicturePlace } from "./picture_place.ts";

export interface PictureCollection {
  /** The folder or the archive. */
  readonly path: string;
  /** "folder" or "file", as in "Cannot read data folder". */
  readonly kind: "folder" | "file";
  /** Names in the order of the examples: paths within the whole. */
  readonly names: readonly string[];
  placeOf(index: number): PicturePlace;
  /** How messages name a picture, of a name that may be shown. */
  shownPath(name: string): string;
  /** Called when all pictures were read. Throws UserError where an archive has changed meanwhile. */
  checkUnchanged(): void;
  /** Removes what was made for reading. */
  close(): Promise<void>;
}

/** Pictures of a folder. */
export function folderCollection(path: string, names: readonly string[]): PictureCollection {
  return {
    path,
    kind: "folder",
    names,
    placeOf: (index) => ({ file: join(path, names[index]!) }),
    shownPath: (name) => join(path, name),
    checkUnchanged: () => {},
    close: () => Promise.resolve(),
  };
}
