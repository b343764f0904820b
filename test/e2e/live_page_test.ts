/** The live page of a real coordinator: where its address is told, what its token opens, and how it looks in a browser. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import {
  DESKTOP,
  findChromium,
  type Look,
  openBrowserPage,
  PHONE,
  startChromium,
} from "../../scripts/browser/chromium.ts";
import { openRelay } from "../../bench/far/relay.ts";
import { SYSTEM_CLOCK } from "../../wire/clock.ts";
import { joinCoordinator } from "../../wire/handshake.ts";
import { connect } from "../../wire/ws_socket.ts";
import { lastStep, logged } from "./log.ts";
import { type Child, DEADLINE_MS, taskArgs } from "./child.ts";
import { SMALL, Workplace } from "./workplace.ts";

const READ_TOKEN = "a-read-token-for-the-tests";
const RUN = [
  ...SMALL.slice(0, -2),
  "--shards",
  "4",
  "--batch",
  "16",
  "--sample-every",
  "40",
  "--holdout",
  "0.2",
];
const LINK = { down_bps: Infinity, up_bps: Infinity, rtt_ms: 10, jitter_ms: 0 };
/** The other two, and other states, are looked at without a run (test/coordinator/live/page_browser_test.ts). */
const LOOKS: readonly Look[] = [
  { viewport: DESKTOP, scheme: "light" },
  { viewport: PHONE, scheme: "dark" },
];

/** Address of the page, without its token. */
async function pageOf(child: Child): Promise<string> {
  return (await child.line(/Live page:\s+(http:\/\/[^/]+\/)\?token=/))[1]!;
}

/** A command line for a shell. */
function shellQuoted(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
}

const has_script = Deno.build.os === "linux" &&
  await new Deno.Command("script", { args: ["--version"] }).output()
    .then(({ success }) => success, () => false);

Deno.test({
  name: "the page's address is told on a terminal, once, and kept out of every file",
  ignore: !has_script,
  async fn() {
    await using place = await Workplace.open();
    const args = ["--data", place.images, ...RUN, "--steps", "30", "--workers", "1", "--out", "run"];
    const command = shellQuoted([Deno.execPath(), ...taskArgs("train"), ...args]);
    const train = place.startCommand(["script", "-qec", command, "/dev/null"], "train on a terminal");
    const { code } = await train.end();
    assert.equal(code, 0, train.said);
    const tokens = [
      ...train.said.matchAll(/Live page:\s+http:\/\/127\.0\.0\.1:\d+\/\?token=([0-9a-f]{40})/g),
    ];
    assert.equal(tokens.length, 1, train.said);
    assert.equal(train.said.split(tokens[0]![1]!).length, 2);
    for (const name of ["events.jsonl", "artifacts/artifacts.json"]) {
      assert.ok(!(await Deno.readTextFile(place.path("run", name))).includes(tokens[0]![1]!), name);
    }
  },
});

