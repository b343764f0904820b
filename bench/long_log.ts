/** How fast a long run opens in `inspect`: the log of a real run, repeated until it is as long as asked for. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openLog } from "../runlog/log/log_file.ts";
import { readRun } from "../runlog/log/reader.ts";
import { LOG_NAME, type RecordOf, type RunRecord } from "../runlog/records.ts";
import { STEP_INDEX_NAME } from "../runlog/log/step_index.ts";
import { taskCommand } from "../tasks/task_command.ts";
import type { BenchContext } from "./context.ts";
import { digits, type Section, spreadText } from "./report/report.ts";
import { spreadOf } from "./report/statistics.ts";
import { trainingFolder } from "./training_run.ts";

/** With the sidecar a run of 10 million steps opens within this time. */
const MOST_S = 10;
/** Share of the memory for a tenth of the steps, without the sidecar: no more, since nothing of a step is kept. */
const MOST_MEMORY = 1.25;
/** Steps between two flushes of the log. */
const FLUSH_STEPS = 20_000;
/** For shorter logs, the program itself takes most of the memory. */
const FEWEST_STEPS = 1_000_000;
/** How often the size of a process is looked at. */
const LOOK_MS = 20;

/** Records that a long run has as few of as a short one. */
const ONCE: ReadonlySet<RunRecord["type"]> = new Set(["checkpoint", "worker_left", "end"]);

/** Records of a real run, those before its first step first. */
interface Pattern {
  readonly opening: readonly RunRecord[];
  readonly cycle: readonly RunRecord[];
  readonly last: RecordOf<"step">;
  readonly end: RecordOf<"end">;
}

async function realRun(context: BenchContext): Promise<Pattern> {
  const folder = await trainingFolder({ "sample-every": Math.ceil(context.steps / 2) }, context);
  const records = await Array.fromAsync(readRun(folder));
  const first = records.findIndex(({ type }) => type === "step");
  const steps = records.filter((record): record is RecordOf<"step"> => record.type === "step");
  return {
    opening: records.slice(0, first),
    cycle: records.slice(first).filter((record) =>
      !ONCE.has(record.type) && "step" in record && record.step > 0
    ),
    last: steps.at(-1)!,
    end: records.find((record): record is RecordOf<"end"> => record.type === "end")!,
  };
}

/** A record as it would be after so many repetitions of the run. */
function later(record: RunRecord, repetitions: number, last: RecordOf<"step">): RunRecord {
  if (!("step" in record)) return record;
  const step = record.step + repetitions * last.step;
  if (record.type !== "step") return { ...record, step };
  return {
    ...record,
    step,
    epoch: Math.floor((step - 1) / record.batches),
    batch: (step - 1) % record.batches,
    generator_step: record.generator_step + repetitions * last.generator_step,
    // Whole microseconds, as a run writes them: the sidecar has no row for other times.
    time_ms: Math.round(1000 * (record.time_ms + repetitions * last.time_ms)) / 1000,
  };
}

/** Writes the log and its sidecar as a run does. */
async function writeLog(folder: string, num_steps: number, pattern: Pattern): Promise<void> {
  const { opening, cycle, last, end } = pattern;
  const log = await openLog(join(folder, LOG_NAME));
  for (const record of opening) log.append(record);
  let step = 0;
  for (let repetitions = 0; step < num_steps; repetitions++) {
    for (const record of cycle) {
      log.append(later(record, repetitions, last));
      if (record.type !== "step") continue;
      if (++step % FLUSH_STEPS === 0) await log.flush();
      if (step === num_steps) break;
    }
  }
  log.append({ ...end, step });
  await log.close();
}

/** Peak memory of a process in MB as long as it runs; NaN where the system does not tell. */
async function peakMemory(pid: number, ended: Promise<unknown>): Promise<number> {
  let peak_kb = NaN;
  let goes_on = true;
  void ended.then(() => goes_on = false);
  while (goes_on) {
    const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
    peak_kb = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? peak_kb);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return peak_kb / 1024;
}

interface Opening {
  readonly seconds: number;
  readonly memory_mb: number;
}

