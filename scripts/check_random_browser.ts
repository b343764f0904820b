/**
 * Checks that the byte vectors of random numbers and built-in data sets hold in a browser's engine: bundles
 * test/random/browser_page.ts, opens it in a headless Chromium and compares there. Exit code 1 when a vector
 * differs; without a Chromium the vectors count as skipped, and it says so.
 *
 * Usage: deno run -A scripts/check_random_browser.ts [path of the browser]
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BrowserReport } from "../test/random/browser_page.ts";

const BROWSERS = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/** Runs a program to its end; undefined when there is no such program. */
async function run(program: string, args: string[]): Promise<string | undefined> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
    if (!success) throw new Error(`${program} must end well: found ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Writes a page with the bundled script into `folder`; returns its address. */
async function writePage(folder: string): Promise<string> {
  const entry = fileURLToPath(new URL("../test/random/browser_page.ts", import.meta.url));
  const script = join(folder, "page.js");
  await run(Deno.execPath(), ["bundle", "--quiet", "--platform", "browser", "--output", script, entry]);
  const code = (await Deno.readTextFile(script)).replaceAll("</script", "<\\/script");
  const page = join(folder, "page.html");
  await Deno.writeTextFile(
    page,
    `<!doctype html><meta charset="utf-8"><body><script type="module">${code}</script>`,
  );
  return new URL(`file://${page}`).href;
}

/** Opens the page in the first browser there is; undefined when there is none. */
async function open(page: string, folder: string): Promise<BrowserReport | undefined> {
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${join(folder, "profile")}`];
  for (const browser of Deno.args.length > 0 ? Deno.args : BROWSERS) {
    const dom = await run(browser, [...flags, "--virtual-time-budget=10000", "--dump-dom", page]);
    if (dom === undefined) continue;
    const report = /REPORT (\{.*\}) END/.exec(dom)?.[1];
    if (report === undefined) throw new Error(`The page must hold a report: found ${dom.slice(-500)}`);
    return JSON.parse(report) as BrowserReport;
  }
  return undefined;
}

const folder = await Deno.makeTempDir();
try {
  const report = await open(await writePage(folder), folder);
  if (report === undefined) {
    console.log(
      "0 passed, 0 failed, 1 SKIPPED: no Chromium was found (apt-get install chromium, or name one)",
    );
  } else {
    for (const name of report.different) console.log(`differs: ${name}`);
    console.log(`${report.same.length} passed, ${report.different.length} failed, in ${report.engine}`);
    Deno.exitCode = report.different.length === 0 ? 0 : 1;
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
