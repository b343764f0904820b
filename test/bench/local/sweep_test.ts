import assert from "node:assert/strict";
import { join } from "node:path";
import { cellsOf, type DoneCell, MODES, SweepFile, SYNCHRONOUS } from "../../../bench/local/sweep.ts";
import { distanceTables, localVerdicts, speedTable } from "../../../bench/local/sweep_tables.ts";
import { inTempDir } from "../../temp_dir.ts";

const PRESETS = [{ preset: "wgan", steps: 800 }, { preset: "wgan-gp", steps: 400 }];
const CELLS = cellsOf(PRESETS, { seeds: 2, steps: null, data: "noise" });

/** Distances that grow with the round: 0.2 of seed 1, 0.3 of seed 2. */
function done(cell: typeof CELLS[number]): DoneCell {
  const sliced_wasserstein = 0.1 + 0.1 * cell.seed + cell.local_steps / 10_000;
  return { ...cell, sliced_wasserstein, weights_sha256: "ab" };
}

Deno.test("every preset is swept with every mode and seed, a seed after the other", () => {
  assert.equal(CELLS.length, 2 * 2 * 11);
  assert.deepEqual(CELLS.map(({ seed }) => seed), CELLS.map((_, i) => i < 22 ? 1 : 2));
  assert.deepEqual([CELLS[0]!.local_steps, CELLS[0]!.steps, CELLS[11]!.steps], [0, 800, 400]);
});

Deno.test("a sweep goes on where it was stopped, also in the middle of a line", async () => {
  await inTempDir(async (folder) => {
    const first = await SweepFile.open(join(folder, "sweep"));
    await first.add(done(CELLS[0]!));
    await first.add(done(CELLS[1]!));
    const path = join(folder, "sweep", "cells.jsonl");
    await Deno.writeTextFile(path, JSON.stringify(done(CELLS[2]!)).slice(0, 30), { append: true });
    const second = await SweepFile.open(join(folder, "sweep"));
    assert.deepEqual(CELLS.slice(0, 3).map((cell) => second.find(cell)), [
      done(CELLS[0]!),
      done(CELLS[1]!),
      undefined,
    ]);
    assert.equal(second.find({ ...CELLS[0]!, data: "other" }), undefined);
    await second.add(done(CELLS[2]!));
    assert.deepEqual((await SweepFile.open(join(folder, "sweep"))).find(CELLS[2]!), done(CELLS[2]!));
  });
});

Deno.test("tables and verdicts: the longest round within 10 % of the synchronous distance, and its speed", () => {
  const cells = CELLS.filter(({ preset }) => preset === "wgan").map(done);
  const [table] = distanceTables(cells);
  assert.deepEqual(table!.columns, ["mode", "seed 1", "seed 2", "mean over the synchronous one"]);
  assert.deepEqual(table!.rows[0], ["synchronous", "0.200", "0.300", "1.00"]);
  assert.deepEqual(table!.rows.at(-1), ["H = 400, nesterov", "0.240", "0.340", "1.16"]);
  const timings = (images_per_second: number) => ({ images_per_second, step_bytes: 2e6 });
  const speeds = [SYNCHRONOUS, ...MODES.filter(({ local_steps }) => local_steps === 100)].map((mode, i) => ({
    ...mode,
    timings: timings(i === 0 ? 100 : 2100),
  }));
  assert.deepEqual(speedTable(speeds, "a link", 4).rows[1], ["H = 100, plain", "2100", "21.0", "2.00"]);
  const [verdict] = localVerdicts(cells, speeds);
  assert.deepEqual([verdict!.found, verdict!.reached], ["H = 100, nesterov, 21.0 times as fast", true]);
  const [slower] = localVerdicts(
    cells,
    speeds.map((s, i) => ({ ...s, timings: timings(i === 0 ? 100 : 900) })),
  );
  assert.equal(slower!.reached, false);
  // A single seed without its synchronous run says nothing.
  assert.equal(localVerdicts(cells.filter(({ local_steps }) => local_steps > 0), speeds)[0]!.found, "none");
});
