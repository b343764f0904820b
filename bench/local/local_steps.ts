/** Local steps: what rounds of each length cost in distance after the same examples, and gain over a link. */
import { readRun } from "../../runlog/log/reader.ts";
import type { BenchContext } from "../context.ts";
import { farRun } from "../far/far_run.ts";
import { parseLink } from "../../common/link.ts";
import { type Cell, cellsOf, type DoneCell, type LocalMode, LONGEST, MODES, SweepFile } from "./sweep.ts";
import { distanceTables, type LocalSpeed, localVerdicts, nameOf, speedTable } from "./sweep_tables.ts";
import type { Section } from "../report/report.ts";
import { trainingFolder } from "../training_run.ts";

const LEARNERS = 4;
const SHARDS = 4;
const LINK = parseLink("100mbit/20ms");
/** As DiLoCo has it. */
const NESTEROV = { outer_lr: 0.7, outer_momentum: 0.9 };
/** Images are padded to 32 x 32 for the convolutional one, which has a quarter of its maps: it is to end this week. */
const PRESETS = [
  { preset: "wgan", steps: 5000, options: {} },
  { preset: "wgan-gp", steps: 5000, options: {} },
  { preset: "dcgan", steps: 2000, options: { width: 16 } },
] as const;
/** Of a run over the link. */
const WARMUP_SHARE = 0.5;

/** Options of a run in this mode. */
function optionsOf({ local_steps, outer }: LocalMode): Record<string, number> {
  if (local_steps === 0) return { shards: SHARDS };
  return { shards: SHARDS, local_steps, learners: LEARNERS, ...outer === "nesterov" ? NESTEROV : {} };
}

async function train(cell: Cell, context: BenchContext): Promise<DoneCell> {
  const { options } = PRESETS.find(({ preset }) => preset === cell.preset)!;
  const { preset, seed, steps } = cell;
  const every = { sample_every: 0, evaluate_every: 0, checkpoint_every: 0 };
  const setup = { ...optionsOf(cell), ...options, preset, seed, steps, workers: 2, ...every };
  const folder = await trainingFolder(setup, context);
  let found: Omit<DoneCell, keyof Cell> | null = null, distance = NaN;
  for await (const record of readRun(folder)) {
    if (record.type === "evaluation" && record.step === steps) distance = record.sliced_wasserstein;
    if (record.type === "end") {
      found = { sliced_wasserstein: distance, weights_sha256: record.weights_sha256 };
    }
  }
  await Deno.remove(folder, { recursive: true });
  if (found === null || Number.isNaN(distance)) throw new Error("A run must be measured at its end");
  return { ...cell, ...found };
}

/** Makes the runs that are not done, as long as there is time. Returns those that are done, and how many are left. */
async function sweep(context: BenchContext): Promise<{ done: DoneCell[]; left: number }> {
  const { folder, seeds, steps, budget_ms } = context.sweep;
  const file = await SweepFile.open(folder), started_ms = performance.now();
  const cells = cellsOf(PRESETS, { seeds, steps, data: context.data_name });
  for (const [i, cell] of cells.entries()) {
    if (file.find(cell)) continue;
    if (performance.now() - started_ms >= budget_ms) break;
    context.say(
      `local-steps, run ${i + 1} of ${cells.length}: ${cell.preset}, ${nameOf(cell)}, seed ${cell.seed}`,
    );
    await file.add(await train(cell, context));
  }
  const done = cells.flatMap((cell) => file.find(cell) ?? []);
  return { done, left: cells.length - done.length };
}

/** `notes`: modes that made too few steps in the time, a line each. */
async function speedsOver(context: BenchContext): Promise<{ speeds: LocalSpeed[]; notes: string[] }> {
  const { data_file, scratch, far: { train_ms } } = context;
  const speeds: LocalSpeed[] = [], notes: string[] = [];
  for (const mode of MODES.filter(({ outer }) => outer === "plain")) {
    context.say(`local-steps: ${nameOf(mode)} over ${LINK.name}`);
    const options = { data_file, scratch, train_ms, warmup_ms: WARMUP_SHARE * train_ms };
    const run_options = { preset: "wgan", ...optionsOf(mode) };
    const setup = { near: 0, far: LEARNERS, link: LINK, shaping: "relay" as const };
    try {
      speeds.push({ ...mode, timings: await farRun(setup, { ...options, run_options }) });
    } catch (error) {
      notes.push(`${nameOf(mode)} is left out of the speeds: ${(error as Error).message}`);
    }
  }
  return { speeds, notes };
}

export async function benchLocalSteps(context: BenchContext): Promise<Section> {
  const { steps } = context.sweep;
  if (steps !== null && steps % LONGEST !== 0) {
    throw new Error(`Option --sweep-steps must be a multiple of ${LONGEST}: found ${steps}`);
  }
  const { done, left } = await sweep(context);
  const { speeds, notes } = await speedsOver(context);
  return {
    title: "Local steps",
    about:
      `${LEARNERS} learners of ${SHARDS} shards, H critic steps a round, on ${context.data_name}; dcgan with a ` +
      `quarter of its feature maps. Nesterov: outer learning rate ${NESTEROV.outer_lr}, momentum ` +
      `${NESTEROV.outer_momentum}. Distances are of runs with the same examples, lower is better. Speeds: preset wgan, ` +
      `${LEARNERS} workers of one thread, each behind a relay of ${LINK.name}, all on this machine.`,
    tables: [speedTable(speeds, LINK.name, LEARNERS), ...distanceTables(done)],
    verdicts: localVerdicts(done, speeds),
    notes: [
      ...notes,
      ...left === 0
        ? []
        : [`${left} runs are not done: the same command with --sweep continues where it stopped`],
    ],
    samples: { speeds, cells: done },
  };
}
