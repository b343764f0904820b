import assert from "node:assert/strict";
import { simulate, USUAL_LENGTH } from "../../simulation/measure.ts";
import { measuredPoints } from "./measured_points.ts";

/** Found 5 % at most. */
const TOLERANCE = 0.15;

Deno.test("simulated runs make as many images a second as measured ones, within 15 %", async () => {
  const rows: string[] = [];
  let worst = 0;
  for (const { name, measured, setup } of measuredPoints()) {
    const { images_per_second: found } = await simulate(setup, USUAL_LENGTH);
    const error = found / measured - 1;
    worst = Math.max(worst, Math.abs(error));
    rows.push(
      `${name}: measured ${measured.toFixed(0)}, simulated ${found.toFixed(0)}, ${
        (100 * error).toFixed(1)
      } %`,
    );
  }
  assert.ok(worst < TOLERANCE, rows.join("\n"));
});
