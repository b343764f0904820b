/**
 * Proves what docs/architecture.md says of the rooms (rooms.ts): every import between them is listed, no cycle exists
 * between files, the functional core touches nothing of the outside, no folder is tangled, and the page's table is this one. With --write the
 * page gets it. Exit code 1 with one line per fault.
 */
import { existsSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseOptions, runMain } from "../common/cli/cli.ts";
import type { Command } from "../common/cli/options.ts";
import { tangled } from "./arrows.ts";
import { complainOf } from "./gate/check_command.ts";
import { EXPORTS, PURE, ROOMS } from "./rooms.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** A worker holds no model code: of models/ it may only know what artifacts.json says, and the order of a result's tail. */
const WORKER_MODELS: ReadonlySet<string> = new Set([
  "models/manifest.ts",
  "models/manifest_check.ts",
  "models/manifest_values.ts",
  "models/tail.ts",
]);

/** Folders whose code also runs in a browser: nothing that only Deno or Node has. */
const BROWSER = [
  "algorithm",
  "wire",
  "onnx",
  "autodiff",
  "models",
  "runlog",
  "pictures",
  "random",
  "kernels",
  "sampler_page",
];
/** Their shells, which name the platform. */
const NATIVE_SHELLS: ReadonlySet<string> = new Set([
  "wire/shared_file.ts",
  "wire/shared_ring.ts",
  "wire/shared_weights.ts",
  "wire/ws_socket.ts",
  "wire/connecting/port_probe.ts",
  "wire/connecting/certificate_probe.ts",
  "runlog/log/find_run.ts",
  "runlog/log/log_file.ts",
  "runlog/log/reader.ts",
  "runlog/log/rebuild_step_index.ts",
  "runlog/log/segments.ts",
  "runlog/log/step_index_file.ts",
  "runlog/log/fold_run.ts",
]);

/** The files of a folder and those below it, relative to the root; none if there is no such folder. */
function* sources(root: string, folder: string): Generator<string> {
  if (!existsSync(join(root, folder))) return;
  for (const entry of Deno.readDirSync(join(root, folder))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* sources(root, path);
    else if (entry.name.endsWith(".ts") && !path.startsWith(join("kernels", "assembly"))) {
      yield path.split(sep).join("/");
    }
  }
}

function roomOf(file: string) {
  return ROOMS.filter(({ folder }) => file.startsWith(`${folder}/`))
    .sort((a, b) => b.folder.length - a.folder.length)[0];
}

/** Specifiers of all static imports, exports from, dynamic imports and URLs of module workers. */
export function specifiers(text: string): string[] {
  const pattern = /(?:from\s+|import\s+|import\(\s*|resolve\(\s*|new URL\(\s*)"([^"]+)"/g;
  return [...text.matchAll(pattern)].map((match) => match[1]!);
}

function faultOf(file: string, target: string): string | null {
  if (target.startsWith(`${EXPORTS}/`)) {
    return `${file} must not import ${target}: it is for other programs; import the file that it names`;
  }
  if (file.startsWith(`${EXPORTS}/`)) return null;
  const from = roomOf(file)!;
  const to = roomOf(target)?.folder;
  if (to === from.folder) return null;
  if (to === undefined) return `${file} must not import ${target}`;
  if (from.folder.startsWith("worker") && to.startsWith("models") && !WORKER_MODELS.has(target)) {
    return `${file} must not import ${target}: a worker holds no model code`;
  }
  return from.may.includes(to) ? null : `${file} (${from.folder}) must not import ${target} (${to})`;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
}

/** The outside resource that a pure file touches, or null. */
function impurity(text: string): string | null {
  const found = withoutComments(text).match(
    /\bDeno\.|"node:[^"]*"|\b(?:setTimeout|setInterval|performance\.|Date\.now|new Date\(\)|Math\.random|crypto\.|fetch\()/,
  );
  return found ? found[0] : null;
}

function isPure(file: string): boolean {
  return PURE.some((place) => file === place || file.startsWith(`${place}/`));
}

function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | null => {
    const at = path.indexOf(file);
    if (at >= 0) return [...path.slice(at), file];
    if (done.has(file)) return null;
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next);
      if (cycle) return cycle;
    }
    path.pop();
    done.add(file);
    return null;
  };
  for (const file of graph.keys()) {
    const cycle = visit(file);
    if (cycle) return cycle;
  }
  return null;
}

