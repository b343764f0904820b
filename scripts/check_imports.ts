/**
 * Proves the import directions of docs/architecture.md: every import between folders must be listed here, and no
 * cycle may exist between files. Exit code 1 with one line per fault.
 */
import { existsSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** What the files of a folder may import, besides their own folder. The longest matching prefix counts. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "common": [],
  "random": [],
  "kernels": [],
  "wire": ["common", "kernels"],
  "models/onnx": ["common"],
  "models/autodiff": ["models/onnx", "common"],
  "models/nets": ["models/onnx", "random", "common"],
  "models/objectives": ["models/onnx", "models/autodiff", "models/nets", "random", "common"],
  "models/import": ["models/onnx", "models/autodiff", "models/nets", "common"],
  "models": ["models/onnx", "models/autodiff", "models/nets", "models/objectives", "random", "common"],
  "runlog": ["common"],
  "inspect": ["runlog", "models", "common"],
  "page": ["random", "runlog", "common"],
  "worker": ["models", "wire", "kernels", "random", "common"],
  "coordinator": [
    "models",
    "models/nets",
    "models/objectives",
    "models/import",
    "models/onnx",
    "wire",
    "kernels",
    "random",
    "runlog",
    "common",
  ],
  // A program of its own, which is bundled and sent to browsers.
  "coordinator/live/page": ["coordinator", "inspect", "runlog", "common"],
};

/** A worker holds no model code: of models/ it may only know what artifacts.json says. */
const WORKER_MODELS: ReadonlySet<string> = new Set(["models/manifest.ts", "models/manifest_check.ts"]);

/** Folders whose code also runs in a browser: nothing that only Deno or Node has. */
const BROWSER = ["wire", "models", "runlog", "random", "kernels", "page"];
/** Their shells, which name the platform. */
const NATIVE_SHELLS: ReadonlySet<string> = new Set([
  "wire/shared_file.ts",
  "wire/shared_ring.ts",
  "wire/shared_weights.ts",
  "wire/ws_socket.ts",
  "runlog/log_file.ts",
  "runlog/reader.ts",
  "runlog/rebuild_series.ts",
  "runlog/segments.ts",
  "runlog/series_file.ts",
  "runlog/fold_run.ts",
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

function folderOf(file: string): string | undefined {
  const folders = Object.keys(MAY_IMPORT).filter((folder) => file.startsWith(`${folder}/`));
  return folders.sort((a, b) => b.length - a.length)[0];
}

/** Specifiers of all static imports, exports from, dynamic imports and URLs of module workers. */
function specifiers(text: string): string[] {
  const pattern = /(?:from\s+|import\s+|import\(\s*|resolve\(\s*|new URL\(\s*)"([^"]+)"/g;
  return [...text.matchAll(pattern)].map((match) => match[1]!);
}

function faultOf(file: string, target: string): string | null {
  const from = folderOf(file)!;
  const to = folderOf(target);
  if (to === undefined || to === from) return to === undefined ? `${file} must not import ${target}` : null;
  if (from === "worker" && to.startsWith("models") && !WORKER_MODELS.has(target)) {
    return `${file} must not import ${target}: a worker holds no model code`;
  }
  return MAY_IMPORT[from]!.includes(to) ? null : `${file} (${from}) must not import ${target} (${to})`;
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
  const tops = new Set(Object.keys(MAY_IMPORT).map((folder) => folder.split("/")[0]!));
  for (const file of [...tops].flatMap((top) => [...sources(root, top)])) {
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
        (/\bDeno\./.test(text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")) ? "Deno" : undefined);
      if (native) faults.push(`${file} must run in a browser: it must not use ${native}`);
    }
  }
  const cycle = findCycle(graph);
  if (cycle) faults.push(`Imports must have no cycle: ${cycle.join(" -> ")}`);
  return faults;
}

if (import.meta.main) {
  const faults = checkImports();
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) Deno.exit(1);
  console.log("Imports point one way");
}
