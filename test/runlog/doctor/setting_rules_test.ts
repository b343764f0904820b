import assert from "node:assert/strict";
import { PRESETS } from "../../../coordinator/config/presets.ts";
import { examine } from "../../../runlog/doctor/doctor.ts";
import type { Finding } from "../../../runlog/doctor/rule.ts";
import { PRESET_LR } from "../../../runlog/doctor/setting_rules.ts";
import { noneSkipped } from "../../../runlog/log/reader.ts";
import type { RunRecord } from "../../../runlog/records.ts";
import { RunFold } from "../../../runlog/summary/summary.ts";
import { runRecord, steps } from "../log/example_log.ts";

/** What is found in a run of these settings. */
function of(config: Record<string, unknown>, records: readonly RunRecord[] = steps(1, 10)): Finding[] {
  const fold = new RunFold();
  for (const record of [runRecord({ config }), ...records]) fold.add(record);
  return examine(fold.summary(false, noneSkipped()));
}

Deno.test("learning-rate-too-high: far above the preset's, or not below the clip bound", () => {
  const found = (preset: string, lr: number, clip: number | null) => {
    return of({ preset, lr, clip }).map(({ seen, change }) => [seen, change]);
  };
  const start = (lr: string) => `Start a new run with --lr ${lr}`;
  assert.deepEqual(found("wgan", 0.5, 0.01), [[
    "The learning rate of 0.5 is 10,000 times the 5e-5 of preset wgan, and not below the clip bound of 0.01",
    start("5e-5"),
  ]]);
  assert.deepEqual(found("wgan-gp", 1e-3, null), [[
    "The learning rate of 0.001 is 10 times the 1e-4 of preset wgan-gp",
    start("1e-4"),
  ]]);
  assert.deepEqual(found("wgan", 5e-5, 5e-5), [[
    "The learning rate of 5e-5 is not below the clip bound of 5e-5",
    start("5e-7"),
  ]]);
  assert.deepEqual(found("of another version", 0.02, 0.01), [[
    "The learning rate of 0.02 is not below the clip bound of 0.01",
    start("1e-4"),
  ]]);
  assert.deepEqual([found("wgan-gp", 9.9e-4, null), found("of another version", 9, null)], [[], []]);
  const ended = (distance: number): RunRecord[] => [
    ...steps(1, 10),
    ...[[0, 1], [10, distance]].map(([step, sliced_wasserstein]) => (
      { type: "evaluation", step, sliced_wasserstein } as RunRecord
    )),
  ];
  const grade = (lr: number, distance: number) =>
    of({ preset: "wgan", lr, clip: 0.01 }, ended(distance))[0]?.grade;
  assert.deepEqual([grade(1e-3, 0.26), grade(1e-3, 0.25), grade(0.01, 0.01)], ["fault", "note", "fault"]);
});

Deno.test("learning-rate-too-high: of two rates the higher counts, and the critic's against the clip bound", () => {
  const seen = (rates: Record<string, number>) =>
    of({ preset: "wgan", lr: 5e-5, clip: 0.01, ...rates })[0]?.seen;
  assert.equal(
    seen({ lr_generator: 0.01 }),
    "The learning rate of 0.01 is 200 times the 5e-5 of preset wgan",
  );
  assert.match(seen({ lr_critic: 0.01 })!, /not below the clip bound of 0\.01$/);
  assert.equal(seen({ lr_critic: 1e-4, lr_generator: 2e-4 }), undefined);
});

Deno.test("no preset has too high a learning rate of its own, and the doctor knows that of each", () => {
  const rates = Object.entries(PRESETS).map(([preset, { lr }]) => [preset, lr]);
  assert.deepEqual(PRESET_LR, Object.fromEntries(rates));
  for (const [preset, { lr, clip }] of Object.entries(PRESETS)) {
    assert.deepEqual(of({ preset, lr, clip }), []);
  }
});
