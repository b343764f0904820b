import assert from "node:assert/strict";
import { stepRecord } from "../../../../coordinator/run/records/step_record.ts";
import { checkRecord } from "../../../../runlog/records.ts";

const REPORT = {
  step: 2,
  generator_step: 1,
  epoch: 0,
  batch: 1,
  loss_critic: -0.5,
  mean_real: 0.75,
  mean_fake: 0.25,
  critic_checksum: "00000000000000c1",
  generator: { loss: -0.25, checksum: "00000000000000d1" },
  steered: [],
  ms: { total: 8.000_449, wait: 5, sum: 1.000_6, update: 0, send: 0.25 },
  shares: new Map([[3, { shards: 2, compute_ms: 4.000_04, elapsed_ms: 4.5, answered_ms: 5 }]]),
};
const CONTEXT = { batches: 10, estimates_distance: true, bytes: { in: 5, out: 7 }, elapsed_ms: 20.123_456 };

Deno.test("a step's record: times in whole microseconds, shares by worker, the estimate where it is one", () => {
  const { shares: _shares, steered: _steered, ...facts } = REPORT;
  const record = stepRecord(REPORT, CONTEXT);
  assert.deepEqual(record, {
    type: "step",
    ...facts,
    ms: { total: 8, wait: 5, sum: 1.001, update: 0, send: 0.25 },
    batches: 10,
    wasserstein_estimate: 0.5,
    workers: { 3: { shards: 2, compute_ms: 4, elapsed_ms: 4.5, answered_ms: 5 } },
    bytes_in: 5,
    bytes_out: 7,
    time_ms: 20.123,
  });
  assert.deepEqual(checkRecord(record), { record });
  const gan = stepRecord(REPORT, { ...CONTEXT, estimates_distance: false });
  assert.equal("wasserstein_estimate" in gan, false);
});