/** Has `inspect` sum a run up, and checks that it saw all of it. */
async function openRun(folder: string, num_steps: number): Promise<Opening> {
  const begun_ms = performance.now();
  const inspect = new Deno.Command(Deno.execPath(), {
    args: [...taskCommand("inspect"), folder],
    cwd: fileURLToPath(new URL("../", import.meta.url)),
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const [{ code, stdout }, memory_mb] = await Promise.all([
    inspect.output(),
    peakMemory(inspect.pid, inspect.status),
  ]);
  const seconds = (performance.now() - begun_ms) / 1000;
  const text = new TextDecoder().decode(stdout);
  if (code !== 0 || !text.includes(num_steps.toLocaleString("en-US"))) {
    throw new Error(`inspect must sum up ${num_steps} steps: found ${text.slice(0, 1000)}`);
  }
  return { seconds, memory_mb };
}

async function bytesOf(folder: string): Promise<{ log: number; sidecar: number }> {
  const bytes = { log: 0, sidecar: 0 };
  for await (const { name } of Deno.readDir(folder)) {
    const { size } = await Deno.stat(join(folder, name));
    bytes[name === STEP_INDEX_NAME ? "sidecar" : "log"] += size;
  }
  return bytes;
}

interface Sample {
  readonly num_steps: number;
  readonly bytes: { readonly log: number; readonly sidecar: number };
  readonly with_sidecar: readonly Opening[];
  readonly without: Opening;
}

async function measure(num_steps: number, pattern: Pattern, context: BenchContext): Promise<Sample> {
  const steps = `${num_steps.toLocaleString("en-US")} steps`;
  const folder = await Deno.makeTempDir({ dir: context.scratch, prefix: "long-" });
  context.say(`long logs: ${steps}, writing`);
  await writeLog(folder, num_steps, pattern);
  const bytes = await bytesOf(folder);
  context.say(`long logs: ${steps}, opening`);
  const with_sidecar: Opening[] = [];
  for (let round = 0; round < context.run_rounds; round++) {
    with_sidecar.push(await openRun(folder, num_steps));
  }
  await Deno.remove(join(folder, STEP_INDEX_NAME));
  const without = await openRun(folder, num_steps);
  await Deno.remove(folder, { recursive: true });
  return { num_steps, bytes, with_sidecar, without };
}

function row({ num_steps, bytes, with_sidecar, without }: Sample): string[] {
  return [
    num_steps.toLocaleString("en-US"),
    digits(bytes.log / 1e9),
    digits(bytes.sidecar / 1e9),
    spreadText(spreadOf(with_sidecar.map(({ seconds }) => seconds))),
    digits(Math.max(...with_sidecar.map(({ memory_mb }) => memory_mb))),
    digits(without.seconds),
    digits(without.memory_mb),
  ];
}

export async function benchLongLog(context: BenchContext): Promise<Section> {
  const pattern = await realRun(context);
  const samples: Sample[] = [];
  for (const num_steps of [Math.floor(context.log_steps / 10), context.log_steps]) {
    samples.push(await measure(num_steps, pattern, context));
  }
  const [tenth, whole] = samples as [Sample, Sample];
  const { median } = spreadOf(whole.with_sidecar.map(({ seconds }) => seconds));
  const steps = `${whole.num_steps.toLocaleString("en-US")} steps`;
  const memory = whole.without.memory_mb / tenth.without.memory_mb;
  return {
    title: "Long logs",
    about:
      `The records of ${context.steps} steps of \`deno task train --preset wgan\` with two workers, repeated and ` +
      "written by what writes a run's log; then `deno task inspect` on it, from its start to its end, with the " +
      "sidecar and once without. GB are 10^9 bytes; memory is the most that the process had.",
    tables: [{
      title: "Opening",
      columns: ["steps", "log, GB", "sidecar, GB", "with it, s", "MB", "without, s", "MB"],
      rows: samples.map(row),
    }],
    verdicts: whole.num_steps < FEWEST_STEPS ? [] : [
      {
        requirement: `A run of ${steps} opens with the sidecar in under ${MOST_S} s`,
        found: `${digits(median)} s`,
        reached: median < MOST_S,
      },
      {
        requirement: `Memory for ${steps} without the sidecar over that for a tenth: at most ${MOST_MEMORY}`,
        found: digits(memory),
        reached: memory <= MOST_MEMORY,
      },
    ],
    samples,
  };
}
