/** A bit that changes on the way from a worker changes nothing of the run. */
import assert from "node:assert/strict";
import { DamagedWire } from "./damaged_wire.ts";
import { ofType, recordsOf } from "./log.ts";
import { Workplace } from "./workplace.ts";

const LENGTH = ["--steps", "12"];

Deno.test("one bit of a result flips on the wire: it is refused, computed again, and the run ends with the same weights", async () => {
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
  const faults = ofType(await recordsOf(run), "fault").filter(({ what }) => what === "damaged result");
  assert.equal(faults.length, 1, coordinator.said);
  const { weights_sha256, bits, steps } = await place.inspect(run);
  assert.deepEqual({ weights_sha256, bits, steps }, {
    weights_sha256: undisturbed.weights_sha256,
    bits: "exact",
    steps: 12,
  });
});
