/** Which files of a folder, and of the folders in it, are taken for pictures, and what is left out and why. */
import { basename, extname, join } from "node:path";
import { attempt } from "../files/data_file.ts";
import { LABEL_LIST_NAME, labelListAmong } from "./collection.ts";
import { PICTURE_NAME } from "./picture_file.ts";

/** Files that systems and tools leave in folders, which are not the user's pictures. */
const LITTER =
  /^(\._.*|\.DS_Store|\.ipynb_checkpoints|__MACOSX|Thumbs\.db|desktop\.ini|@eaDir|\.@__thumb|\$RECYCLE\.BIN|\.Trash.*|\.Spotlight-V100|\.fseventsd|\.thumbnails|\.git|lost\+found)$/i;

/** True if any part of a path is one that systems and tools leave, or is hidden. */
export function isLitter(path: string): boolean {
  return path.split("/").some((part) => LITTER.test(part) || part.startsWith("."));
}

/** Pictures of kinds that are not read, by their names. */
const OTHER_PICTURES =
  /\.(hei[cf]|jxl|jp2|j2k|jpf|jpx|psd|svg|ico|tga|ppm|pgm|pbm|pnm|exr|hdr|dng|cr2|nef|arw|raw)$/i;

/** Endings that are named of what is left out; beyond them, how many more files there are. */
const MOST_ENDINGS = 8;

export interface FolderLook {
  /** Paths within the folder, in the order of their text. */
  readonly pictures: readonly string[];
  /** The list of labels beside them (dataset.json); null if there is none. */
  readonly label_list: string | null;
  /** Files that were not read, and why, for a person; null if there are none. */
  readonly left_out: string | null;
}

/** A name as it may be shown on a terminal. */
export function shown(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu, "?");
}

/** Looks at names alone: no file is opened. Throws UserError where a folder cannot be read. */
export async function lookIn(folder: string): Promise<FolderLook> {
  const look = new Look(folder);
  await look.run();
  return {
    pictures: look.pictures.sort(),
    label_list: labelListAmong(look.label_lists),
    left_out: look.leftOut(),
  };
}

