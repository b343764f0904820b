/** Summaries of logs, and a terminal, for reports. */
import { type Listed } from "../../inspect/run_table.ts";
import type { Terminal } from "../../common/terminal/terminal.ts";
import { noneSkipped } from "../../runlog/log/reader.ts";
import type { RunRecord } from "../../runlog/records.ts";
import { RunFold, type Summary } from "../../runlog/summary/summary.ts";
import { checkpoint, end, joined, runRecord, steps } from "../runlog/log/example_log.ts";

export const PLAIN: Terminal = { colour: false, unicode: true, width: Infinity };

export function summed(records: readonly RunRecord[], recent = false): Summary {
  const fold = new RunFold();
  for (const record of [runRecord(), ...records]) fold.add(record);
  return fold.summary(recent, noneSkipped());
}

export const FINISHED = summed([
  joined(1),
  joined(2, { name: "other:2", provider: "cuda:0", device: "a graphics card" }),
  ...steps(1, 30),
  {
    type: "evaluation",
    step: 0,
    sliced_wasserstein: 0.5,
    modes: { count: 8, covered: 1, high_quality: 0.25 },
  },
  {
    type: "evaluation",
    step: 30,
    sliced_wasserstein: 0.05,
    modes: { count: 8, covered: 7, high_quality: 0.9 },
  },
  { type: "heldout", step: 30, critic_cost: -0.25, mean_real: 0.5 },
  {
    type: "fault",
    step: 3,
    what: "worker lost in mid-step",
    worker: 2,
    decision: "gave its open shards to worker 1",
    reason: "silence",
  },
  { type: "sample", step: 30, file: "samples/step-30.png" },
  checkpoint(30),
  end(30),
]);

export const LISTED: readonly Listed[] = [
  { name: "2026-03-01-wgan", summary: FINISHED, problem: null },
  { name: "failed", summary: summed([...steps(1, 3), end(3, { reason: "failed" })]), problem: null },
  {
    name: "of-the-future",
    summary: null,
    problem: "Cannot read runs/of-the-future: it is of another format",
  },
  { name: "young", summary: summed([], true), problem: null },
];
