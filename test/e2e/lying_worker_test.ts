/** Workers that lie over a real connection, also when they are asked for a second opinion. */
import assert from "node:assert/strict";
import { startLiar } from "./lying_worker.ts";
import { ofType, recordsOf } from "./log.ts";
import { Workplace } from "./workplace.ts";

const LENGTH = ["--steps", "12", "--shards", "4", "--batch", "16"];

Deno.test("two workers tell the same lie, of their own work and of each other's: a third is asked, and they have to go", async () => {
  await using place = await Workplace.open();
  const { weights_sha256 } = await place.train(place.path("undisturbed"), LENGTH);
  const run = place.path("run");
  const coordinator = place.coordinate(run, [...LENGTH, "--min-workers", "3"]);
  await coordinator.line(/^Listening on/m);
  const at = await place.rendezvous();
  // From the first step on: later, a slow answer may have left one of them without shards.
  const lie = (values: Float32Array) => void values.fill(NaN);
  const liars = [await startLiar(at, "liar", lie), await startLiar(at, "accomplice", lie)];
  const honest = await startLiar(at, "honest", () => {});
  assert.equal((await coordinator.end()).code, 0, coordinator.said);
  const said = await Promise.all([...liars, honest].map((worker) => worker.end()));
  assert.equal(said[2], null);
  const records = await recordsOf(run);
  const ids = ofType(records, "worker_joined").filter(({ name }) => name !== "honest");
  const wrong = ofType(records, "fault").filter(({ what }) => what === "wrong result");
  for (const { worker, name } of ids.slice(0, 2)) {
    assert.ok(wrong.some((fault) => fault.worker === worker), `${name} has to go:\n${coordinator.said}`);
  }
  assert.ok(wrong.every(({ worker }) => ids.some((id) => id.worker === worker)), coordinator.said);
  const summary = await place.inspect(run);
  assert.deepEqual([summary.weights_sha256, summary.bits, summary.steps], [weights_sha256, "exact", 12]);
});
