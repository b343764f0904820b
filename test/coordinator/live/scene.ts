/** A run as the live page sees it, made up: 30 steps, two workers, pictures, held-out scores. */
import type { Moment } from "../../../coordinator/live/snapshot.ts";
import { LiveRun } from "../../../coordinator/live/live_run.ts";
import type { RunView } from "../../../coordinator/live/view.ts";
import type { RecordOf } from "../../../runlog/records.ts";
import { joined, stepRecord } from "./step_facts.ts";

export const RUN_VIEW: RunView = {
  name: "2026-11-24_strokes",
  facts: ["strokes", "batch 64"],
  total_steps: 1000,
  batch: 64,
  epoch_steps: 10,
  estimates_distance: true,
  kind: "images",
  join: {
    task: "coordinator",
    open: false,
    rendezvous: true,
    token: "on the terminal",
    port: 7700,
    reached: null,
    scheme: "ws",
    tls_ca: null,
  },
};

const RUN_RECORD: RecordOf<"run"> = {
  type: "run",
  format: 2,
  run: "r",
  created: "2026-11-24T00:00:00Z",
  config: { batch: 64, shards: 4, objective: "wgan" },
  versions: { wagon: "0", deno: "0", v8: "0" },
  data: {
    name: "strokes",
    num_examples: 100,
    held_out: 10,
    sha256: "",
    example_shape: [16, 16],
    encoding: "uint8",
  },
  layouts_sha256: "",
  artifacts: {},
  num_parameters: { critic: 1, generator: 1 },
};

/** The run after `num_steps` steps. */
export function liveRun(num_steps: number): LiveRun {
  const live = new LiveRun();
  live.add(RUN_RECORD);
  live.record(joined(1));
  live.record(joined(2, { name: 'quoted "name"\\', threads: 4 }));
  live.started = true;
  for (let step = 1; step <= num_steps; step++) {
    const generator = step % 5 === 0 ? { generator: { loss: -0.25, checksum: "" } } : {};
    live.record(stepRecord(step, generator));
    if (step % 10 !== 0) continue;
    live.record({ type: "sample", step, file: `samples/step-${String(step).padStart(9, "0")}.png` });
    live.record({
      type: "heldout",
      step,
      critic_cost: -0.4,
      mean_real: 0.45,
      mean_training: 0.5,
      mean_fake: 0.05,
    });
  }
  return live;
}

export function momentOf(live: LiveRun, more: Partial<Moment> = {}): Moment {
  const channel = { bytes_in: 1000, bytes_out: 2000, last_heard_ms: 500 } as never;
  const member = { provider: "cpu", device: "2 cores", told_spare: false, channel };
  return {
    run: RUN_VIEW,
    live,
    crew: {
      members: [
        { ...member, id: 1, name: "w1", threads: 1 },
        { ...member, id: 2, name: 'quoted "name"\\', threads: 4 },
      ],
      asked: [],
      now_ms: 1_500,
    },
    min_workers: 1,
    elapsed_ms: 300,
    step: 0,
    generator_step: 0,
    ...more,
  };
}
