/** A bit that changes on the way from a worker changes nothing of the run. */
import assert from "node:assert/strict";
import { BROKEN_SEAL } from "../../wire/proof/frame_seal.ts";
import { DamagedWire } from "./damaged_wire.ts";
import { ofType, recordsOf } from "./log.ts";
import { Workplace } from "./workplace.ts";

const LENGTH = ["--steps", "12"];

Deno.test("one bit of a result flips on the wire: the connection ends, another one computes the node, and the run ends with the same weights", async () => {
  await using place = await Workplace.open();
  const undisturbed = await place.train(place.path("undisturbed"), LENGTH);
  const run = place.path("run");
  const coordinator = place.coordinate(run, [...LENGTH, "--min-workers", "2"]);
  await coordinator.line(/^Listening on/m);
  const { url, token } = await place.rendezvous();
  using wire = new DamagedWire(Number(new URL(url).port), 5);
  for (const to of [url, wire.url]) {
    place.start("worker", ["--threads", "1", "--no-share", "--coordinator", to], { WAGON_TOKEN: token });
  }
  assert.equal((await coordinator.end()).code, 0, coordinator.said);
  assert.equal(wire.damaged, 1);
  const left = ofType(await recordsOf(run), "worker_left").map(({ reason }) => reason);
  assert.equal(left.filter((reason) => reason.startsWith(BROKEN_SEAL)).length, 1, left.join("\n"));
  const { weights_sha256, bits, steps } = await place.inspect(run);
  assert.deepEqual({ weights_sha256, bits, steps }, {
    weights_sha256: undisturbed.weights_sha256,
    bits: "exact",
    steps: 12,
  });
});
