/** Every example runs, with the permissions that it names and no others. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { train } from "../../library/train.ts";
import { findChromium, startChromium } from "../../scripts/browser/chromium.ts";
import { inTempDir } from "../temp_dir.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const EXAMPLES = join(ROOT, "examples");
const MAX_LINES = 40;

async function output(program: string, args: readonly string[], cwd = ROOT): Promise<string> {
  const command = new Deno.Command(program, { args: [...args], cwd, env: { NO_COLOR: "1" } });
  const { success, stdout, stderr } = await command.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Runs a program with the permissions of its first line. */
function example(name: string, ...args: string[]): Promise<string> {
  const [first] = Deno.readTextFileSync(join(EXAMPLES, name)).split("\n");
  const permissions = first!.match(/--allow-[a-z]+/g)!;
  const flags = ["run", "--quiet", "--no-prompt", "--no-check", ...permissions];
  return output(Deno.execPath(), [...flags, join(EXAMPLES, name), ...args]);
}

Deno.test("examples have at most 40 lines, and the list names each", async () => {
  const list = await Deno.readTextFile(join(EXAMPLES, "README.md"));
  const names = Array.from(Deno.readDirSync(EXAMPLES), ({ name }) => name).filter((name) =>
    name !== "README.md"
  );
  for (const name of names) assert.ok(list.includes(`(${name}`), name);
  const programs = [
    ...names.filter((name) => name.endsWith(".ts")),
    ...["node.mjs", "python.py", "browser.html"]
      .map((name) => `use_generator/${name}`),
  ];
  for (const name of programs) {
    assert.ok(Deno.readTextFileSync(join(EXAMPLES, name)).split("\n").length <= MAX_LINES + 1, name);
  }
});

Deno.test("an array", async () => {
  assert.match(
    await example("array.ts", "30"),
    /^30 steps, mean radius \d\.\d\d .*\nestimate -?\d.*, weights [0-9a-f]{64}\n$/,
  );
});

Deno.test("own networks", async () => {
  const text = await example("own_networks.ts", "10");
  assert.match(text, /generator\.weight_3 \[ 64, 2 \]\n.*\nestimate -?\d/s);
});

Deno.test("an ONNX file, differentiated: sine, cosine and minus sine", () =>
  inTempDir(async (folder) => {
    const [, ...lines] = (await example("differentiate.ts", join(folder, "sine.onnx"))).trim().split("\n");
    const numbers = lines.map((line) => line.split(" ").slice(1).map(Number));
    const near = [Math.sin, Math.cos, (x: number) => -Math.sin(x)].map((f) => [0, 0.5, 1].map((x) => f(x)));
    numbers.forEach((row, i) =>
      row.forEach((value, j) => assert.ok(Math.abs(value - near[i]![j]!) < 1e-4, lines[i]!))
    );
    assert.equal(numbers.length, 3);
  }));

Deno.test("a custom loss", async () => {
  assert.match(await example("custom_loss.ts", "20"), /^losses: critic \d\.\d+, generator \d\.\d+\n$/);
});

Deno.test("a log, and generator.onnx in Node, Python and a browser", (t) =>
  inTempDir(async (folder) => {
    const run = join(folder, "run");
    await train({ data: "8gaussians", steps: 10, out: run });
    const generator = join(run, "generator.onnx");
    const drawn = /^4 x 2 -?\d.* -?\d/;
    await t.step("log", async () => {
      assert.match(
        await example("read_log.ts", run),
        /finished: 10 critic steps, 2 generator steps\nestimate /,
      );
    });
    await t.step("Node", async () => {
      assert.match(await inNode(folder, generator), drawn);
    });
    const python = await findPython();
    await t.step({
      name: "Python",
      ignore: python === null,
      fn: async () =>
        assert.match(await output(python!, [join(EXAMPLES, "use_generator/python.py"), generator]), drawn),
    });
    const chromium = findChromium();
    const required = Deno.env.get("WAGON_REQUIRE_BROWSER") === "1";
    await t.step({
      name: "browser",
      ignore: chromium === null && !required,
      fn: async () => assert.match(await inBrowser(folder, generator, chromium!), drawn),
    });
  }));

/** Its packages are those that Deno has fetched. */
async function inNode(folder: string, generator: string): Promise<string> {
  const modules = join(folder, "node_modules");
  await Deno.mkdir(modules);
  const native = packageFolder(
    createRequire(import.meta.url).resolve("onnxruntime-node"),
    "onnxruntime-node",
  );
  const common = createRequire(join(native, "package.json")).resolve("onnxruntime-common");
  await Deno.symlink(native, join(modules, "onnxruntime-node"));
  await Deno.symlink(packageFolder(common, "onnxruntime-common"), join(modules, "onnxruntime-common"));
  await Deno.copyFile(join(EXAMPLES, "use_generator/node.mjs"), join(folder, "node.mjs"));
  return await output("node", ["--preserve-symlinks", join(folder, "node.mjs"), generator], folder);
}

/** The folder of a package that holds this file. */
function packageFolder(file: string, name: string): string {
  let folder = dirname(file);
  while (!isPackage(folder, name)) folder = dirname(folder);
  return folder;
}

function isPackage(folder: string, name: string): boolean {
  try {
    return JSON.parse(Deno.readTextFileSync(join(folder, "package.json"))).name === name;
  } catch {
    return false;
  }
}

/** A Python with ONNX Runtime: WAGON_PYTHON, or that in PATH. */
async function findPython(): Promise<string | null> {
  for (const program of [Deno.env.get("WAGON_PYTHON") ?? "", "python3"]) {
    const command = new Deno.Command(program, { args: ["-c", "import numpy, onnxruntime"], stderr: "null" });
    if (program !== "" && (await command.output().catch(() => null))?.success) return program;
  }
  return null;
}

async function inBrowser(folder: string, generator: string, chromium: string): Promise<string> {
  const dist = dirname(createRequire(import.meta.url).resolve("onnxruntime-web/wasm"));
  const files: Readonly<Record<string, [path: string, type: string]>> = {
    "/browser.html": [join(EXAMPLES, "use_generator/browser.html"), "text/html"],
    "/generator.onnx": [generator, "application/octet-stream"],
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const [path, type] = files[pathname] ??
      [
        join(dist, pathname.replace("/ort/", "")),
        pathname.endsWith(".wasm") ? "application/wasm" : "text/javascript",
      ];
    const body = pathname in files || pathname.startsWith("/ort/")
      ? await Deno.readFile(path).catch(() => null)
      : null;
    return new Response(body, { status: body === null ? 404 : 200, headers: { "content-type": type } });
  });
  const browser = await startChromium(chromium);
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.addr.port}/browser.html`);
    const drawn = page.locator("#out").filter({ hasText: " x " });
    await drawn.waitFor({ timeout: 180_000 });
    return await drawn.innerText();
  } finally {
    await browser.close();
    await server.shutdown();
    await Deno.remove(join(folder, "node_modules"), { recursive: true }).catch(() => {});
  }
}