Deno.test("the read token lets one look, and neither join nor change anything; it is told to no pipe", async () => {
  await using place = await Workplace.open();
  const args = ["--port", "0", "--out", "run", "--data", place.images, ...RUN, "--steps", "1000000"];
  const coordinator = place.start("coordinator", args, { WAGON_READ_TOKEN: READ_TOKEN });
  const page = await pageOf(coordinator);
  const { token, url } = await place.rendezvous();
  const look = (path: string, token: string) =>
    fetch(`${page}${path}`, { headers: { authorization: `Bearer ${token}` } });

  const waiting = await (await look("metrics", READ_TOKEN)).text();
  assert.match(waiting, /^wagon_workers 0$/m);
  assert.match(waiting, /^wagon_waiting 1$/m);
  // The workers' token is no key to the page.
  for (const other of [token, "x".repeat(40)]) {
    const { status, body } = await look("metrics", other);
    await body?.cancel();
    assert.equal(status, 401);
  }
  const socket = await connect(url);
  const hello = { name: "intruder", threads: 1, provider: "cpu", device: "", platform: "" };
  await assert.rejects(
    joinCoordinator(socket, { clock: SYSTEM_CLOCK, deadline_ms: DEADLINE_MS, token: READ_TOKEN, hello }),
    /The token is the read token of the live page/,
  );

  place.start("worker", ["--threads", "1"]);
  await logged(place.path("run"), "step 50", (records) => lastStep(records) >= 50);
  const working = await (await look("metrics", READ_TOKEN)).text();
  assert.match(
    working,
    /^wagon_worker_shards_total\{worker="\d+",name=".+",provider="cpu",device=".+"\} [1-9]/m,
  );
  assert.match(working, /^wagon_waiting 0$/m);
  const events = await look("events", READ_TOKEN);
  coordinator.signal("SIGINT");
  // The stream ends with how the run ended.
  assert.match(await events.text(), /"ended":\{"reason":"interrupted"/);
  assert.equal((await coordinator.end()).code, 130, coordinator.said);
  const log = await Deno.readTextFile(place.path("run", "events.jsonl"));
  assert.ok(!(coordinator.said + log).includes(READ_TOKEN));
});

Deno.test("a read token that is the workers' token is refused", async () => {
  await using place = await Workplace.open();
  const env = { WAGON_TOKEN: READ_TOKEN, WAGON_READ_TOKEN: READ_TOKEN };
  const { code, stderr } = await place.run(
    "coordinator",
    ["--port", "0", "--data", place.images, ...RUN],
    env,
  );
  assert.deepEqual([code, stderr], [
    2,
    "Cannot use the token of WAGON_READ_TOKEN for the live page: it must differ from the workers' token, found the " +
    "same; otherwise anyone who may see the page could join as a worker\n",
  ]);
});

Deno.test("the page of a resumed run shows what was before", async () => {
  await using place = await Workplace.open();
  await place.train(place.path("run"), ["--shards", "4", "--batch", "16", "--steps", "30"]);
  const args = ["--port", "0", "--resume", "run", "--steps", "60"];
  const coordinator = place.start("coordinator", args, { WAGON_READ_TOKEN: READ_TOKEN });
  const response = await fetch(`${await pageOf(coordinator)}events?token=${READ_TOKEN}`);
  let text = "";
  for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (text.includes("\n\n", 20)) break;
  }
  const parts = JSON.parse(/^data: (.*)$/m.exec(text)![1]!);
  assert.deepEqual([parts.now.step, parts.now.state, parts["curves-0"].length], [30, "waiting", 30]);
});

const required = Deno.env.get("WAGON_REQUIRE_BROWSER") === "1";
const chromium = findChromium();
if (required && chromium === null) {
  throw new Error("WAGON_REQUIRE_BROWSER=1 requires a Chromium: found none in PATH");
}
/** axe-core as the text of a script. */
const axe = () => readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Steps that the page says were made. */
const stepsShown = (page: Page) =>
  page.evaluate(() => Number(document.querySelector("#steps")!.textContent!.replace(/ of .*|,/g, "")));

/** A page that has loaded curves and pictures. */
async function loaded(browser: Browser, address: string, look: Look) {
  const { context, page } = await openBrowserPage(browser, look);
  const faults: string[] = [];
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on(
    "request",
    (request) =>
      request.url().startsWith(address.split("?")[0]!) || request.url().startsWith("blob:") ||
      request.url().startsWith("data:") || faults.push(request.url()),
  );
  await page.goto(address);
  await page.waitForFunction(() => {
    const animation = document.querySelector<HTMLImageElement>("#animation-image")!;
    return animation.complete && animation.naturalWidth > 0 &&
      document.querySelectorAll("canvas").length === 4;
  });
  return { context, page, faults };
}

async function findsNothing(page: Page): Promise<void> {
  const violations = await page.evaluate(`${axe()}; axe.run().then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html).join(" ")))`);
  assert.deepEqual(violations, []);
}

/** What has the focus, Tab after Tab, until it comes round. */
async function keyboardWalk(page: Page): Promise<string[]> {
  const stops: string[] = [];
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const { id, tagName, textContent, parentElement } = document.activeElement!;
      if (document.activeElement === document.body) return "";
      return id || parentElement?.parentElement?.id || `${tagName.toLowerCase()} ${textContent}`;
    });
    if (stop === "" || stop === stops[0]) break;
    stops.push(stop);
  }
  return stops;
}

