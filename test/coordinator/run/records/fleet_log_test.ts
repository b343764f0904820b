import assert from "node:assert/strict";
import { FleetLog } from "../../../../coordinator/run/records/fleet_log.ts";
import { checkRecord, type RunRecord } from "../../../../runlog/records.ts";
import { FakeClock } from "../../../wire/fake_clock.ts";

Deno.test("what happens to workers becomes records, whoever is not let in is only a line", () => {
  const records: RunRecord[] = [];
  const lines: string[] = [];
  const state = { step: 3 };
  const observer = new FleetLog({
    learners: null,
    log: { append: (record) => void records.push(record) },
    console: { line: (text) => void lines.push(text) },
    num_shards: 2,
    state,
    clock: new FakeClock(),
    wall_ms: () => Date.UTC(2026, 10, 30),
  });
  const member = { name: "w", provider: "cpu", device: "2 cores", platform: "test", threads: 2 };
  observer.joined({ id: 4, ...member, numeric_class: "a" });
  const behind = { num_workers: 1, threads: 2, workers: [{ name: "x", threads: 2 }] };
  observer.relayed({ id: 4, relayed: behind });
  observer.fault({ what: "late answer", worker: 4, decision: "asked another", reason: "It slept" });
  state.step = 4;
  observer.fault({ what: "console lost", worker: null, decision: "went on", reason: "It closed" });
  observer.left({ id: 4, shards_computed: 8 }, "It was stopped");
  observer.refused("10.0.0.1:5", "Wrong token");
  observer.refused("10.0.0.1:6", "Wrong token");
  const time = "2026-11-30T00:00:00.000Z";
  assert.deepEqual(records, [
    { type: "worker_joined", worker: 4, ...member, numeric_class: "a", time },
    { type: "relay_workers", worker: 4, ...behind, time },
    {
      ...{ type: "fault", step: 3, what: "late answer", worker: 4, decision: "asked another" },
      reason: "It slept",
    },
    {
      ...{ type: "fault", step: 4, what: "console lost", worker: null, decision: "went on" },
      reason: "It closed",
    },
    { type: "worker_left", worker: 4, reason: "It was stopped", shards_computed: 8, time },
  ]);
  for (const record of records) assert.deepEqual(checkRecord(record), { record });
  assert.deepEqual(lines, ["A connection from 10.0.0.1:5 was not accepted as a worker: Wrong token"]);
});

Deno.test("threads beyond the shards are told of when they become more, with how to keep them busy", () => {
  const lines: string[] = [];
  const observer = new FleetLog({
    learners: null,
    log: { append: () => {} },
    console: { line: (text) => void lines.push(text) },
    num_shards: 4,
    state: { step: 0 },
    clock: new FakeClock(),
    wall_ms: () => 0,
  });
  const join = (id: number, threads: number) =>
    observer.joined({
      id,
      threads,
      name: "w",
      provider: "cpu",
      device: "",
      platform: "",
      numeric_class: "a",
    });
  join(1, 4);
  assert.equal(lines.length, 0);
  join(2, 3);
  observer.left({ id: 2, shards_computed: 0 }, "It was stopped");
  join(3, 3);
  join(4, 1);
  assert.deepEqual(lines.map((line) => line.split(":")[0]), [
    "3 threads of 7 must idle",
    "4 threads of 8 must idle",
  ]);
  assert.match(lines[1]!, /this run has 4 shards, .* --for-workers 8, and a --batch of 8 or more/);
});
