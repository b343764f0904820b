/** The live page in a real browser, of runs that are made up: how it looks in every state, and what it gives away. */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import {
  DESKTOP,
  findChromium,
  openBrowserPage,
  PHONE,
  startChromium,
} from "../../../scripts/browser/chromium.ts";
import { sideBySide } from "../../../pictures/raster.ts";
import { LOOKS, looksWell } from "../../browser/looks.ts";
import { picture } from "../../runlog/export/export_example.ts";
import { learningRun, type Shown, showRun } from "./shown_run.ts";
import { liveRun } from "./scene.ts";

const PICTURE = sideBySide(picture(60, 60, 1, 3), picture(60, 60, 1, 5));
const NOBODY = { crew: { members: [], asked: [], now_ms: 0 } };
const SMALL_LIGHT = { viewport: PHONE, scheme: "light" } as const;
const LARGE_DARK = { viewport: DESKTOP, scheme: "dark" } as const;

/** Curves and pictures are there. */
const drawn = (page: Page) =>
  page.waitForFunction(() => {
    const animation = document.querySelector<HTMLImageElement>("#animation-image")!;
    return animation.complete && animation.naturalWidth > 0 &&
      document.querySelector("#charts canvas") !== null;
  });

const waits = (page: Page) =>
  page.waitForFunction(() => document.querySelector("#state")!.textContent === "Waiting");

async function on(browser: Browser, { address }: Shown, look: typeof LOOKS[number], ready: typeof drawn) {
  const { context, page } = await openBrowserPage(browser, look);
  await page.goto(address);
  await ready(page);
  return { page, [Symbol.asyncDispose]: () => context.close() };
}

/** Upper edges of these elements, from the top of the page. */
const topsOf = (page: Page, ids: readonly string[]) =>
  page.evaluate((ids) => ids.map((id) => document.getElementById(id)!.getBoundingClientRect().top), ids);

const charts = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>(".chart")].filter(({ hidden }) => !hidden).map((chart) =>
      chart.id
    )
  );

async function waitsForWorkers(browser: Browser): Promise<void> {
  const shown = await showRun(liveRun(0), PICTURE, NOBODY);
  await looksWell(browser, shown.address, waits, [SMALL_LIGHT, LARGE_DARK]);
  await using large = await on(browser, shown, LARGE_DARK, waits);
  const { page } = large;
  assert.equal(await page.title(), "Waiting, 0 % · 2026-11-24_strokes");
  assert.match(
    await page.innerText("#banner"),
    /^Waiting for 1 worker\. Start one: .*deno task worker\s+Copy$/s,
  );
  // Nothing is explained that is not there.
  assert.deepEqual(await charts(page), []);
  for (const id of ["#animation-key", "#reel", "#controls", "#downloads", "#workers-key"]) {
    assert.equal(await page.isVisible(id), false, id);
  }
  await shown.close();
  const own = await showRun(liveRun(0), PICTURE, {
    ...NOBODY,
    run: {
      join: {
        ...{ task: "train", open: false, rendezvous: false, token: "", port: 1, reached: null },
        ...{ scheme: "ws", tls_ca: null },
      },
    },
  });
  // A run that brings its own workers waits for nothing that a person could type.
  await using alone = await on(browser, own, SMALL_LIGHT, waits);
  assert.equal(await alone.page.innerText("#banner"), "Waiting for 1 worker.");
  await own.close();
}

async function learns(browser: Browser): Promise<void> {
  const shown = await showRun(learningRun(400), PICTURE);
  await looksWell(browser, shown.address, drawn);
  for (const look of [SMALL_LIGHT, LARGE_DARK]) {
    await using opened = await on(browser, shown, look, drawn);
    const tops = await topsOf(opened.page, ["verdict", "bar", "animation-image", "charts", "workers"]);
    const in_order = look === SMALL_LIGHT ? tops : tops.toSpliced(2, 1);
    assert.deepEqual(in_order, in_order.toSorted((a, b) => a - b), `${tops}`);
  }
  await using large = await on(browser, shown, LARGE_DARK, drawn);
  const { page } = large;
  assert.equal(await page.title(), "40 % · 2026-11-24_strokes");
  assert.match(await page.innerText("#verdict"), /^[A-Z][a-z ]+: .*\.$/m);
  // The critic's loss would be the mirror image of the estimate.
  assert.deepEqual(await charts(page), ["chart-gap", "chart-distance", "chart-diversity", "chart-generator"]);
  assert.match(await page.innerText("#chart-gap"), /critic.s own/);
  assert.match(await page.innerText("#chart-distance"), /lower is better/);
  assert.equal(await page.locator(".legend .beside").count(), 0);
  assert.equal(await page.innerText("#animation-key"), "data\ngenerated");
  await enlarges(page);
  await saves(page);
  await shown.close();
}

async function enlarges(page: Page): Promise<void> {
  await page.focus("#animation-open");
  await page.keyboard.press("Enter");
  assert.ok(await page.isVisible("#animation-large-image"));
  const [small, large] = await page.evaluate(() =>
    ["animation-image", "animation-large-image"].map((id) => document.getElementById(id)!.clientWidth)
  );
  assert.ok(large! > 1.5 * small!, `${small} and ${large} pixels`);
  await page.keyboard.press("Escape");
  assert.equal(await page.isVisible("#animation-large-image"), false);
}

async function saves(page: Page): Promise<void> {
  const saved = async (id: string) => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click(id)]);
    return { name: download.suggestedFilename(), bytes: await Deno.readFile(await download.path()) };
  };
  const png = await saved("#save-picture");
  assert.equal(png.name, "2026-11-24_strokes-step-400.png");
  assert.deepEqual([...png.bytes.subarray(1, 4)], [..."PNG"].map((sign) => sign.charCodeAt(0)));
  const generator = await saved("#save-generator");
  assert.deepEqual([generator.name, [...generator.bytes]], ["2026-11-24_strokes-generator.onnx", [8, 7, 6]]);
  const csv = await saved("#save-curves");
  const lines = new TextDecoder().decode(csv.bytes).split("\r\n");
  assert.equal(csv.name, "2026-11-24_strokes-curves.csv");
  assert.deepEqual([lines.length, lines[0]!.slice(0, 17)], [402, "step,gap,gap_min,"]);
}

/** Points of a GAN, with held-out scores and no checkpoint yet. */
async function drawsPoints(browser: Browser): Promise<void> {
  const shown = await showRun(liveRun(30), PICTURE, { kind: "points", run: { estimates_distance: false } });
  await using opened = await on(
    browser,
    shown,
    LARGE_DARK,
    (page) => page.waitForFunction(() => document.querySelectorAll("#charts canvas").length > 0),
  );
  const { page } = opened;
  assert.deepEqual(await charts(page), ["chart-gap", "chart-generator", "chart-critic"]);
  assert.equal(await page.locator("#chart-gap .legend .beside").innerText(), "held out");
  assert.equal(await page.isVisible("#save-generator"), false);
  // White paper is no white frame on a dark page.
  const blended = await page.evaluate(() =>
    getComputedStyle(document.getElementById("animation-image")!).mixBlendMode
  );
  assert.equal(blended, "screen");
  await shown.close();
}

const chromium = findChromium();

Deno.test({
  name: "the live page in a browser, in every state, on two screens",
  ignore: chromium === null,
  async fn(t) {
    const browser = await startChromium(chromium!);
    try {
      await t.step("nobody works yet", () => waitsForWorkers(browser));
      await t.step("a run that learns", () => learns(browser));
      await t.step("points of a GAN", () => drawsPoints(browser));
    } finally {
      await browser.close();
    }
  },
});
