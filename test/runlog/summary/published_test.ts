import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { drawToy } from "../../../coordinator/data/toy.ts";
import { PRESETS } from "../../../coordinator/config/presets.ts";
import { resolveConfig } from "../../../coordinator/config/config.ts";
import { sha256 } from "../../../common/sha256.ts";
import { PUBLISHED, publishedNote, settingsSha256 } from "../../../runlog/summary/published.ts";
import type { Summary } from "../../../runlog/summary/summary.ts";

const [DEFAULT] = PUBLISHED;
const [[CLASS, WEIGHTS]] = Object.entries(DEFAULT!.weights_sha256) as [[string, string]];
const STROKES_SHA256 = "33d2230d1ac8977f2574ccb024481651bb8b545ddba89a4ed596ee46695277d1";

/** The default run at its end, with these settings given. */
function run(given: Parameters<typeof resolveConfig>[0] = {}, change: Partial<Summary> = {}): Summary {
  const config = resolveConfig({ exact: true, dataset: "strokes", ...given }, "strokes", {
    example_shape: [16, 16],
  });
  // As a log has it.
  const recorded = JSON.parse(JSON.stringify(config)) as Summary["config"];
  return {
    state: "finished",
    steps: config.steps,
    config: recorded,
    data: { sha256: STROKES_SHA256, held_out: 0 },
    weights_sha256: WEIGHTS,
    weights_from: "end",
    bits: "exact",
    numeric_classes: [CLASS],
    ...change,
  } as Summary;
}

Deno.test("the default run is recognised, whatever is set that no bit depends on", () => {
  assert.equal(PRESETS.strokes.steps, 30_000);
  assert.equal(settingsSha256(run(), sha256), DEFAULT!.settings_sha256);
  assert.match(publishedNote(run(), sha256)!, /^The same bits as published for deno task train/);
  const neutral = { evaluate_every: 7, sample_every: 9, checkpoint_every: 11, exact: false };
  assert.match(publishedNote(run(neutral), sha256)!, /^The same bits/);
  const entries = Object.entries(run().config).reverse();
  assert.match(
    publishedNote(run({}, { config: Object.fromEntries(entries) }), sha256)!,
    /^The same bits/,
    "order",
  );
  assert.match(
    publishedNote(run({}, { numeric_classes: ["x", CLASS], bits: "tolerance" }), sha256)!,
    /^The same bits/,
  );
});

Deno.test("other bits alarm nobody but on hardware of the same class", () => {
  const other = { weights_sha256: "f".repeat(64) };
  assert.match(
    publishedNote(run({}, { ...other, numeric_classes: ["x"] }), sha256)!,
    /This is expected, and the run is as good: .*numeric class/,
  );
  assert.match(
    publishedNote(run({}, { ...other, numeric_classes: ["x", CLASS], bits: "tolerance" }), sha256)!,
    /This is expected/,
  );
  assert.match(publishedNote(run({}, other), sha256)!, /please report/);
});

Deno.test("nothing is said of runs of other settings, other data, or that are not at their end", () => {
  const others: Summary[] = [
    run({ seed: 2 }),
    run({ shards: 2 }),
    run({ lr: 1e-4 }),
    run({ steps: 60_000 }),
    run({}, { data: { ...run().data, sha256: "0" } }),
    run({}, { state: "interrupted" }),
    run({}, { steps: 100 }),
    run({}, { weights_from: "checkpoint" }),
  ];
  assert.deepEqual(others.map((one) => publishedNote(one, sha256)), others.map(() => null));
});

Deno.test("the published run of points is recognised: its settings and its data have the published hash", () => {
  const { bytes } = drawToy("8gaussians", 1);
  const config = resolveConfig({ exact: true, dataset: "8gaussians" }, "toy-wgan", { example_shape: [2] });
  const recorded = JSON.parse(JSON.stringify(config)) as Summary["config"];
  const data = { sha256: createHash("sha256").update(bytes).digest("hex"), held_out: 0 } as Summary["data"];
  const settings = settingsSha256({ config: recorded, data }, sha256);
  const row = PUBLISHED.find(({ settings_sha256 }) => settings_sha256 === settings);
  assert.equal(row?.command, "deno task train --dataset 8gaussians");
});