Deno.test({
  name: "the page in a browser: phone and desktop, light and dark",
  ignore: chromium === null,
  async fn(t) {
    await using place = await Workplace.open();
    const args = ["--port", "0", "--out", "run", "--data", place.images, ...RUN];
    args.push("--steps", "1000000", "--evaluate-every", "100");
    const coordinator = place.start("coordinator", args, { WAGON_READ_TOKEN: READ_TOKEN });
    const address = `${await pageOf(coordinator)}?token=${READ_TOKEN}`;
    const browser = await startChromium(chromium!);
    try {
      await t.step("it says that the run waits", async () => {
        const { context, page } = await openBrowserPage(browser, LOOKS[0]!);
        await page.goto(address);
        await page.waitForFunction(() => document.querySelector("#state")!.textContent === "Waiting");
        assert.match((await page.textContent("#banner"))!, /^Waiting for 1 worker\. Start one: /);
        assert.equal(await page.textContent("#banner code"), "deno task worker");
        assert.equal(await page.textContent("#join code"), "deno task worker");
        await context.close();
      });
      // Behind a link of 10 ms: a run at full speed would take both cores from the browser.
      const { url, token } = await place.rendezvous();
      const target = { hostname: "127.0.0.1", port: Number(new URL(url).port) };
      using wire = openRelay(LINK, { host: "127.0.0.1", target, clock: SYSTEM_CLOCK, random: Math.random });
      const far = ["--threads", "1", "--no-share", "--coordinator", wire.url];
      place.start("worker", far, { WAGON_TOKEN: token });
      await logged(place.path("run"), "step 120", (records) => lastStep(records) >= 120);
      for (const look of LOOKS) {
        await t.step(`${look.viewport.width} x ${look.viewport.height}, ${look.scheme}`, async () => {
          const { context, page, faults } = await loaded(browser, address, look);
          await findsNothing(page);
          const { width, back } = await page.evaluate(() => ({
            width: document.documentElement.scrollWidth,
            back: getComputedStyle(document.body).backgroundColor,
          }));
          assert.ok(width <= look.viewport.width, `${width} pixels wide`);
          assert.equal(back, look.scheme === "dark" ? "rgb(14, 17, 23)" : "rgb(244, 245, 248)");
          assert.deepEqual(faults, []);
          await context.close();
        });
      }
      await t.step("it is up to date, and usable by keyboard alone", async () => {
        const { context, page, faults } = await loaded(browser, address, LOOKS[0]!);
        const before = await stepsShown(page);
        await page.waitForFunction(
          (before) =>
            Number(document.querySelector("#steps")!.textContent!.replace(/ of .*|,/g, "")) > before,
          before,
        );
        // The generator can be saved once the first checkpoint is there, 5 s after the first step.
        const walk = await keyboardWalk(page);
        assert.deepEqual(walk.filter((place) => place !== "save-generator"), [
          "a Skip to the run",
          "animation-open",
          "animation-play",
          "animation-slider",
          "save-picture",
          "save-curves",
          "join",
          "range",
          "smoothing",
          "charts",
          "charts",
          "charts",
          "charts",
        ]);
        await page.focus("#animation-slider");
        await page.keyboard.press("Home");
        assert.match((await page.textContent("#animation-step"))!, /^step 0\b/);
        await page.waitForFunction(() =>
          document.querySelector<HTMLImageElement>("#animation-image")!.alt.endsWith(" step 0")
        );
        // Of a long run, pictures are thinned out: the next may be of a later step than the next that was drawn.
        await page.keyboard.press("ArrowRight");
        assert.match((await page.textContent("#animation-step"))!, /^step [1-9]/);
        await page.focus("#chart-gap .plot");
        await page.keyboard.press("Home");
        assert.match((await page.textContent("#chart-gap output"))!, /^step \d{1,2} · /);
        await page.focus("#chart-distance .plot");
        await page.keyboard.press("Home");
        assert.match((await page.textContent("#chart-distance output"))!, /^step 0 · 0\.\d+$/);
        assert.deepEqual(faults, []);
        await context.close();
      });
      await t.step(
        "it says when the connection is lost, comes again by itself, and says how the run ended",
        async () => {
          const { context, page } = await loaded(browser, address, LOOKS[1]!);
          const says = (word: string) =>
            page.waitForFunction((word) => document.querySelector("#state")!.textContent === word, word);
          const showsFirstPicture = async () => {
            await page.focus("#animation-slider");
            await page.keyboard.press("Home");
            await page.waitForFunction(() =>
              document.querySelector<HTMLImageElement>("#animation-image")!.alt.endsWith(" step 0")
            );
          };
          // Pictures are fetched newest first: this one may come long after the newest.
          await showsFirstPicture();
          await page.keyboard.press("End");
          // A coordinator that stands still is one that cannot be heard.
          coordinator.signal("SIGSTOP");
          await says("Connection lost");
          coordinator.signal("SIGCONT");
          await says("Training");
          coordinator.signal("SIGINT");
          await says("Stopped");
          assert.match((await page.textContent("#banner"))!, /^The run has ended at step /);
          await coordinator.end();
          // Its pictures are still there to be looked at.
          await showsFirstPicture();
          await context.close();
        },
      );
    } finally {
      await browser.close();
    }
  },
});
