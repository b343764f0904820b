import assert from "node:assert/strict";
import { FileSink, FLUSH_MS } from "../../../../coordinator/run/records/file_sink.ts";
import type { RunRecord } from "../../../../runlog/records.ts";
import { FakeClock } from "../../../wire/fake_clock.ts";
import { joined, stepRecord } from "../../live/step_facts.ts";

function scene(flush: () => Promise<void> = () => Promise.resolve()) {
  const clock = new FakeClock();
  const done: string[] = [];
  const file = {
    append: (record: RunRecord) => void done.push(record.type),
    flush: () => {
      done.push("flush");
      return flush();
    },
  };
  const errors: unknown[] = [];
  return { clock, done, errors, sink: new FileSink(file, clock, (error) => errors.push(error)) };
}

Deno.test("the log is handed to the system with the first step, and with the first after each second", async () => {
  const { clock, done, sink } = scene();
  sink.record(joined(1));
  sink.record(stepRecord(1));
  assert.deepEqual(done.splice(0), ["worker_joined", "step", "flush"]);
  await clock.advance(FLUSH_MS - 1);
  sink.record(stepRecord(1));
  await clock.advance(1);
  sink.record(joined(1));
  assert.deepEqual(done.splice(0), ["step", "worker_joined"]);
  sink.record(stepRecord(2));
  sink.record(stepRecord(3));
  assert.deepEqual(done.splice(0), ["step", "flush", "step"]);
  await clock.advance(FLUSH_MS);
  sink.record(stepRecord(4));
  assert.deepEqual(done, ["step", "flush"]);
});

Deno.test("the error of a write that fails is passed on, and later writes are tried", async () => {
  const full = new Error("disk full");
  const { clock, done, errors, sink } = scene(() => Promise.reject(full));
  for (const step of [1, 2]) {
    await clock.advance(FLUSH_MS);
    sink.record(stepRecord(step));
  }
  await clock.advance(0);
  assert.deepEqual(errors, [full, full]);
  assert.deepEqual(done, ["step", "flush", "step", "flush"]);
});
