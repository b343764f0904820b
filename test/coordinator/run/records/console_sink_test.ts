import assert from "node:assert/strict";
import {
  ConsoleSink,
  WORKER_LINES,
  WORKER_LINES_MS,
} from "../../../../coordinator/run/records/console_sink.ts";
import { WORKER_LOST } from "../../../../coordinator/fleet/observer.ts";
import { FakeClock } from "../../../wire/fake_clock.ts";
import { joined, stepRecord } from "../../live/step_facts.ts";

function scene() {
  const lines: string[] = [];
  const console = {
    num_workers: 0,
    line: (text: string) => void lines.push(text),
    step: ({ step }: { step: number }) => void lines.push(`step ${step}`),
    distance: (value: number) => void lines.push(`distance ${value}`),
    diversity: (value: number) => void lines.push(`diversity ${value}`),
  };
  const clock = new FakeClock();
  return { lines, console, clock, sink: new ConsoleSink(console, clock) };
}

const left = (worker: number, reason = "It was stopped") => ({
  ...{ type: "worker_left", worker, reason, shards_computed: 0, time: "" } as const,
});
const fault = (worker?: number | null) => ({
  ...{ type: "fault", step: 1, what: "late answer", decision: "asked another", reason: "It slept" } as const,
  ...worker !== undefined && { worker },
});

Deno.test("workers that come and go are counted and told of, steps go to the status line", () => {
  const { lines, console, sink } = scene();
  sink.record(joined(1));
  sink.record(joined(2, { threads: 3 }));
  assert.equal(console.num_workers, 2);
  sink.record(stepRecord(7));
  sink.record(left(1));
  assert.equal(console.num_workers, 1);
  assert.deepEqual(lines, [
    "Worker 1 joined: w1 (2 cores, 1 thread)",
    "Worker 2 joined: w2 (2 cores, 3 threads)",
    "step 7",
    "Worker 1 left: It was stopped",
  ]);
});

Deno.test("a relay's workers are told of by name", () => {
  const { lines, console, sink } = scene();
  sink.record(joined(1));
  const workers = [{ name: "a", threads: 2 }, { name: "b", threads: 1 }];
  sink.record({ type: "relay_workers", worker: 1, num_workers: 2, threads: 3, workers, time: "" });
  assert.equal(console.num_workers, 1);
  assert.equal(lines.at(-1), "Worker 1 relays for 2 workers: a, b (3 threads)");
});

Deno.test("a fault of a worker that has left does not say again why; others do", () => {
  const { lines, sink } = scene();
  sink.record(joined(1));
  sink.record(fault(1));
  sink.record(left(1));
  lines.length = 0;
  sink.record(fault(1));
  sink.record(fault(null));
  sink.record(fault());
  sink.record(joined(2));
  sink.record(fault(2));
  assert.deepEqual(lines.filter((line) => !line.startsWith("Worker")), [
    "Late answer (worker 1): asked another",
    "Late answer: asked another. It slept",
    "Late answer: asked another. It slept",
    "Late answer (worker 2): asked another. It slept",
  ]);
});

Deno.test("a worker that dies is one line, which names it once", () => {
  const { lines, sink } = scene();
  for (const worker of [1, 11]) sink.record(joined(worker));
  lines.length = 0;
  sink.record(left(1, "No sign of life from worker 1 for 10 s; its work goes to the others"));
  sink.record({ ...fault(1), what: WORKER_LOST });
  sink.record(left(11, "Worse than worker 1"));
  assert.deepEqual(lines, [
    "No sign of life from worker 1 for 10 s; its work goes to the others",
    "Worker 11 left: Worse than worker 1",
  ]);
});

Deno.test("a worker that comes and goes does not fill the terminal", async () => {
  const { lines, clock, sink } = scene();
  for (let i = 0; i < WORKER_LINES + 5; i++) sink.record(joined(i));
  assert.equal(lines.length, WORKER_LINES);
  await clock.advance(WORKER_LINES_MS / WORKER_LINES);
  sink.record(left(0));
  assert.equal(lines.at(-1), "Worker 0 left: It was stopped (5 lines left out before)");
});

Deno.test("a decision gets a line, but for the one to stop, which the last words tell", () => {
  const { lines, sink } = scene();
  const steered = {
    type: "steered",
    step: 9,
    decision: "Raised it",
    reason: "It was low",
    numbers: {},
  } as const;
  sink.record({ ...steered, rule: "auto-critic" });
  sink.record({ ...steered, rule: "stop-when-flat" });
  assert.deepEqual(lines, ["Step 9, --adaptive-n-critic: Raised it. It was low"]);
});

Deno.test("distance and diversity of the samples are handed on; a picture may have none", () => {
  const { lines, sink } = scene();
  sink.record({ type: "evaluation", step: 5, sliced_wasserstein: 0.25 });
  sink.record({ type: "sample", step: 5, file: "samples/a.png", diversity: 0.9 });
  sink.record({ type: "sample", step: 6, file: "samples/b.png" });
  assert.deepEqual(lines, ["distance 0.25", "diversity 0.9"]);
});