/** All faults of the project in `root`, one line each. */
export function checkImports(root = ROOT): string[] {
  const faults: string[] = [];
  const graph = new Map<string, string[]>();
  const tops = new Set(ROOMS.map(({ folder }) => folder.split("/")[0]!));
  for (const file of [...tops, EXPORTS].flatMap((top) => [...sources(root, top)])) {
    const text = Deno.readTextFileSync(join(root, file));
    const imported = specifiers(text);
    const targets = imported.filter((s) => s.startsWith("."))
      .map((s) => relative(root, join(root, dirname(file), s)).split(sep).join("/"))
      .filter((target) => target.endsWith(".ts"));
    // A module worker is another program: its file is started, not imported.
    graph.set(
      file,
      targets.filter((target) => !target.endsWith("_worker.ts") && !target.endsWith("_thread.ts")),
    );
    for (const target of targets) {
      const fault = faultOf(file, target);
      if (fault) faults.push(fault);
    }
    if (BROWSER.some((folder) => file.startsWith(`${folder}/`)) && !NATIVE_SHELLS.has(file)) {
      const native = imported.find((s) => s.startsWith("node:") || s === "ws" || s === "onnxruntime-node") ??
        (/\bDeno\./.test(withoutComments(text)) ? "Deno" : undefined);
      if (native) faults.push(`${file} must run in a browser: it must not use ${native}`);
    }
    const outside = isPure(file) ? impurity(text) : null;
    if (outside) faults.push(`${file} must be pure: it must not use ${outside}`);
  }
  const cycle = findCycle(graph);
  if (cycle) faults.push(`Imports must have no cycle: ${cycle.join(" -> ")}`);
  return [...faults, ...tangled(graph)];
}

const PAGE = "docs/architecture.md";
const TABLE = /(<!-- rooms: .*? -->\n)[\s\S]*?(\n<!-- end of rooms -->)/;

/** Rooms by their folders: `models (nets, import), wire`. */
function grouped(rooms: readonly string[]): string {
  const by_top = new Map<string, { is_whole: boolean; parts: string[] }>();
  for (const room of rooms) {
    const [top, ...rest] = room.split("/");
    const group = by_top.get(top!) ?? { is_whole: false, parts: [] };
    if (rest.length === 0) group.is_whole = true;
    else group.parts.push(rest.join("/"));
    by_top.set(top!, group);
  }
  const texts = [...by_top].map(([top, { is_whole, parts }]) => {
    if (parts.length === 0) return top;
    return is_whole ? `${top} (also ${parts.join(", ")})` : `${top}/ ${parts.join(", ")}`;
  });
  return texts.join("; ");
}

/** The table of rooms as it stands on the page, padded as the formatter pads it. */
export function roomsTable(): string {
  const rows = [
    ["folder", "what", "may import"],
    ...ROOMS.map(({ folder, what, may }) => [
      `\`${folder}/\``,
      what,
      grouped(may.filter((other) => other !== "common")) || "nothing else",
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return ["", line(rows[0]!), rule, ...rows.slice(1).map(line), ""].join("\n");
}

/** The page with the table as it should be. Throws where the page has no place for it. */
export function withTable(page: string): string {
  if (!TABLE.test(page)) throw new Error(`${PAGE} must have a place for the table of rooms`);
  return page.replace(TABLE, (_, begin: string, end: string) => `${begin}${roomsTable()}${end}`);
}

const OPTIONS = {
  write: { kind: "boolean", about: `Writes the table of rooms into ${PAGE}` },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task check:imports",
  about:
    "Lists imports that a room may not make, and pure files that use clocks, files, sockets or randomness.",
  options: OPTIONS,
  examples: [{ line: "deno task check:imports --write", about: "after a change to scripts/rooms.ts" }],
};

function main(args: readonly string[]): Promise<number> {
  const { values: { write } } = parseOptions(COMMAND, args);
  const path = join(ROOT, PAGE);
  const page = Deno.readTextFileSync(path);
  const wanted = withTable(page);
  if (write) Deno.writeTextFileSync(path, wanted);
  const faults = checkImports();
  if (page !== wanted && !write) {
    faults.push(
      `The table of rooms in ${PAGE} must be that of scripts/rooms.ts: run deno task check:imports --write`,
    );
  }
  return Promise.resolve(complainOf(faults));
}

if (import.meta.main) await runMain(main);