class Look {
  readonly pictures: string[] = [];
  readonly label_lists: string[] = [];
  readonly #folder: string;
  /** Real paths of the files and folders found: each counts once, however many links lead to it. */
  readonly #real = new Set<string>();
  #links: string[] = [];
  readonly #other_pictures = new Map<string, number>();
  readonly #other_files = new Map<string, number>();
  readonly #named = {
    special: [] as string[],
    dead: [] as string[],
    again: [] as string[],
    hidden: [] as string[],
    not_utf8: [] as string[],
  };

  constructor(folder: string) {
    this.#folder = folder;
  }

  async run(): Promise<void> {
    const real = await attempt(this.#folder, () => Deno.realPath(this.#folder));
    this.#real.add(real);
    await this.#walk("", real);
    // What is there itself comes first, then what links lead to, and links found there.
    while (this.#links.length > 0) {
      const links = this.#links.sort();
      this.#links = [];
      for (const link of links) await this.#follow(link);
    }
  }

  /** `inner`: a folder's path within the whole; `real`: where it lies. */
  async #walk(inner: string, real: string): Promise<void> {
    const path = join(this.#folder, inner);
    for (const { name, isDirectory, isFile, isSymlink } of await attempt(path, () => entriesOf(path))) {
      const within = join(inner, name);
      if (LITTER.test(name)) continue;
      else if (!await hasThisName(join(path, name))) this.#named.not_utf8.push(within);
      else if (name.startsWith(".")) this.#named.hidden.push(within);
      else if (isDirectory) await this.#enter(within, join(real, name));
      else if (isSymlink) this.#links.push(within);
      else if (isFile) this.#file(within, join(real, name));
      else this.#named.special.push(within);
    }
  }

  async #follow(link: string): Promise<void> {
    const path = join(this.#folder, link);
    let real: string;
    let info: Deno.FileInfo;
    try {
      [real, info] = [await Deno.realPath(path), await Deno.stat(path)];
    } catch (error) {
      if (!isDead(error)) return await attempt(path, () => Promise.reject(error));
      this.#named.dead.push(link);
      return;
    }
    if (!info.isFile && !info.isDirectory) this.#named.special.push(link);
    else if (this.#real.has(real)) {
      if (info.isDirectory || PICTURE_NAME.test(link)) this.#named.again.push(link);
    } else if (info.isFile) this.#file(link, real);
    else await this.#enter(link, real);
  }

  /** A folder that a link to one around it leads to may have been entered before. */
  async #enter(within: string, real: string): Promise<void> {
    if (this.#real.has(real)) return;
    this.#real.add(real);
    await this.#walk(within, real);
  }

  #file(within: string, real: string): void {
    if (this.#real.has(real)) return;
    this.#real.add(real);
    if (PICTURE_NAME.test(within)) {
      this.pictures.push(within);
      return;
    }
    if (LABEL_LIST_NAME.test(within)) {
      this.label_lists.push(within);
      return;
    }
    const counts = OTHER_PICTURES.test(within) ? this.#other_pictures : this.#other_files;
    const ending = extname(within).toLowerCase();
    counts.set(ending, (counts.get(ending) ?? 0) + 1);
  }

  leftOut(): string | null {
    const { special, dead, again, hidden, not_utf8 } = this.#named;
    const parts = [
      counted(this.#other_pictures, " (not read: convert them to PNG)"),
      counted(this.#other_files, ""),
      named(special, "pipe, socket or device", "pipes, sockets or devices"),
      named(dead, "link that leads nowhere", "links that lead nowhere"),
      named(again, "link to a file that is read anyway", "links to files that are read anyway"),
      named(hidden, "hidden file or folder", "hidden files or folders"),
      named(
        not_utf8,
        "file or folder whose name is not UTF-8",
        "files or folders whose names are not UTF-8",
      ) +
      (not_utf8.length > 0 ? ": rename them" : ""),
    ].filter((part) => part !== "");
    return parts.length === 0 ? null : parts.join("; ");
  }
}

/** In the order of names, so that the same folder is always told the same way. */
async function entriesOf(path: string): Promise<Deno.DirEntry[]> {
  const entries = await Array.fromAsync(Deno.readDir(path));
  return entries.sort((a, b) => a.name < b.name ? -1 : 1);
}

/**
 * False for a name in other bytes than UTF-8: it is given with U+FFFD in their place, and under that name there is
 * nothing.
 */
async function hasThisName(path: string): Promise<boolean> {
  return !path.includes("\ufffd") || await Deno.lstat(path).then(() => true, () => false);
}

/** Links to nothing, and links in a circle. */
function isDead(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.FilesystemLoop ||
    error instanceof Deno.errors.NotADirectory;
}

/** e.g. "10 .webp, 1 .tif" */
function counted(counts: ReadonlyMap<string, number>, why: string): string {
  const sorted = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const texts = sorted.slice(0, MOST_ENDINGS).map(([ending, count]) =>
    `${count.toLocaleString("en-US")} ${ending === "" ? "without an ending in its name" : shown(ending)}`
  );
  const others = sorted.slice(MOST_ENDINGS).reduce((sum, [, count]) => sum + count, 0);
  if (others > 0) texts.push(`${others.toLocaleString("en-US")} others`);
  return texts.length === 0 ? "" : texts.join(", ") + why;
}

/** e.g. "2 links that lead nowhere (a.png, ...)" */
function named(names: readonly string[], one: string, many: string): string {
  if (names.length === 0) return "";
  const first = shown(basename(names[0]!));
  const count = names.length.toLocaleString("en-US");
  return names.length === 1 ? `1 ${one} (${first})` : `${count} ${many} (${first}, ...)`;
}
