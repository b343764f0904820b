/** Cost of watching and logging: one run, in which a page is open, only read, or closed, in turns. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { LiveRun } from "../coordinator/live/live_run.ts";
import { openLog } from "../runlog/log/log_file.ts";
import { readRun } from "../runlog/log/reader.ts";
import type { RecordOf, RunRecord } from "../runlog/records.ts";
import { DESKTOP, findChromium, openBrowserPage, startChromium } from "../scripts/browser/chromium.ts";
import type { BenchContext } from "./context.ts";
import { digits, type Section, spreadText } from "./report/report.ts";
import { ratios, spreadOf } from "./report/statistics.ts";

const NOBODY = "nobody";
const WARMUP_MS = 8_000;
/** Share of the step's time that log and page may cost together. */
const MOST = 0.02;
/** Steps between two flushes of the log, about: one a second. */
const FLUSH_STEPS = 120;

/** Somebody watches, until that is called. */
type Watch = () => Promise<() => Promise<void>>;

interface Phase {
  readonly watching: string;
  readonly first_step: number;
  readonly last_step: number;
  /** Processor time of the run and of whoever watches it in the phase, in milliseconds. */
  readonly run_ms: number;
  readonly watcher_ms: number;
}

/** A run whose page can be looked at. */
interface Watched {
  readonly train: Deno.ChildProcess;
  readonly folder: string;
  /** With the read token. */
  address(path: string): string;
}

async function startRun(context: BenchContext): Promise<Watched> {
  const folder = join(await Deno.makeTempDir({ dir: context.scratch, prefix: "live-" }), "run");
  const token = crypto.randomUUID();
  const options = ["--preset", "wgan", "--data", context.data_file, "--steps", "1000000", "--holdout", "0.1"];
  const train = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "train", ...options, "--sample-every", "500", "--out", folder],
    cwd: fileURLToPath(new URL("../", import.meta.url)),
    env: { WAGON_READ_TOKEN: token },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const page = Promise.withResolvers<string>();
  void (async () => {
    let said = "";
    for await (const text of train.stderr.pipeThrough(new TextDecoderStream())) {
      said = (said + text).slice(-10_000);
      const found = /Live page: (http\S+)\?token/.exec(said);
      if (found) page.resolve(found[1]!);
    }
    page.reject(new Error(`The run must say where its page is: found ${said}`));
  })();
  const base = await page.promise;
  return { train, folder, address: (path) => `${base}${path}?token=${token}` };
}

/** Reads the events as a browser does, and draws nothing. */
function reader({ address }: Watched): Watch {
  return async () => {
    const controller = new AbortController();
    const response = await fetch(address("events"), { signal: controller.signal });
    const reading = (async () => {
      for await (const _ of response.body!) { /* as fast as they come */ }
    })().catch(() => {});
    return async () => {
      controller.abort();
      await reading;
    };
  };
}

function browserPage({ address }: Watched, browser: Browser): Watch {
  return async () => {
    const { context, page } = await openBrowserPage(browser, { viewport: DESKTOP, scheme: "light" });
    await page.goto(address(""));
    await page.waitForFunction(() => document.querySelectorAll("canvas").length === 3);
    return () => context.close();
  };
}

async function stepNow({ address }: Watched): Promise<number> {
  const text = await (await fetch(address("metrics"))).text();
  return Number(/^wagon_step (\d+)$/m.exec(text)![1]);
}

/** Processor time of a process and all that it has started and that runs, in milliseconds. Needs Linux's /proc. */
async function processorTime(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => null);
  if (stat === null) return 0;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // Fields 14 and 15 of proc(5): ticks of 10 ms in the program and in the kernel.
  let total = 10 * (Number(fields[11]) + Number(fields[12]));
  for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) {
    const children = await Deno.readTextFile(`/proc/${pid}/task/${name}/children`).catch(() => "");
    for (const child of children.split(" ").filter((word) => word !== "")) {
      total += await processorTime(Number(child));
    }
  }
  return total;
}

