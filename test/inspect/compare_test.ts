import assert from "node:assert/strict";
import { comparison, differences } from "../../inspect/compare.ts";
import { noneSkipped } from "../../runlog/log/reader.ts";
import type { RecordOf } from "../../runlog/records.ts";
import { RunFold, type Summary } from "../../runlog/summary/summary.ts";
import { end, runRecord, stepRecord } from "../runlog/log/example_log.ts";

/** A run of so many steps whose estimate is this everywhere. */
function run(config: Record<string, unknown>, num_steps: number, estimate: number): Summary {
  const fold = new RunFold();
  const { config: standard, ...rest } = runRecord() as RecordOf<"run">;
  fold.add({ ...rest, config: { ...standard, ...config } });
  for (let step = 1; step <= num_steps; step++) {
    const { generator: _, ...record } = stepRecord(step, {
      wasserstein_estimate: estimate,
      loss_critic: -estimate,
    });
    fold.add(record);
  }
  fold.add(end(num_steps));
  return fold.summary(false, noneSkipped());
}

const A = run({ lr: 5e-5, networks: { critic: { widths: [2, 4, 1] } } }, 20, 1);
const B = run({ lr: 1e-4, networks: { critic: { widths: [2, 8, 1] } }, decay_steps: 0 }, 10, 3);

Deno.test("differences: only what is not the same, nested settings by their path", () => {
  assert.deepEqual([...differences([A, B, A])], [
    ["lr", ["5e-5", "1e-4", "5e-5"]],
    ["networks.critic.widths", ["2,4,1", "2,8,1", "2,4,1"]],
    ["decay_steps", ["-", "0", "-"]],
  ]);
  assert.deepEqual([...differences([A, A])], []);
});

Deno.test("the comparison: figures, differences, and curves on one scale and one axis", () => {
  const terminal = { colour: false, unicode: true, width: 40 };
  const lines = comparison([{ name: "a", summary: A }, { name: "bb", summary: B }], terminal);
  assert.equal(
    lines.join("\n"),
    `RUN  STEPS  ESTIMATE  DISTANCE
a       20         1         -
bb      10         3         -

What differs
                          a      bb
  lr                      5e-5   1e-4
  networks.critic.widths  2,4,1  2,8,1
  decay_steps             -      0

Wasserstein estimate, lower is better,
  each on its critic's own scale
  one scale, 1 to 3; steps 1 to 20

  a   ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁ 1
      ████████████
  bb  ████████████             3`,
  );
  const same = comparison([{ name: "a", summary: A }, { name: "a", summary: A }], terminal);
  assert.ok(same.includes("Their configurations are the same"));
});

Deno.test("where names are long and the terminal narrow: one value a line, curves below their names", () => {
  const long = (name: string) => `2026-03-01_09-30-05_${name}`;
  const runs = [{ name: long("a"), summary: A }, { name: long("bb"), summary: B }];
  const lines = comparison(runs, { colour: false, unicode: true, width: 40 });
  const differs = lines.indexOf("What differs");
  assert.deepEqual(lines.slice(0, 3), [
    "RUN                     STEPS  ESTIMATE",
    "2026-03-01_09-30-05_a      20         1",
    "2026-03-01_09-30-05_bb     10         3",
  ]);
  assert.ok(lines.slice(differs).includes("    2026-03-01_09-30-05_bb: 1e-4"), lines.join("\n"));
  assert.ok(lines.includes("  2026-03-01_09-30-05_a"));
  for (const line of lines) assert.ok(line.length <= 40, line);
});

Deno.test("distances are drawn on one scale; the critic's loss only where a run has no estimate", () => {
  const terminal = { colour: false, unicode: true, width: 120 };
  const evaluations = [[0, 9], [10, 0.5], [20, 0.25]].map(([step, distance]) => {
    return { step: step!, sliced_wasserstein: distance! };
  });
  const run = { name: "a", summary: { ...A, evaluations } };
  const lines = comparison([run, { name: "b", summary: A }], terminal);
  const at = lines.findIndex((line) => line.startsWith("Distance of samples to the data, lower is better"));
  assert.match(lines[at]!, /one scale, 0\.25 to 0\.5/);
  assert.match(lines[at + 2]!, /^ +a .* 0\.25$/);
  assert.match(lines[0]!, /^RUN .*DISTANCE .*VERDICT .*DOCTOR$/);
  assert.match(lines[1]!, /Too early to tell .*no problems$/);
  assert.ok(!lines.some((line) => line.startsWith("Critic loss")));
  const gan = { name: "g", summary: { ...A, wasserstein_estimate: null } };
  assert.ok(comparison([run, gan], terminal).some((line) => line.startsWith("Critic loss")));
});
