/** The page of `deno task page` in a real browser, beside what `deno task sample` draws. */
import assert from "node:assert/strict";
import { decode } from "fast-png";
import { extname, join } from "node:path";
import type { Page } from "playwright-core";
import { findChromium, openBrowserPage, startChromium } from "../../scripts/browser/chromium.ts";
import { LOOKS, looksWell } from "../browser/looks.ts";
import { taskArgs, type TaskName } from "../e2e/child.ts";
import { runRecord, steps, toLines } from "../runlog/log/example_log.ts";
import { generatorBytes, npyValues } from "../tasks/small_generator.ts";

/** Another build of ONNX Runtime rounds otherwise; measured 8.9e-8. */
const TOLERANCE = 8e-7;
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

async function task(cwd: string, name: TaskName, ...args: string[]) {
  const command = new Deno.Command(Deno.execPath(), { args: [...taskArgs(name), ...args], cwd });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const put = async (
      name: string,
      shape: number[],
      range: readonly [number, number] | null,
      columns?: readonly string[] | null,
      class_names?: readonly string[],
    ) => {
      await Deno.mkdir(join(folder, "runs", name), { recursive: true });
      await Deno.writeTextFile(
        join(folder, "runs", name, "events.jsonl"),
        toLines([runRecord(), ...steps(1, 20)]),
      );
      await Deno.writeFile(
        join(folder, "runs", name, "generator.onnx"),
        await generatorBytes(shape, range, columns, class_names),
      );
    };
    await put("images", [2, 3], [-1, 1]);
    await put("points", [2], null);
    await put("vectors", [6], null);
    await put("cubes", [2, 2, 2, 2], null);
    await put("table", [3], null, ["a", "b", "c"]);
    await put("classes", [2, 3], [-1, 1], null, ["cat", "dog", "ant"]);
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Serves a folder on the loopback, as any static host does. */
function serve(folder: string): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const path = join(folder, new URL(request.url).pathname);
    try {
      const bytes = await Deno.readFile(path);
      return new Response(bytes, {
        headers: { "content-type": TYPES[extname(path)] ?? "application/octet-stream" },
      });
    } catch {
      return new Response("none", { status: 404 });
    }
  });
}

function drawn(page: Page, seed: number): Promise<unknown> {
  return page.waitForFunction(
    (text) => document.getElementById("status")!.textContent.startsWith(text),
    `36 samples of seed ${seed}, drawn in `,
  );
}

/** The largest difference between what the page saves and what `sample` draws. */
async function errorOf(
  folder: string,
  page: Page,
  run: string,
  count: number,
  seed: number,
  more: readonly string[] = [],
): Promise<number> {
  const values = await saved(page, join(folder, "page.npy"));
  await task(
    folder,
    "sample",
    run,
    "--count",
    `${count}`,
    "--seed",
    `${seed}`,
    "--npy",
    "sample.npy",
    ...more,
  );
  const expected = await npyValues(join(folder, "sample.npy"));
  assert.equal(values.length, expected.length);
  return values.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
}

const pixels = (page: Page, id: string) =>
  page.evaluate((id) => (document.getElementById(id) as HTMLCanvasElement).toDataURL(), id);

/** What the button saves, as values. */
async function saved(page: Page, to: string): Promise<Float32Array> {
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save")]);
  await download.saveAs(to);
  return await npyValues(to);
}

/** Seed 2, chosen by keyboard alone, gives what `sample` draws. */
async function sameAsSample(folder: string, page: Page): Promise<void> {
  await drawn(page, 1);
  await page.focus("#seed");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await drawn(page, 2);
  const error = await errorOf(folder, page, "images", 36, 2);
  assert.ok(error <= TOLERANCE, `${error}`);
}

/** Moved along a direction by keyboard alone, the samples are others; the address says so, and shows the same elsewhere. */
async function movesAndLinks(page: Page): Promise<void> {
  const before = await pixels(page, "grid");
  await page.focus("#along-1");
  await page.keyboard.press("End");
  await page.waitForFunction(() => /of seed 2, moved/.test(document.getElementById("status")!.textContent));
  const moved = await pixels(page, "grid");
  assert.notEqual(moved, before);
  assert.equal(new URL(page.url()).hash, "#seed=2&along=4,0,0");
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.waitForFunction(() => /of seed 2, moved/.test(document.getElementById("status")!.textContent));
  assert.equal(await pixels(other, "grid"), moved);
  await other.click("#reset");
  await drawn(other, 2);
  assert.equal(await pixels(other, "grid"), before);
  await other.close();
}

/** The picture as a file: of 6 x 6 images of 2 x 3 pixels with gaps, as large as is a whole number of times. */
async function savesPicture(page: Page): Promise<void> {
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#png")]);
  assert.equal(download.suggestedFilename(), "samples-2.png");
  const { width, height } = decode(await Deno.readFile(await download.path()));
  assert.deepEqual([width, height], [23 * 35, 17 * 35]);
}

const chromium = findChromium();

