/**
 * Proves that the code stays in small pieces: lines of a file and of a function, files of a folder; of tests the lines of
 * a file alone, since tables of cases are long. Prints the figures and the largest of each; exit code 1 with one line per
 * fault.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCheck } from "./gate/check_command.ts";
import { sourceFiles, testFiles } from "./gate/source_files.ts";
import ts from "typescript";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** Nine in ten have at most `p90`. */
interface Limit {
  readonly max: number;
  readonly p90?: number;
}

const LIMITS: Readonly<Record<"file" | "function" | "folder", Limit>> = {
  file: { p90: 210, max: 400 },
  function: { p90: 18, max: 60 },
  folder: { max: 16 },
};

/** How many of the largest are shown. */
const SHOWN = 3;

/** Something with a size: lines, or the files of a folder. */
interface Measured {
  readonly name: string;
  readonly size: number;
}

function linesOf(text: string): number {
  return text === "" ? 0 : text.replace(/\n$/, "").split("\n").length;
}

function isFunctionValue(node: ts.Expression | undefined): boolean {
  if (node === undefined) return false;
  // A value may be wrapped: (() => 1), x as T, x satisfies T.
  if (
    ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isSatisfiesExpression(node)
  ) return isFunctionValue(node.expression);
  return ts.isArrowFunction(node) || ts.isFunctionExpression(node);
}

/** The name of a function with a body, or null for any other node and for functions without a name. */
function functionName(node: ts.Node): string | null {
  if (ts.isConstructorDeclaration(node)) return node.body ? "constructor" : null;
  if (ts.isFunctionDeclaration(node)) return node.body ? node.name?.text ?? "default" : null;
  if (ts.isMethodDeclaration(node) || ts.isGetAccessor(node) || ts.isSetAccessor(node)) {
    return node.body ? node.name.getText() : null;
  }
  const binds = ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node) ||
    ts.isPropertyAssignment(node);
  return binds && isFunctionValue(node.initializer) ? node.name.getText() : null;
}

/** Every named function of a source, with its lines from the signature to the closing brace. */
export function functionsOf(file: string, text: string): Measured[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const lineAt = (position: number) => source.getLineAndCharacterOfPosition(position).line + 1;
  const found: Measured[] = [];
  const visit = (node: ts.Node) => {
    const name = functionName(node);
    if (name !== null) {
      const first = lineAt(node.getStart());
      found.push({ name: `${file}:${first} ${name}`, size: lineAt(node.getEnd()) - first + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function folderOf(file: string): string {
  return file.includes("/") ? file.slice(0, file.lastIndexOf("/")) : ".";
}

/** The size that nine in ten do not exceed. `sizes` is in order, the largest first. */
function p90(sizes: readonly Measured[]): number {
  return sizes[Math.floor(sizes.length / 10)]?.size ?? 0;
}

function measure(root: string): Record<keyof typeof LIMITS, Measured[]> {
  const found = { file: [] as Measured[], function: [] as Measured[], folder: [] as Measured[] };
  const counts = new Map<string, number>();
  for (const file of sourceFiles(root)) {
    const text = Deno.readTextFileSync(join(root, file));
    found.file.push({ name: file, size: linesOf(text) });
    found.function.push(...functionsOf(file, text));
    counts.set(folderOf(file), (counts.get(folderOf(file)) ?? 0) + 1);
  }
  found.folder = [...counts].map(([name, size]) => ({ name, size }));
  for (const list of Object.values(found)) list.sort((a, b) => b.size - a.size);
  return found;
}

/** Tests that are longer than a file may be. */
function longTests(root: string): Measured[] {
  return [...testFiles(root)]
    .map((name) => ({ name, size: linesOf(Deno.readTextFileSync(join(root, name))) }))
    .filter(({ size }) => size > LIMITS.file.max);
}

/** Everything too large in the project in `root`, and the figures, one line each. */
export function checkSizes(root = ROOT): { readonly faults: string[]; readonly figures: string[] } {
  const measured = measure(root);
  const faults: string[] = [], figures: string[] = [];
  for (const kind of ["file", "function", "folder"] as const) {
    const sizes = measured[kind], limit = LIMITS[kind], unit = kind === "folder" ? "files" : "lines";
    const ninth = p90(sizes);
    const largest = sizes.slice(0, SHOWN).map(({ name, size }) => `${name} (${size})`).join(", ");
    figures.push(
      `A ${kind} has ${ninth} ${unit} or fewer in nine of ten cases, ${sizes[0]?.size ?? 0} at ` +
        `most: ${largest}`,
    );
    if (limit.p90 !== undefined && ninth > limit.p90) {
      faults.push(
        `Nine ${kind}s in ten must have at most ${limit.p90} ${unit}, found ${ninth}: split some of the larger`,
      );
    }
    const tests = kind === "file" ? longTests(root) : [];
    for (const { name, size } of [...sizes.filter(({ size }) => size > limit.max), ...tests]) {
      faults.push(`${name} must have at most ${limit.max} ${unit}, found ${size}: split it by subject`);
    }
  }
  return { faults, figures };
}

function check(): string[] {
  const { faults, figures } = checkSizes();
  for (const line of figures) console.log(line);
  return faults;
}

if (import.meta.main) {
  await runCheck(
    "check:sizes",
    "Says which files, functions and folders are too large, and shows the largest.",
    check,
  );
}
