/** The doctor on runs made here and now: what must hold whatever the processor rounds like. */
import assert from "node:assert/strict";
import type { Finding } from "../../runlog/doctor/rule.ts";
import { type DoctorRun, optionsOf } from "../../scripts/doctor_runs.ts";
import { Workplace } from "./workplace.ts";

/** Trains a named run, shorter, uncut and with seldomer pictures, and lets inspect say what is wrong with it. */
async function found(place: Workplace, name: DoctorRun): Promise<string[]> {
  const out = place.path(name);
  const shorter = ["--steps", "1200", "--sample-every", "200", "--workers", "1", "--shards", "1"];
  const trained = await place.run("train", [...optionsOf(name, out), ...shorter]);
  assert.equal(trained.code, 0, trained.stderr);
  const summary = await place.inspect(out) as unknown as { findings: Finding[] };
  return summary.findings.map(({ code }) => code);
}

Deno.test("a healthy run has no finding; a critic that is not held, and one that cannot follow, have theirs", async () => {
  await using place = await Workplace.open();
  const [healthy, wide, weak] = await Promise.all([
    found(place, "healthy"),
    found(place, "wide-clip"),
    found(place, "weak-critic"),
  ]);
  assert.deepEqual(healthy, []);
  assert.ok(wide.includes("clip-not-reached"), wide.join());
  assert.ok(weak.includes("critic-far-from-optimum") && !weak.includes("clip-not-reached"), weak.join());
});
