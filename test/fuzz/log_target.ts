/** The log of a run, damaged, in the hands of all that read it. */
import { UserError } from "../../common/errors.ts";
import { terminalOf } from "../../common/terminal/terminal.ts";
import { wholeConfig } from "../../coordinator/config/config.ts";
import { readRecorded, RunFolder } from "../../coordinator/run/run_folder.ts";
import { LiveRun } from "../../coordinator/live/live_run.ts";
import { takeSnapshot } from "../../coordinator/live/snapshot.ts";
import { comparison } from "../../inspect/compare.ts";
import { statusLine } from "../../inspect/follow.ts";
import { noteworthyFiles, summarize, summarizeAll } from "../../inspect/run_folders.ts";
import { runReport } from "../../inspect/run_report.ts";
import { runTable } from "../../inspect/run_table.ts";
import { rowsOf } from "../../runlog/export/csv.ts";
import { examine } from "../../runlog/doctor/doctor.ts";
import { foldRun } from "../../runlog/log/fold_run.ts";
import { openLog } from "../../runlog/log/log_file.ts";
import { rebuildStepIndex } from "../../runlog/log/rebuild_step_index.ts";
import type { RunRecord } from "../../runlog/records.ts";
import { withoutSuperseded } from "../../runlog/export/without_superseded.ts";
import { RunEvents } from "../../runlog/export/tensorboard/run_events.ts";
import { momentOf } from "../coordinator/live/scene.ts";
import { checkpoint, end, joined, runRecord, steps, TIME, toLines } from "../runlog/log/example_log.ts";
import type { Chance } from "./chance.ts";
import { mutateBytes, mutateValue } from "./mutate.ts";
import type { Target } from "./target.ts";

const GRADIENTS = { "critic.0.weight": 0.01, "critic.0.bias": 0.001 };

/** A record of each type, and a resume. */
export const RECORDS: readonly RunRecord[] = [
  runRecord(),
  joined(1),
  joined(2, { threads: 4 }),
  ...steps(1, 12),
  { type: "vitals", step: 12, clipped: 0.4, critic_gradients: GRADIENTS, generator_gradients: GRADIENTS },
  { type: "sample", step: 12, file: "samples/12.png", diversity: 0.5 },
  {
    type: "evaluation",
    step: 12,
    sliced_wasserstein: 0.2,
    num_samples: 64,
    modes: { count: 8, covered: 3, high_quality: 0.5, per_mode: [1, 2, 3] },
  },
  { type: "heldout", step: 12, critic_cost: -0.1, mean_real: 0.2, mean_training: 0.2, mean_fake: 0.1 },
  { type: "steered", step: 12, rule: "auto-critic", decision: "d", reason: "r", numbers: { mean: 1 } },
  checkpoint(12),
  { type: "fault", step: 12, what: "late answer", worker: 1, decision: "d", reason: "r" },
  { type: "worker_left", worker: 2, reason: "gone", shards_computed: 24, time: TIME },
  ...steps(13, 15),
  { type: "resume", step: 12, incarnation: 1, changed: { steps: [30, 20] }, time: TIME },
  joined(1),
  ...steps(13, 20),
  end(20),
];

const TERMINAL = terminalOf({ env: { LANG: "C.UTF-8" }, is_terminal: true, columns: 80, os: "linux" });
const NOW_MS = Date.parse(TIME);

/** `folder` is the target's own. */
export class LogTarget implements Target {
  readonly name = "log";
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async attempt(chance: Chance): Promise<string> {
    const run = `${this.#folder}/run`;
    await Deno.mkdir(run, { recursive: true });
    await Deno.remove(`${run}/events.series`).catch(() => {});
    await Deno.writeFile(`${run}/events.jsonl`, damaged(chance));
    return await own(() => chance.of(READERS)(run));
  }
}

function damaged(chance: Chance): Uint8Array {
  const records: unknown[] = [...RECORDS];
  if (chance.is(0.7)) {
    for (let changes = 1 + chance.below(3); changes > 0; changes--) {
      // As often the first, of which there is one.
      const at = chance.is(0.3) ? 0 : chance.below(records.length);
      records[at] = mutateValue(records[at], chance);
    }
    if (chance.is(0.2)) {
      records.splice(chance.below(records.length), 0, records[chance.below(records.length)]);
    }
  }
  const bytes = new TextEncoder().encode(toLines(records as RunRecord[]));
  return chance.is(0.5) ? mutateBytes(bytes, chance) : bytes;
}

/** "read", or "refused" where the reader threw an error that is meant for people. */
async function own(read: () => Promise<void>): Promise<"read" | "refused"> {
  try {
    await read();
    return "read";
  } catch (error) {
    if (error instanceof UserError) return "refused";
    throw error;
  }
}

/** Everything that reads a log, with what it shows of it. */
const READERS: readonly ((run: string) => Promise<void>)[] = [
  async (run) => {
    const summary = await summarize(run, NOW_MS);
    const findings = examine(summary);
    const files = await noteworthyFiles(run, summary);
    runReport({ folder: run, summary, findings, files }, TERMINAL);
    statusLine(summary);
    const other = { name: "other", summary: { ...summary, config: {} } };
    comparison([{ name: "run", summary }, other], TERMINAL);
    JSON.stringify(summary);
  },
  async (run) => {
    const folder = run.slice(0, run.lastIndexOf("/"));
    runTable(await summarizeAll(folder, ["run"], NOW_MS), NOW_MS, TERMINAL);
  },
  async (run) => {
    const events = new RunEvents();
    for await (const record of withoutSuperseded(run)) {
      rowsOf(record);
      events.of(record);
    }
  },
  async (run) => {
    const live = new LiveRun();
    await foldRun(run, live);
    live.started = true;
    takeSnapshot(momentOf(live));
  },
  async (run) => void wholeConfig((await readRecorded(new RunFolder(run))).run.config),
  async (run) => void await rebuildStepIndex(run),
  async (run) => await (await openLog(`${run}/events.jsonl`)).close(),
];