Deno.test({
  name: "the page draws what sample draws: from a server and as one file, on two screens, light and dark",
  ignore: chromium === null,
  fn: () =>
    inFolder(async (folder) => {
      const made = await task(folder, "page", "images", "--out", "site", "--single", "one.html");
      assert.deepEqual(made, { code: 0, stdout: `${join("site", "index.html")}\none.html\n`, stderr: "" });
      const browser = await startChromium(chromium!);
      const server = serve(join(folder, "site"));
      try {
        const address = `http://127.0.0.1:${server.addr.port}/index.html`;
        await looksWell(browser, address, (page) => drawn(page, 1));
        for (const from of [address, `file://${folder}/one.html`]) {
          const { context, page } = await openBrowserPage(browser, LOOKS[0]!);
          await page.goto(from);
          await sameAsSample(folder, page);
          await movesAndLinks(page);
          await savesPicture(page);
          const before = await pixels(page, "between");
          await page.focus("#way");
          await page.keyboard.press("Home");
          await page.waitForFunction(() =>
            document.getElementById("way")!.ariaValueText === "0 % of the way"
          );
          assert.notEqual(await pixels(page, "between"), before);
          await page.fill("#seed", "-1");
          await page.waitForFunction(() =>
            /^A seed is a whole/.test(document.getElementById("status")!.textContent)
          );
          await context.close();
        }
        const { context, page } = await openBrowserPage(browser, LOOKS[0]!);
        await page.goto(`file://${folder}/site/index.html`);
        assert.match(await page.innerText("#as-file"), /opened as a file.* --single page\.html/s);
        await context.close();
      } finally {
        await browser.close();
        await server.shutdown();
      }
    }),
});

Deno.test({
  name: "a class is chosen on the page, whose samples are those of sample --class; at first, each has a row",
  ignore: chromium === null,
  fn: () =>
    inFolder(async (folder) => {
      assert.equal((await task(folder, "page", "classes", "--single", "classes.html")).code, 0);
      const browser = await startChromium(chromium!);
      try {
        const { page } = await openBrowserPage(browser, LOOKS[0]!);
        await page.goto(`file://${folder}/classes.html`);
        const says = (text: string) =>
          page.waitForFunction(
            (text) => document.getElementById("status")!.textContent.startsWith(text),
            text,
          );
        await says("18 samples of seed 1");
        const all = await errorOf(folder, page, "classes", 18, 1);
        assert.ok(all <= TOLERANCE, `${all}`);
        await page.selectOption("#class", { label: "dog" });
        await says("36 samples of seed 1");
        assert.equal(new URL(page.url()).hash, "#seed=1&class=1");
        const one = await errorOf(folder, page, "classes", 36, 1, ["--class", "dog"]);
        assert.ok(one <= TOLERANCE, `${one}`);
      } finally {
        await browser.close();
      }
    }),
});

Deno.test({
  name: "points of the plane, series and tables are drawn in several calls, and have no samples between",
  ignore: chromium === null,
  fn: () =>
    inFolder(async (folder) => {
      assert.equal((await task(folder, "page", "points", "--single", "points.html")).code, 0);
      const browser = await startChromium(chromium!);
      try {
        const { page } = await openBrowserPage(browser, LOOKS[0]!);
        await page.goto(`file://${folder}/points.html`);
        await page.waitForFunction(() =>
          /^2500 samples/.test(document.getElementById("status")!.textContent)
        );
        const error = await errorOf(folder, page, "points", 2500, 1);
        assert.ok(error <= TOLERANCE, `${error}`);
        assert.equal(await page.isVisible("#ways"), false);
        for (const [name, count, width] of [["vectors", 36, 6 * 86 + 2], ["table", 1000, 799]] as const) {
          assert.equal((await task(folder, "page", name, "--single", `${name}.html`)).code, 0);
          await page.goto(`file://${folder}/${name}.html`);
          await page.waitForFunction(
            (text) => document.getElementById("status")!.textContent.startsWith(text),
            `${count} samples`,
          );
          assert.equal(
            await page.evaluate(() => (document.getElementById("grid") as HTMLCanvasElement).width),
            width,
          );
        }
      } finally {
        await browser.close();
      }
    }),
});

Deno.test("page: what a person does wrong gets one line and exit code 2", () =>
  inFolder(async (folder) => {
    const table: [args: string[], message: RegExp][] = [
      [[], /^Cannot make a page: a run is required, found none; give its name, or latest\n$/],
      [["images"], /^Cannot make a page: one of --out and --single is required, found none\n$/],
      [
        ["cubes", "--out", "x"],
        /^Cannot make a page: samples must be images, points, .*, found shape 2 x 2 x 2 x 2\n$/,
      ],
      [["images", "--single", "runs"], /^Cannot write runs: it must be a writable file, found /],
    ];
    for (const [args, message] of table) {
      const { code, stdout, stderr } = await task(folder, "page", ...args);
      assert.deepEqual([code, stdout], [2, ""], args.join(" "));
      assert.match(stderr, message);
    }
  }));
