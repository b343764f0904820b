import assert from "node:assert/strict";
import { PRESETS } from "../../../coordinator/config/presets.ts";
import { presetLines } from "../../../tasks/presets/preset_table.ts";

Deno.test("presets: a row for each, with what it was measured to reach", () => {
  const [titles, ...rows] = presetLines(Infinity);
  assert.match(titles!, /^PRESET +FOR +NETWORKS +STEPS +MEASURED +TIME +DISTANCE +ON$/);
  assert.deepEqual(rows.map((row) => row.split(" ")[0]), Object.keys(PRESETS));
  assert.match(
    rows.find((row) => row.startsWith("dcgan"))!,
    /^dcgan +images of 32 x 32 or 64 x 64; GAN +convolutional +5,000 +1,500 +3m45s +0\.76 to 0\.046 +MNIST$/,
  );
  // Not measured: nothing behind the steps.
  assert.match(rows.find((row) => row.startsWith("sngan"))!, / 5,000$/);
});

Deno.test("presets: a narrow table keeps steps, time and distance", () => {
  const lines = presetLines(60);
  assert.match(lines[0]!, /^PRESET +STEPS +.*TIME +DISTANCE/);
  assert.ok(lines.every((line) => line.length <= 60));
});
