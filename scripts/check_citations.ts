/**
 * Proves that what pages and comments cite is there: the files and headings that links lead to, the paths that pages
 * show as code, and the files and sections that comments name, as in (algorithm.md, "Adam"). Exit code 1 with one line
 * per fault.
 */
import { existsSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { runCheck } from "./gate/check_command.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** Folders that no clone has: what runs and tools leave behind. */
const LEFT_BEHIND: ReadonlySet<string> = new Set(["runs", "artifacts", "node_modules"]);

/** Pages about the past: their links must lead somewhere, but they may name files as they were called then. */
const HISTORY = /^CHANGELOG\.md$|^bench\/results\//;

/** Files of other projects that comments cite. */
const OTHERS: ReadonlySet<string> = new Set(["gan_toy.py"]);

/** Marks of an address or a placeholder, which no path of the repository has. */
const NO_PATH = /[*<>{}…]|:\/\/|\b[A-Z]+\/|\/[A-Z]+\b/;

/** The files of a project, by path from its root, with `/` on every system. */
class Project {
  readonly files: ReadonlySet<string>;
  readonly #base_names: ReadonlySet<string>;
  readonly #headings = new Map<string, readonly string[]>();

  constructor(readonly root: string) {
    this.files = new Set(filesIn(root, ""));
    this.#base_names = new Set([...this.files].map((file) => basename(file)));
  }

  read(file: string): string {
    return Deno.readTextFileSync(join(this.root, file));
  }

  /** True if there is such a file or folder. */
  has(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  /** True if a path without a folder names a file anywhere. */
  hasNamed(name: string): boolean {
    return this.#base_names.has(name);
  }

  headingsOf(page: string): readonly string[] {
    const known = this.#headings.get(page) ?? headings(this.read(page));
    this.#headings.set(page, known);
    return known;
  }
}

function* filesIn(root: string, folder: string): Generator<string> {
  for (const { name, isDirectory, isFile } of Deno.readDirSync(join(root, folder))) {
    if (name.startsWith(".") || LEFT_BEHIND.has(name)) continue;
    const path = folder === "" ? name : `${folder}/${name}`;
    if (isDirectory) yield* filesIn(root, path);
    else if (isFile) yield path;
  }
}

function withoutFences(page: string): string {
  return page.replace(/^```.*?^```$/gms, "");
}

function headings(page: string): string[] {
  return [...withoutFences(page).matchAll(/^#+ +(.*?) *$/gm)].map((match) => match[1]!);
}

/** The anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replace(/[^\p{L}\p{N}\p{M} _-]/gu, "").replaceAll(" ", "-");
}

/** Path from the root of what a file calls `path`. */
function resolved(file: string, path: string): string {
  return relative(".", join(dirname(file), path)).split(sep).join("/");
}

function linkFaults(project: Project, page: string): string[] {
  const text = withoutFences(project.read(page)).replace(/`[^`\n]*`/g, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link]) => {
    if (/^[a-z]+:/.test(link!)) return [];
    const [path = "", anchor] = link!.split("#");
    const target = path === "" ? page : resolved(page, path);
    if (!project.has(target)) return [`${page} links to ${link}, which does not exist`];
    if (anchor === undefined || !target.endsWith(".md")) return [];
    const is_there = project.headingsOf(target).some((heading) => anchorOf(heading) === anchor);
    return is_there ? [] : [`${page} links to ${link}, but ${target} has no such heading`];
  });
}

/** True if code on a page is meant as a file or folder of the repository. */
function isRepositoryPath(project: Project, code: string): boolean {
  if (/\s/.test(code) || NO_PATH.test(code) || code.startsWith("/")) return false;
  if (/^[\w./-]+\.(?:ts|py)$/.test(code)) return true;
  const [top, ...rest] = code.split("/");
  return rest.length > 0 && /^[\w.-]+$/.test(top!) && project.has(top!);
}

function codeFaults(project: Project, page: string): string[] {
  if (HISTORY.test(page)) return [];
  return [...withoutFences(project.read(page)).matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => {
    const path = code!.replace(/[:#]\d+$/, "");
    if (!isRepositoryPath(project, path)) return [];
    const is_there = path.includes("/") ? project.has(path) : project.hasNamed(path);
    return is_there ? [] : [`${page} names ${path}, which does not exist`];
  });
}

/** The comments of a source, each on one line. */
function comments(text: string, is_python: boolean): string[] {
  const pattern = is_python
    ? /(?:(?:^|\s)# .*(?:\n[ \t]*# .*)*)|"""[\s\S]*?"""/gm
    : /^[ \t]*\/\*[\s\S]*?\*\/|(?:^|\s)\/\/ .*(?:\n[ \t]*\/\/ .*)*/gm;
  return [...text.matchAll(pattern)].map(([comment]) =>
    comment.replace(/\s*\n\s*(?:\*(?!\/)|\/\/|#)?\s*/g, " ")
  );
}

function commentFaults(project: Project, file: string): string[] {
  const cited = /(?<![\w/.:-])((?:\.\.?\/)*[\w-][\w/-]*\.(?:md|ts|py))\b(?:, "([^"]+)")?/g;
  return comments(project.read(file), file.endsWith(".py")).flatMap((comment) =>
    [...comment.matchAll(cited)].flatMap(([, name, section]) => {
      if (OTHERS.has(name!)) return [];
      const place = [name!, resolved(file, name!), `docs/${name}`].find((path) => project.files.has(path));
      if (place === undefined) {
        return !name!.includes("/") && project.hasNamed(name!)
          ? []
          : [`${file} cites ${name}, which does not exist`];
      }
      if (section === undefined || !name!.endsWith(".md")) return [];
      return project.headingsOf(place).includes(section)
        ? []
        : [`${file} cites "${section}" of ${name}, but ${place} has no such heading`];
    })
  );
}

/** All faults of the project in `root`, one line each. */
export function checkCitations(root = ROOT): string[] {
  const project = new Project(root);
  return [...project.files].toSorted().flatMap((file) => {
    if (file.endsWith(".md")) return [...linkFaults(project, file), ...codeFaults(project, file)];
    return /\.(?:ts|py)$/.test(file) ? commentFaults(project, file) : [];
  });
}

if (import.meta.main) {
  await runCheck(
    "check:citations",
    "Says which files and sections pages and comments name that are not there.",
    checkCitations,
  );
}
