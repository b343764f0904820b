/** The doctor on runs made here and now: what must hold whatever the processor rounds like. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { examine } from "../../runlog/doctor/doctor.ts";
import { type DoctorRun, optionsOf } from "../../scripts/doctor_runs.ts";
import { inTempDir } from "../temp_dir.ts";
import { trainHere } from "./train_here.ts";

/** Trains a named run, shorter, uncut and with seldomer pictures: what is wrong with it, whatever its speed. */
async function found(folder: string, name: DoctorRun, steps: number): Promise<string[]> {
  const shorter = ["--steps", `${steps}`, "--sample-every", "200", "--workers", "1", "--shards", "1"];
  const summary = await trainHere([...optionsOf(name, join(folder, name)), ...shorter]);
  return examine(summary).filter(({ spoils }) => spoils !== "speed").map(({ code }) => code);
}

Deno.test("a healthy run has no finding; a critic that is not held, and one that cannot follow, have theirs", () =>
  inTempDir(async (folder) => {
    assert.deepEqual(await found(folder, "healthy", 600), []);
    const wide = await found(folder, "wide-clip", 600);
    assert.ok(wide.includes("clip-not-reached"), wide.join());
    const weak = await found(folder, "weak-critic", 1200);
    assert.ok(weak.includes("critic-far-from-optimum") && !weak.includes("clip-not-reached"), weak.join());
  }));