/** Processes of the run and of its watchers: those that this process has started, and itself. */
async function processorTimes({ train }: Watched): Promise<{ run_ms: number; watcher_ms: number }> {
  if (Deno.build.os !== "linux") return { run_ms: NaN, watcher_ms: NaN };
  const run_ms = await processorTime(train.pid);
  return { run_ms, watcher_ms: await processorTime(Deno.pid) - run_ms };
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** All kinds of watching take turns, every other round backwards. The page is opened before its phase begins. */
async function phasesOf(
  run: Watched,
  kinds: ReadonlyMap<string, Watch>,
  context: BenchContext,
): Promise<Phase[]> {
  const { rounds, phase_ms } = lengthOf(context);
  const phases: Phase[] = [];
  await sleep(WARMUP_MS);
  for (let round = 0; round < rounds; round++) {
    context.say(`live page, round ${round + 1} of ${rounds}`);
    const order = [...kinds];
    for (const [watching, watch] of round % 2 === 0 ? order : order.toReversed()) {
      const stop = await watch();
      await sleep(1_000);
      const first_step = await stepNow(run);
      const before = await processorTimes(run);
      await sleep(phase_ms);
      const last_step = await stepNow(run);
      const after = await processorTimes(run);
      await stop();
      const run_ms = after.run_ms - before.run_ms;
      phases.push({
        watching,
        first_step,
        last_step,
        run_ms,
        watcher_ms: after.watcher_ms - before.watcher_ms,
      });
    }
  }
  return phases;
}

function lengthOf({ run_rounds }: BenchContext) {
  return run_rounds > 1 ? { rounds: 4 * run_rounds, phase_ms: 3_000 } : { rounds: 2, phase_ms: 2_000 };
}

/** Mean time from commit to commit in a phase, in milliseconds: what is seldom and long must count, too. */
function meanStep({ first_step, last_step }: Phase, times_ms: ReadonlyMap<number, number>): number {
  return (times_ms.get(last_step)! - times_ms.get(first_step)!) / (last_step - first_step);
}

/** Milliseconds that one step's record costs: its line in the log and its row in the sidecar, and the page's sums. */
async function recordCosts(steps: readonly RecordOf<"step">[], run: RecordOf<"run">, scratch: string) {
  const folder = await Deno.makeTempDir({ dir: scratch });
  const log = await openLog(join(folder, "events.jsonl"));
  const live = new LiveRun();
  for (
    const take of [(record: RunRecord) => log.append(record), (record: RunRecord) => live.record(record)]
  ) {
    take(run);
  }
  const begun_ms = performance.now();
  for (const [i, step] of steps.entries()) {
    log.append(step);
    if (i % FLUSH_STEPS === 0) await log.flush();
  }
  await log.close();
  const logged_ms = performance.now();
  for (const step of steps) live.record(step);
  const summed_ms = performance.now();
  return { log_ms: (logged_ms - begun_ms) / steps.length, live_ms: (summed_ms - logged_ms) / steps.length };
}

async function measure(context: BenchContext) {
  const path = findChromium();
  const browser = path === null ? null : await startChromium(path);
  const run = await startRun(context);
  try {
    const kinds = new Map<string, Watch>([
      [NOBODY, () => Promise.resolve(() => Promise.resolve())],
      ["a reader of events", reader(run)],
      ...browser ? [["a page in Chromium", browserPage(run, browser)] as const] : [],
    ]);
    const phases = await phasesOf(run, kinds, context);
    run.train.kill("SIGINT");
    await run.train.status;
    const records = await Array.fromAsync(readRun(run.folder));
    const steps = records.filter((record): record is RecordOf<"step"> => record.type === "step");
    const times_ms = new Map(steps.map(({ step, time_ms }) => [step, time_ms]));
    const by_kind = [...kinds.keys()].map((kind): [string, KindSamples] => {
      const mine = phases.filter(({ watching }) => watching === kind);
      return [kind, {
        step_ms: mine.map((phase) => meanStep(phase, times_ms)),
        processor_ms: mine.map(({ run_ms, watcher_ms, first_step, last_step }) =>
          (run_ms + watcher_ms) / (last_step - first_step)
        ),
        watcher_share: mine.map(({ run_ms, watcher_ms }) => watcher_ms / run_ms),
      }];
    });
    const costs = await recordCosts(steps, records.find((record) => record.type === "run")!, context.scratch);
    return { by_kind: new Map(by_kind), costs };
  } finally {
    await browser?.close();
  }
}

interface KindSamples {
  /** Mean step of each phase, from commit to commit. */
  readonly step_ms: readonly number[];
  /** Processor time of a step: coordinator, workers and whoever watches. */
  readonly processor_ms: readonly number[];
  /** Processor time of whoever watches over that of the run. */
  readonly watcher_share: readonly number[];
}

const percentText = (share: number) => `${digits(100 * share)} %`;
/** By how much more, in percent, pair by pair. */
const moreText = (values: readonly number[], than: readonly number[]) =>
  spreadText(spreadOf(ratios(values, than).map((ratio) => 100 * (ratio - 1))));

export async function benchLive(context: BenchContext): Promise<Section> {
  const { by_kind, costs } = await measure(context);
  const alone = by_kind.get(NOBODY)!;
  const step_ms = spreadOf(alone.step_ms).median;
  const own = (costs.log_ms + costs.live_ms) / step_ms;
  const rows = [...by_kind].map(([kind, samples]) => [
    kind,
    spreadText(spreadOf(samples.step_ms)),
    moreText(samples.step_ms, alone.step_ms),
    spreadText(spreadOf(samples.processor_ms)),
    moreText(samples.processor_ms, alone.processor_ms),
    spreadText(spreadOf(samples.watcher_share.map((share) => 100 * share))),
  ]);
  const verdicts = [...by_kind].filter(([kind]) => kind !== NOBODY).map(([kind, samples]) => {
    const more = spreadOf(ratios(samples.step_ms, alone.step_ms).map((ratio) => ratio - 1));
    const total = own + more.median;
    const middle = `${percentText(own + more.low)} to ${percentText(own + more.high)}`;
    return {
      requirement: `Log and ${kind} together: under ${percentText(MOST)} of a step's time`,
      found: `${percentText(total)}, the middle half of the rounds ${middle}`,
      reached: total < MOST,
    };
  });
  const { rounds, phase_ms } = lengthOf(context);
  return {
    title: "Live page and log",
    about:
      `One run of \`deno task train --preset wgan\` with two workers on ${context.data_name}, ${rounds} rounds in which each kind of ` +
      `watching has ${phase_ms / 1000} s, in turns; all on the same machine, the browser too. ` +
      "A step's time is the mean from commit to commit, its processor time that of " +
      "coordinator, workers and whoever watches. What the log and the page's sums cost in " +
      "every step, watched or not, is measured by writing and summing the same run's records " +
      "once more.",
    tables: [
      {
        title: "Mean step",
        columns: ["watched by", "step, ms", "more, %", "processor, ms", "more, %", "the watcher's share, %"],
        rows,
      },
      {
        title: "In every step",
        columns: ["what", "µs a step", "of a step"],
        rows: [
          ["log and sidecar", digits(1000 * costs.log_ms), percentText(costs.log_ms / step_ms)],
          ["sums for the page", digits(1000 * costs.live_ms), percentText(costs.live_ms / step_ms)],
        ],
      },
    ],
    verdicts,
    notes: by_kind.has("a page in Chromium") ? [] : ["Chromium is left out: none was found in PATH"],
    samples: { by_kind: Object.fromEntries(by_kind), costs },
  };
}
