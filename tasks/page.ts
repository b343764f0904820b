/** `deno task page`: a web page that draws from a run's generator in the browser, as a folder or as one file. */
import { stripTypeScriptTypes } from "node:module";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { parseOptions, runMain } from "../common/cli/cli.ts";
import { exampleKind } from "../common/example_kind.ts";
import { UserError } from "../common/errors.ts";
import type { Command } from "../common/cli/options.ts";
import { readRegular } from "../common/files/regular_file.ts";
import { count } from "../inspect/numbers.ts";
import { summarize } from "../inspect/run_folders.ts";
import { findRun } from "../runlog/log/find_run.ts";
import { whatOf } from "../inspect/run_table.ts";
import { type About, FILES } from "../sampler_page/about.ts";
import { type Linked, pageDocument, RUNTIME_MODULE } from "../sampler_page/document.ts";
import { imageShape } from "../pictures/grid.ts";
import { Generator } from "../library/generator.ts";
import { writeFile } from "../common/files/write_file.ts";

const OPTIONS = {
  out: { kind: "string", value: "DIR", about: "Write a folder of static files, for any web server" },
  single: {
    kind: "string",
    value: "FILE",
    about: "Write one HTML file with everything in it, which also opens from disk",
  },
  runs: { kind: "string", value: "DIR", default: "runs", about: "The folder of runs" },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task page",
  about:
    "Writes a web page that draws samples from a run's generator.onnx in the browser. Give at least one of " +
    "--out and --single.",
  positionals: [{ name: "RUN", about: 'A run: its folder, its name in the folder of runs, or "latest"' }],
  options: OPTIONS,
  examples: [
    { line: "deno task page latest --out page", about: "write a folder to put on a web server" },
    { line: "deno task page latest --single page.html", about: "write a file that you can send to anyone" },
  ],
};

const ROOT = new URL("../", import.meta.url);
const ENTRY = "sampler_page/app.ts";
/** Finds the imports between our modules. */
const FROM = /\bfrom "(\.[^"]+)"/g;

/** Name of a module in the page. */
function nameOf(path: string): string {
  return `wagon/${path.replace(/\.ts$/, ".js")}`;
}

/** The modules that the page needs, as JavaScript, by name: the entry and all that it imports. */
async function modules(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const open = [ENTRY];
  for (const path of open) {
    if (found.has(nameOf(path))) continue;
    const source = stripTypeScriptTypes(await Deno.readTextFile(new URL(path, ROOT)));
    const text = source.replace(FROM, (_, target: string) => {
      const imported = join(dirname(path), target).replaceAll("\\", "/");
      open.push(imported);
      return `from "${nameOf(imported)}"`;
    });
    found.set(nameOf(path), text);
  }
  return found;
}

/** ONNX Runtime's module and WebAssembly, from its package. */
async function runtime(): Promise<{ module: Uint8Array<ArrayBuffer>; wasm: Uint8Array<ArrayBuffer> }> {
  // Named as an import, too, so that Deno fetches it.
  await import("onnxruntime-web/wasm");
  const module = new URL(import.meta.resolve("onnxruntime-web/wasm"));
  return { module: await Deno.readFile(module), wasm: await Deno.readFile(new URL(FILES.runtime, module)) };
}

async function aboutOf(folder: string): Promise<{ about: About; generator: Uint8Array<ArrayBuffer> }> {
  const path = join(folder, FILES.generator);
  const { latent, example_shape, value_range, columns, table, axes, class_names, scaling } = await Generator
    .open(path);
  const kind = exampleKind({ example_shape, columns, axes });
  const numbers = value_range === null && kind !== "images";
  if (!numbers && (value_range === null || imageShape(example_shape) === null)) {
    throw new UserError(
      "Cannot make a page: samples must be images, points, series or rows of a table, found shape " +
        `${example_shape.join(" x ")}`,
    );
  }
  const summary = await summarize(folder, Date.now());
  const what = `${whatOf(summary)}, ${count(summary.steps)} critic steps`;
  const about = {
    name: basename(folder),
    what,
    latent,
    example_shape,
    value_range,
    ...columns && { columns },
    ...table && { table },
    ...axes !== undefined && { axes },
    ...scaling && { scaling },
    ...class_names && { class_names },
  };
  return { about, generator: await readRegular(path) };
}

async function writeFolder(out: string, about: About, generator: Uint8Array): Promise<void> {
  const { module, wasm } = await runtime();
  const linked: Linked[] = [{ name: RUNTIME_MODULE, address: "./ort.wasm.bundle.min.mjs" }];
  for (const [name, text] of await modules()) {
    await writeFile(join(out, name), text);
    linked.push({ name, address: `./${name}` });
  }
  await writeFile(join(out, "ort.wasm.bundle.min.mjs"), module);
  await writeFile(join(out, FILES.runtime), wasm);
  await writeFile(join(out, FILES.generator), generator);
  console.log(await writeFile(join(out, "index.html"), pageDocument(about, linked, null)));
}

async function writeSingle(path: string, about: About, generator: Uint8Array<ArrayBuffer>): Promise<void> {
  const { module, wasm } = await runtime();
  const encoder = new TextEncoder();
  const address = (bytes: Uint8Array) => `data:text/javascript;base64,${bytes.toBase64()}`;
  const linked: Linked[] = [{ name: RUNTIME_MODULE, address: address(module) }];
  for (const [name, text] of await modules()) linked.push({ name, address: address(encoder.encode(text)) });
  const pack = (bytes: Uint8Array<ArrayBuffer>) => new Uint8Array(gzipSync(bytes, { level: 9 })).toBase64();
  const packed = new Map([[FILES.runtime, pack(wasm)], [FILES.generator, pack(generator)]]);
  console.log(await writeFile(path, pageDocument(about, linked, packed)));
}

async function main(args: readonly string[]): Promise<void> {
  const { values: { out, single, runs }, positionals: [wanted] } = parseOptions(COMMAND, args);
  if (wanted === undefined) {
    throw new UserError("Cannot make a page: a run is required, found none; give its name, or latest");
  }
  if (out === undefined && single === undefined) {
    throw new UserError("Cannot make a page: one of --out and --single is required, found none");
  }
  const { about, generator } = await aboutOf(await findRun(wanted, runs));
  if (out !== undefined) await writeFolder(out, about, generator);
  if (single !== undefined) await writeSingle(single, about, generator);
}

if (import.meta.main) await runMain(main);
