/** What every page of wagon must look like: on two screens, light and dark. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { DESKTOP, type Look, openBrowserPage, PHONE } from "../../scripts/browser/chromium.ts";

export const LOOKS: readonly Look[] = [DESKTOP, PHONE].flatMap((viewport) =>
  (["light", "dark"] as const).map((scheme) => ({ viewport, scheme }))
);

/** Opens the page in every look: axe-core finds nothing, nothing is wider than the screen, no error is logged. */
export async function looksWell(
  browser: Browser,
  address: string,
  ready: (page: Page) => Promise<unknown> = () => Promise.resolve(),
  looks = LOOKS,
): Promise<void> {
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  for (const look of looks) {
    const { context, page } = await openBrowserPage(browser, look);
    const wrong: string[] = [];
    page.on("pageerror", (error) => wrong.push(String(error)));
    page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
    await page.goto(address);
    await ready(page);
    await page.evaluate(axe);
    const found = await page.evaluate("axe.run().then(({ violations }) => violations.map(({ id }) => id))");
    assert.deepEqual([wrong, found], [[], []], JSON.stringify(look));
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= look.viewport.width, `${width} in ${JSON.stringify(look)}`);
    await context.close();
  }
}
