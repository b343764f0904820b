import assert from "node:assert/strict";
import {
  cellsOf,
  changedPlan,
  parseAxis,
  parsePlan,
  parseSeeds,
  planSweep,
} from "../../../tasks/sweep/plan.ts";

const refuses = (run: () => unknown, message: RegExp) => assert.throws(run, { name: "UserError", message });

Deno.test("a sweep is every combination with every seed, each with a folder and options of its own", () => {
  const plan = planSweep(["lr=1e-4,2e-4", "spectral-norm=on,off"], "1..2", ["--preset", "wgan"]);
  const cells = cellsOf(plan);
  assert.deepEqual(cells.map(({ folder }) => folder), [
    "lr=1e-4_spectral_norm=on_seed=1",
    "lr=1e-4_spectral_norm=on_seed=2",
    "lr=1e-4_spectral_norm=off_seed=1",
    "lr=1e-4_spectral_norm=off_seed=2",
    "lr=2e-4_spectral_norm=on_seed=1",
    "lr=2e-4_spectral_norm=on_seed=2",
    "lr=2e-4_spectral_norm=off_seed=1",
    "lr=2e-4_spectral_norm=off_seed=2",
  ]);
  assert.deepEqual(cells[2]!.args, ["--preset", "wgan", "--lr=1e-4", "--no-spectral-norm", "--seed", "1"]);
  assert.equal(cells[7]!.point, "lr=2e-4 spectral_norm=off");
  assert.deepEqual(cellsOf(planSweep([], "3", [])).map(({ point, folder }) => [point, folder]), [
    ["defaults", "seed=3"],
  ]);
  assert.deepEqual(parsePlan(JSON.stringify(plan), "sweep.json"), plan);
});

Deno.test("values are apart by commas, or by semicolons where they contain commas; seeds are ranges and lists", () => {
  assert.deepEqual(parseAxis("betas=0,0.9;0.5,0.9").values, ["0,0.9", "0.5,0.9"]);
  assert.deepEqual(parseAxis("lr=1e-4, 2e-4,1e-4").values, ["1e-4", "2e-4"]);
  assert.deepEqual(parseAxis("data=a.npz#x=y").values, ["a.npz#x=y"]);
  assert.deepEqual(parseSeeds("1..3, 7,2"), [1, 2, 3, 7]);
  for (const wrong of ["", "3..1", "1-3", "a", "0..10000"]) {
    refuses(() => parseSeeds(wrong), /^Option --seeds must be seeds such as 1\.\.3 or 1,2,7/);
  }
});

Deno.test("what train would refuse, or what the sweep decides, is refused before the first run", () => {
  refuses(() => planSweep(["lr"], "1", []), /^Option --grid must be OPTION=VALUE,VALUE,….*found "lr"$/);
  refuses(() => planSweep(["lr=1,"], "1", []), /^Option --grid must be OPTION=VALUE/);
  refuses(() => planSweep(["lr=1e-4,fast"], "1", []), /^Option --lr must be a number .*found "fast"$/);
  refuses(() => planSweep(["rate=1"], "1", []), /^Unknown option --rate/);
  refuses(
    () => planSweep(["spectral_norm=1"], "1", []),
    /^Values of spectral_norm in --grid must be on or off/,
  );
  refuses(
    () => planSweep(["lr=1", "lr=2"], "1", []),
    /^Option --grid must name each option once: found lr twice$/,
  );
  refuses(() => planSweep(["seed=1,2"], "1", []), /^Cannot use seed in --grid: give --seeds before --$/);
  refuses(() => planSweep([], "1", ["--seed", "2"]), /^Cannot use --seed behind --: give --seeds before --$/);
  refuses(() => planSweep([], "1", ["--no-such"]), /^Unknown option --no-such/);
  refuses(
    () => planSweep(["data=a/b,a?b"], "1", []),
    /^Values of --grid must differ in letters, .* data=a-b_seed=1$/,
  );
  refuses(() => planSweep(["lr=1,2"], "1..9999", []), /^A sweep must have at most 10000 runs: found 19998$/);
});

Deno.test("a resumed sweep may get other values and seeds, and no other options", () => {
  const plan = planSweep(["lr=1e-4"], "1", ["--preset", "gan"]);
  assert.deepEqual(changedPlan(plan, [], undefined), plan);
  assert.deepEqual(
    changedPlan(plan, ["lr=1e-4,1e-3"], "1..2"),
    planSweep(["lr=1e-4,1e-3"], "1,2", plan.train),
  );
  refuses(() => changedPlan(plan, ["batch=8"], undefined), /must vary the same options, lr: found batch$/);
  for (
    const [text, found] of [
      ["{", "no JSON"],
      ["null", "format undefined"],
      ['{"format":1}', "no list of axes"],
      ['{"format":1,"axes":[],"seeds":["1"]}', "no list of seeds"],
      ['{"format":1,"axes":[],"seeds":[1],"train":[1]}', "no options of train"],
    ] as const
  ) {
    refuses(
      () => parsePlan(text, "p"),
      new RegExp(`^Cannot resume the sweep: p must be .*, found ${found}$`),
    );
  }
});
