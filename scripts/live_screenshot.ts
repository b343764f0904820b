/**
 * `deno task live-screenshot [FOLDER]`: trains on the drawn strokes for a while and takes pictures of the live page:
 * docs/images/live.png (desktop, light), and into FOLDER, where one is given, every size and colour scheme.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../common/errors.ts";
import { parseOptions, runMain } from "../common/cli/cli.ts";
import type { Command, OptionTable } from "../common/cli/options.ts";
import {
  DESKTOP,
  findChromium,
  type Look,
  openBrowserPage,
  PHONE,
  startChromium,
} from "./browser/chromium.ts";
import type { Browser } from "playwright-core";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const README_IMAGE = join(ROOT, "docs/images/live.png");
/** Steps after which the pictures are taken: there is something to see. */
const STEPS = 9_000;
const LOOKS: readonly Look[] = [DESKTOP, PHONE].flatMap((viewport) =>
  (["light", "dark"] as const).map((scheme) => ({ viewport, scheme }))
);
const TRAIN = ["--seed", "1", "--holdout", "0.1", "--sample-every", "500", "--steps", "30000"];

async function shoot(browser: Browser, address: string, look: Look, path: string, full: boolean) {
  const { context, page } = await openBrowserPage(browser, look);
  await page.goto(address);
  await page.waitForFunction(() => {
    const animation = document.querySelector<HTMLImageElement>("#animation-image")!;
    return animation.complete && animation.naturalWidth > 0 &&
      document.querySelectorAll("#charts canvas").length >= 3;
  });
  // The speed is known after two events.
  await page.waitForTimeout(2_500);
  await page.screenshot({ path, fullPage: full });
  await context.close();
}

async function steps(browser: Browser, address: string): Promise<void> {
  const { context, page } = await openBrowserPage(browser, LOOKS[0]!);
  await page.goto(address);
  const done = (least: number) =>
    Number(document.querySelector("#steps")!.textContent!.replace(/ of .*|,/g, "")) >= least;
  await page.waitForFunction(done, STEPS, { timeout: 300_000, polling: 500 });
  await context.close();
}

const COMMAND: Command<OptionTable> = {
  name: "deno task live-screenshot",
  about: "Trains on the drawn strokes for a while and takes the picture of the live page that README shows.",
  positionals: [{
    name: "FOLDER",
    about: "Folder for pictures of every size and colour scheme; without it, none are taken",
  }],
  options: {},
  examples: [{
    line: "deno task live-screenshot pictures/",
    about: "the picture of README, and pictures of every size",
  }],
};

await runMain(async (args) => {
  const [folder] = parseOptions(COMMAND, args).positionals;
  const path = findChromium();
  if (path === null) throw new UserError("Cannot take pictures: Chromium is required, found none in PATH");
  const scratch = await Deno.makeTempDir({ prefix: "wagon-live-" });
  const token = crypto.getRandomValues(new Uint8Array(20)).toHex();
  const train = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "train", ...TRAIN, "--out", join(scratch, "strokes")],
    cwd: ROOT,
    env: { WAGON_READ_TOKEN: token },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const browser = await startChromium(path);
  try {
    const address = `${await pageOf(train)}?token=${token}`;
    await steps(browser, address);
    await shoot(browser, address, LOOKS[0]!, README_IMAGE, false);
    for (const look of folder === undefined ? [] : LOOKS) {
      await Deno.mkdir(folder!, { recursive: true });
      const name = `${look.viewport === PHONE ? "phone" : "desktop"}-${look.scheme}.png`;
      await shoot(browser, address, look, join(folder!, name), true);
    }
  } finally {
    await browser.close();
    train.kill("SIGINT");
    await train.status;
    await Deno.remove(scratch, { recursive: true });
  }
});

/** The address that the run says its page has, without a token. Whatever it says later is read and dropped. */
function pageOf(train: Deno.ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  void (async () => {
    let said = "";
    for await (const text of train.stderr.pipeThrough(new TextDecoderStream())) {
      said = (said + text).slice(-10_000);
      const found = /Live page: (http\S+)\?token/.exec(said);
      if (found) resolve(found[1]!);
    }
    reject(new Error(`The run must say where its page is: found ${said}`));
  })();
  return promise;
}
