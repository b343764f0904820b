/** Fixtures that no test reads: such a file promises nothing, whatever its name says. */
import { basename, dirname, join, relative, sep } from "node:path";
import ts from "typescript";

/** A source of the tests, as far as it says which files are read. */
interface Source {
  readonly path: string;
  readonly text: string;
  readonly literals: readonly string[];
  /** File names in template literals, a group for each `${…}`. */
  readonly templates: readonly RegExp[];
  /** Parts of paths in its strings, those of sources aside. */
  readonly folders: readonly string[];
  /** Sources that it imports or starts. */
  readonly uses: readonly string[];
}

/** Files of a folder and those below it, by path from `root`. */
export function filesUnder(root: string, folder = ""): string[] {
  return [...Deno.readDirSync(join(root, folder))].flatMap(({ name, isDirectory }) => {
    const path = folder === "" ? name : `${folder}/${name}`;
    return isDirectory ? filesUnder(root, path) : [path];
  });
}

const lastPart = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** The pattern of the file name that a template ends with; null where it ends with none. */
function patternOf(template: ts.TemplateExpression): RegExp | null {
  const text = [template.head.text, ...template.templateSpans.map(({ literal }) => `\0${literal.text}`)].join(
    "",
  );
  const name = lastPart(text);
  return /\0.*\.[a-z0-9]+$/.test(name)
    ? new RegExp(`^${name.split("\0").map((part) => RegExp.escape(part)).join("(.+)")}$`)
    : null;
}

function sourceOf(root: string, path: string): Source {
  const text = Deno.readTextFileSync(join(root, path));
  const literals: string[] = [], templates: RegExp[] = [], pieces: string[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isStringLiteralLike(node)) literals.push(node.text);
    if (ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) pieces.push(node.text);
    const pattern = ts.isTemplateExpression(node) ? patternOf(node) : null;
    if (pattern) templates.push(pattern);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest));
  const isSource = (literal: string) => /^\.{1,2}\/.*\.ts$/.test(literal);
  const uses = literals.filter(isSource).map((literal) => join(dirname(path), literal).split(sep).join("/"));
  const folders = [...literals.filter((literal) => !isSource(literal)), ...pieces].flatMap((text) =>
    text.split("/")
  );
  return { path, text, literals, templates, folders, uses };
}

/** What can be reached from these sources, themselves included. */
function reached(sources: ReadonlyMap<string, Source>, from: Iterable<string>): Set<string> {
  const found = new Set<string>();
  const queue = [...from];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (found.has(path) || !sources.has(path)) continue;
    found.add(path);
    queue.push(...sources.get(path)!.uses);
  }
  return found;
}

function isWord(part: string, text: string): boolean {
  return new RegExp(`(?<![\\w-])${RegExp.escape(part)}(?![\\w-])`).test(text);
}

/** True if a source names the file whole, or composes its name of parts that it or an index beside the file names. */
function names({ literals, templates, text }: Source, name: string, index: string): boolean {
  if (literals.some((literal) => lastPart(literal) === name)) return true;
  return templates.some((template) =>
    name.match(template)?.slice(1).every((part) => isWord(part, text + index))
  );
}

/**
 * Paths below `root` of fixtures, which are all files but sources, that no test reads: none names the file and the folders on the
 * way to it. `tables`: folders whose files are named by the keys of a table of the code.
 */
export function unreadFixtures(root: string, tables: Readonly<Record<string, object>> = {}): string[] {
  const files = filesUnder(root);
  const sources = new Map(
    files.filter((path) => path.endsWith(".ts")).map((path) => [path, sourceOf(root, path)]),
  );
  const live = [...reached(sources, [...sources.keys()].filter((path) => path.endsWith("_test.ts")))]
    .map((path) => sources.get(path)!);
  const used = new Map(
    live.map(({ path }) => [path, [...reached(sources, [path])].map((other) => sources.get(other)!)]),
  );
  const fixtures = files.filter((path) => !path.endsWith(".ts"));
  /** True if strings name the folders on the way to the file from the source, or from one that it uses and that looks around. */
  const leadsTo = (source: Source, fixture: string) => {
    const folders = new Set(used.get(source.path)!.flatMap(({ folders }) => folders));
    return used.get(source.path)!
      .filter((other) => other === source || other.text.includes("import.meta"))
      .some(({ path }) =>
        relative(dirname(path), dirname(fixture)).split(sep).every((step) => step === "" || folders.has(step))
      );
  };
  const isRead = (fixture: string, name: string, index: string) =>
    live.some((source) => names(source, name, index) && leadsTo(source, fixture));
  /** Names of files that stand in an index beside the file, or in a table. No index names another. */
  const indexOf = (fixture: string) => {
    const folder = dirname(fixture), table = Object.keys(tables[folder] ?? {});
    const indexes = fixture.endsWith(".json")
      ? []
      : fixtures.filter((path) =>
        path.endsWith(".json") && dirname(path) === folder && isRead(path, basename(path), "")
      );
    return [
      ...table,
      ...indexes.flatMap((path) => Object.keys(JSON.parse(Deno.readTextFileSync(join(root, path))))),
    ]
      .join(" ");
  };
  return fixtures.filter((fixture) => {
    // Data beside a network belong to it.
    const name = basename(fixture).replace(/\.onnx\.data$/, ".onnx");
    return !isRead(fixture, name, indexOf(fixture));
  });
}
