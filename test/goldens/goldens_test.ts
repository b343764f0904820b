import assert from "node:assert/strict";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { PRESETS } from "../../coordinator/config/presets.ts";
import { DOCTOR_RUNS } from "../../scripts/doctor_runs.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** Folders whose files a test reads by the keys of a table of the code. */
const TABLES: Readonly<Record<string, object>> = {
  "goldens/losses": PRESETS,
  "runlog/doctor/runs": DOCTOR_RUNS,
};

function filesUnder(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory ? filesUnder(path) : [path];
  });
}

/** What a source says: its text, and the patterns of file names in its template literals, a group for each `${…}`. */
function sourceOf(text: string) {
  const found = text.matchAll(/`([^`\n]*\$\{[^`\n]*\.[a-z0-9]+)`/g);
  const templates = [...found].map(([, template]) => {
    const name = template!.replace(/\$\{[^}]*\}/g, "\0").split("/").at(-1)!;
    return new RegExp(`^${name.split("\0").map(RegExp.escape).join("(.+)")}$`);
  });
  return { text, templates };
}

/** Whether a source names the file whole, or composes its name of parts that it or an index beside the file names. */
function names({ text, templates }: ReturnType<typeof sourceOf>, name: string, index: string): boolean {
  if (['"', "'", "`", "/"].some((end) => text.includes(`${name}${end}`))) return true;
  const isWord = (part: string) =>
    new RegExp(`(?<![\\w-])${RegExp.escape(part)}(?![\\w-])`).test(text + index);
  return templates.some((template) => {
    const match = name.match(template);
    return match !== null && match.slice(1).every(isWord);
  });
}

Deno.test("goldens: every fixture under test/ is named by a test", () => {
  const files = filesUnder(ROOT);
  const isSource = (path: string) => path.endsWith(".ts");
  const sources = files.filter((path) => isSource(path) && path !== import.meta.filename)
    .map((path) => sourceOf(Deno.readTextFileSync(path)));
  const fixtures = files.filter((path) => !isSource(path)).map((path) => relative(ROOT, path));
  assert.ok(fixtures.length > 100, `${fixtures.length}`);
  const indexes = fixtures.filter((path) => path.endsWith(".json"))
    .filter((path) => sources.some(({ text }) => text.includes(`${basename(path)}"`)))
    .map((path) => {
      const index = JSON.parse(Deno.readTextFileSync(join(ROOT, path))) as Record<string, unknown>;
      return { folder: dirname(path), keys: Object.keys(index).join(" ") };
    });
  /** Names of files that stand in an index beside the file, or in a table. No index names another. */
  const indexOf = (path: string) => {
    const folder = dirname(path), table = Object.keys(TABLES[folder] ?? {}).join(" ");
    const beside = path.endsWith(".json") ? [] : indexes.filter((index) => index.folder === folder);
    return [table, ...beside.map(({ keys }) => keys)].join(" ");
  };
  // Data beside a network belong to it.
  const nameOf = (path: string) => basename(path).replace(/\.onnx\.data$/, ".onnx");
  const unused = fixtures.filter((path) =>
    !sources.some((source) => names(source, nameOf(path), indexOf(path)))
  );
  assert.deepEqual(unused, [], "Fixtures that no test reads must be removed");
});
