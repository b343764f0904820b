/** The tables of whole steps, and whether what is required was reached. */
import type { BareTimes } from "../step/bare_compute.ts";
import { digits, spreadText, type Table, type Verdict } from "./report.ts";
import type { StepParts } from "./run_timings.ts";
import { median } from "../../common/median.ts";
import { ratios, spreadOf } from "./statistics.ts";
import type { DdpBest, RunSamples } from "./step_samples.ts";

/** What issue 2 requires of two workers on two cores. */
const REQUIRED = { workers: 2, step_over_bare: 2, speed_over_ddp: 2 };

function runName({ setup, timings }: RunSamples): string {
  const threads = timings[0]!.threads / setup.workers;
  const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;
  return `${counted(setup.workers, "worker")} of ${counted(threads, "thread")}, ` +
    `${counted(setup.shards, "shard")}`;
}

function speeds({ timings }: RunSamples): number[] {
  return timings.map(({ images_per_second }) => images_per_second);
}

/** Median step over the bare computing, round by round. Four of five steps have no generator step. */
function stepOver({ timings }: RunSamples, computing: readonly BareTimes[]): number[] {
  return ratios(timings.map(({ critic }) => critic.step), computing.map(({ critic_ms }) => critic_ms));
}

function ddpOf(best: readonly DdpBest[], world: number): DdpBest | undefined {
  return best.find(({ setup }) => setup.world === world && setup.threads === 1);
}

/** Images per second over those of PyTorch, round by round. */
function speedOver(run: RunSamples, { figures }: DdpBest): number[] {
  return ratios(speeds(run), figures.map(({ images_per_second }) => images_per_second));
}

function speedTable(runs: readonly RunSamples[], best: readonly DdpBest[]): Table {
  const two = ddpOf(best, 2);
  const rows = runs.map((run) => [
    runName(run),
    spreadText(spreadOf(run.timings.map(({ critic }) => critic.step))),
    digits(median(run.timings.map(({ critic_p95_ms }) => critic_p95_ms))),
    digits(median(run.timings.map(({ generator }) => generator?.step ?? NaN))),
    spreadText(spreadOf(speeds(run))),
    digits(median(run.timings.map(({ whole_run_images_per_second }) => whole_run_images_per_second))),
    ...[run.bare, run.bound].flatMap((computing) => [
      digits(median(computing.map(({ critic_ms }) => critic_ms))),
      digits(median(stepOver(run, computing))),
    ]),
    two ? digits(median(speedOver(run, two))) : "-",
  ]);
  const columns = [
    "wagon",
    "critic step ms",
    "p95 ms",
    "with generator ms",
    "images/s",
    "with its end",
    "bare ms",
    "step / bare",
    "bound ms",
    "step / bound",
    "images/s over DDP of 2",
  ];
  return { title: "Speed: medians [quartiles] over the rounds", columns, rows };
}

function timeTable(runs: readonly RunSamples[]): Table {
  const names = ["step", "wait", "worker", "compute", "sum", "update", "send", "rest"] as const;
  const row = (name: string, parts: readonly StepParts[]) => [
    name,
    ...names.map((part) => digits(median(parts.map((step) => step[part])))),
  ];
  const rows = runs.flatMap((run) => [
    row(`${runName(run)}: critic`, run.timings.map(({ critic }) => critic)),
    row(`${runName(run)}: with generator`, run.timings.flatMap(({ generator }) => generator ?? [])),
  ]);
  const columns = ["ms", "step", "wait", "worker", "in ONNX Runtime", "sum", "update", "send", "rest"];
  return { title: "Where the time went: medians; step = wait + sum + update + send + rest", columns, rows };
}

function ddpTable(best: readonly DdpBest[]): Table {
  const rows = best.map(({ setup: { world, threads }, figures }) => [
    `${world} process${world === 1 ? "" : "es"}, threads of each: ${threads}`,
    figures[0]!.variant,
    spreadText(spreadOf(figures.map(({ critic_ms }) => critic_ms))),
    digits(median(figures.map(({ critic_p95_ms }) => critic_p95_ms))),
    digits(median(figures.map(({ generator_ms }) => generator_ms))),
    spreadText(spreadOf(figures.map(({ images_per_second }) => images_per_second))),
  ]);
  const columns = ["PyTorch", "best variant", "critic step ms", "p95 ms", "with generator ms", "images/s"];
  return { title: "PyTorch, one process without DDP, two over gloo", columns, rows };
}

export function stepTables(runs: readonly RunSamples[], best: readonly DdpBest[]): Table[] {
  return [speedTable(runs, best), timeTable(runs), ...(best.length > 0 ? [ddpTable(best)] : [])];
}

/** Options of every run of two workers, whatever its shards. With two shards its micro-batches are those of DDP. */
export function stepVerdicts(runs: readonly RunSamples[], best: readonly DdpBest[]): Verdict[] {
  const { workers, step_over_bare, speed_over_ddp } = REQUIRED;
  const two = ddpOf(best, 2);
  return runs.filter(({ setup }) => setup.workers === workers).flatMap((run) => {
    const what = `${workers} workers, ${run.setup.shards} shards`;
    const over_bare = stepOver(run, run.bare);
    const bare: Verdict = {
      requirement: `${what}: median step over the bare computing of its shards at most ${step_over_bare}`,
      found: spreadText(spreadOf(over_bare)),
      reached: median(over_bare) <= step_over_bare,
    };
    if (!two) return [bare];
    const over_ddp = speedOver(run, two);
    return [bare, {
      requirement:
        `${what}: images per second over those of PyTorch DDP with two processes at least ${speed_over_ddp}`,
      found: spreadText(spreadOf(over_ddp)),
      reached: median(over_ddp) >= speed_over_ddp,
    }];
  });
}
