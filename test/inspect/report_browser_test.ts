/** The report of two runs, made by its task, in a real browser. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Page } from "playwright-core";
import {
  DESKTOP,
  findChromium,
  openBrowserPage,
  PHONE,
  startChromium,
} from "../../scripts/browser/chromium.ts";
import { encodePng } from "../../pictures/png.ts";
import type { RunRecord } from "../../runlog/records.ts";
import { LOOKS, looksWell } from "../browser/looks.ts";
import { taskArgs } from "../e2e/child.ts";
import { end, joined, runRecord, steps, toLines } from "../runlog/log/example_log.ts";
import { picture } from "../runlog/export/export_example.ts";
import { generatorBytes } from "../tasks/small_generator.ts";

const FAULT: RunRecord = {
  type: "fault",
  step: 3,
  what: "late",
  worker: 1,
  decision: "asked another",
  reason: "slow",
};
/** The estimate lies far below 0: the doctor has something to say. */
const ILL = steps(1, 300, { wasserstein_estimate: -1 });

/** A run folder whose data are gone: the page says so. */
async function writeRun(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const looks = [0, 300].flatMap((step): RunRecord[] => [
    { type: "sample", step, file: `${step}.png` },
    { type: "evaluation", step, sliced_wasserstein: 1 / (step + 1) },
  ]);
  const run = runRecord({ config: { ...runRecord().config, data: "gone", dataset: null, holdout: 0 } });
  await Deno.writeTextFile(
    join(folder, "events.jsonl"),
    toLines([run, joined(1), ...ILL, ...looks, FAULT, end(300)]),
  );
  for (const step of [0, 300]) {
    await Deno.writeFile(join(folder, `${step}.png`), encodePng(picture(60, 30, 1, step % 7)));
  }
  await Deno.writeFile(join(folder, "generator.onnx"), await generatorBytes([2, 3], [-1, 1]));
}

/** Which form of each chart is shown. */
const shownCharts = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll("svg")].filter((svg) => svg.getBoundingClientRect().width > 0)
      .map((svg) => svg.getAttribute("class"))
  );

const chromium = findChromium();

Deno.test({
  name: "the report of two runs: nothing for axe-core to find on two screens, and a slider for the keyboard",
  ignore: chromium === null,
  async fn() {
    const folder = await Deno.realPath(await Deno.makeTempDir());
    const browser = await startChromium(chromium!);
    try {
      for (const name of ["a", "b"]) await writeRun(join(folder, "runs", name));
      const command = new Deno.Command(Deno.execPath(), {
        args: [...taskArgs("report"), "a", "b"],
        cwd: folder,
      });
      assert.equal((await command.output()).code, 0);
      const address = `file://${folder}/report.html`;
      await looksWell(browser, address);
      for (const [viewport, size] of [[DESKTOP, "wide"], [PHONE, "narrow"]] as const) {
        const { context, page } = await openBrowserPage(browser, { viewport, scheme: "light" });
        await page.goto(address);
        assert.deepEqual([...new Set(await shownCharts(page))], [size]);
        const pixels = await page.evaluate(() =>
          [...document.querySelectorAll("svg text")].map((text) => text.getBoundingClientRect().height)
            .filter((height) => height > 0)
        );
        // Letters of 12 px, somewhat more or less.
        assert.ok(pixels.every((height) => height > 10), `${pixels}`);
        await context.close();
      }
      const { context, page } = await openBrowserPage(browser, LOOKS[0]!);
      await page.goto(address);
      const animations = page.locator(".animation");
      assert.equal(await animations.count(), 2);
      const animation = animations.first();
      assert.equal(await animation.locator("output").innerText(), "samples at step 300");
      await animation.locator("input").focus();
      await page.keyboard.press("Home");
      assert.equal(await animation.locator("output").innerText(), "samples at step 0");
      assert.equal(await animation.locator("img:visible").getAttribute("alt"), "samples at step 0");
      assert.match(
        await page.locator("main").innerText(),
        /Not measured\. .* found nothing at gone; put it back to measure this\./,
      );
      await context.close();
    } finally {
      await browser.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
});
