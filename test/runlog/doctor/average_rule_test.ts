import assert from "node:assert/strict";
import { average_lags } from "../../../runlog/doctor/average_rule.ts";
import { noneSkipped } from "../../../runlog/log/reader.ts";
import { RunFold, type Summary } from "../../../runlog/summary/summary.ts";
import { runRecord } from "../log/example_log.ts";

const EMPTY: Summary = (() => {
  const fold = new RunFold();
  fold.add(runRecord());
  return fold.summary(false, noneSkipped());
})();

/** Batches of 64, a generator step after five critic steps: 12,800 examples after 1,000 steps. */
function runOf(steps: number, settings: Readonly<Record<string, unknown>>): Summary {
  const config = { ...EMPTY.config, batch: 64, steps: 1000, ...settings };
  return { ...EMPTY, steps, generator_steps: Math.floor(steps / 5), config };
}

Deno.test("average-lags: speaks where a tenth of the initial weights will be left at the end, early on as well", () => {
  // 12,800 examples are three and four half-lives: an eighth and a sixteenth of the initial weights are left.
  for (const steps of [500, 1000]) {
    const found = average_lags.find(runOf(steps, { ema_half_life: 12_800 / 3 }))!;
    assert.ok(Math.abs(found.numbers.share! - 0.125) < 1e-12);
    assert.equal(found.change, "Start a new run with --ema-half-life 600, or with more --steps");
    assert.match(found.seen, /12\.5 % of the averaged generator will come from its initial weights/);
    assert.equal(average_lags.find(runOf(steps, { ema_half_life: 12_800 / 4 })), null);
  }
});

Deno.test("average-lags: silent without an average, before 100 generator steps, and where the run is long enough", () => {
  assert.equal(average_lags.find(runOf(1000, {})), null);
  assert.equal(average_lags.find(runOf(1000, { ema_half_life: 0 })), null);
  assert.equal(average_lags.find(runOf(495, { ema_half_life: 1e9 })), null);
  assert.notEqual(average_lags.find(runOf(500, { ema_half_life: 1e9 })), null);
  assert.equal(average_lags.find(runOf(500, { ema_half_life: 1e4, steps: 10_000 })), null);
});
