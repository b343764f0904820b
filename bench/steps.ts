/** Whole steps: real runs with several workers, beside their bare computing and beside PyTorch DDP over gloo. */
import { lanesOf, measureBare } from "./step/bare_compute.ts";
import type { BenchContext } from "./context.ts";
import { bestVariant, ddpRun, type DdpSetup } from "./peers/ddp.ts";
import type { Section } from "./report/report.ts";
import type { DdpBest, DdpSamples, RunSamples } from "./report/step_samples.ts";
import { stepTables, stepVerdicts } from "./report/step_tables.ts";
import { type RunSetup, trainingRun } from "./training_run.ts";
import { PRESET } from "./step/wgan_model.ts";

const RUNS: readonly RunSetup[] = [
  { workers: 1, shards: 4 },
  { workers: 2, shards: 4 },
  { workers: 4, shards: 4 },
  { workers: 2, shards: 2 },
];
/** How long the bare computing is measured, for each kind of step, as a share of a run's time. */
const BARE_STEPS_MS = 3;

function ddpSetups(): DdpSetup[] {
  const cores = navigator.hardwareConcurrency;
  return [{ world: 1, threads: 1 }, { world: 1, threads: cores }, { world: 2, threads: 1 }];
}

async function measureRun({ setup, timings, bare, bound }: RunSamples, context: BenchContext): Promise<void> {
  const timing = await trainingRun(setup, context);
  const lanes = lanesOf(timing.threads, setup.shards, PRESET.batch);
  timings.push(timing);
  bare.push(await measureBare(lanes, "bare", BARE_STEPS_MS * context.steps));
  bound.push(await measureBare(lanes, "bound", BARE_STEPS_MS * context.steps));
}

/** All set-ups take turns; every other round goes backwards. */
async function measureAll(context: BenchContext): Promise<{ runs: RunSamples[]; ddp: DdpSamples[] }> {
  const runs = RUNS.map((setup): RunSamples => ({ setup, timings: [], bare: [], bound: [] }));
  const ddp = (context.python ? ddpSetups() : []).map((setup): DdpSamples => ({ setup, rounds: [] }));
  const turns = [
    ...runs.map((samples) => ({
      what: `${samples.setup.workers} workers, ${samples.setup.shards} shards, and their bare computing`,
      take: () => measureRun(samples, context),
    })),
    ...ddp.map(({ setup, rounds }) => ({
      what: `PyTorch, ${setup.world} processes of ${setup.threads} threads, all variants`,
      take: async () => void rounds.push(await ddpRun(context.python!, setup, context)),
    })),
  ];
  for (let round = 0; round < context.run_rounds; round++) {
    for (const { what, take } of round % 2 === 0 ? turns : turns.toReversed()) {
      context.say(`whole steps, round ${round + 1} of ${context.run_rounds}: ${what}`);
      await take();
    }
  }
  return { runs, ddp };
}

export async function benchSteps(context: BenchContext): Promise<Section> {
  const { runs, ddp } = await measureAll(context);
  const best = ddp.map(({ setup, rounds }): DdpBest => ({ setup, figures: bestVariant(rounds) }));
  const failed = new Set(
    ddp.flatMap(({ rounds }) => rounds.flat()).flatMap(({ variant, error }) =>
      error === undefined ? [] : [`PyTorch's variant "${variant}" did not run: ${error}`]
    ),
  );
  return {
    title: "Whole steps",
    about: `\`deno task train --preset wgan --steps ${context.steps}\` on ${context.data_name}, batch ` +
      `${PRESET.batch}, ${context.run_rounds} rounds in turns, the first ${context.warmup_steps} steps left out. ` +
      "A step lasts from commit to commit. Bare: the run's shards computed by as many processes as the run has " +
      "compute threads, all at once, with nothing else to do, through onnxruntime-node's session.run; bound: the same " +
      "over buffers that are bound once, as workers do it. PyTorch: the best of its variants over all rounds.",
    tables: stepTables(runs, best),
    verdicts: stepVerdicts(runs, best),
    notes: [
      ...(context.python ? [] : ["PyTorch is left out: no Python with torch was found"]),
      ...failed,
    ],
    samples: { runs, ddp },
  };
}
