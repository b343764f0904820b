import assert from "node:assert/strict";
import { controlRun, FIRST_RUN_CONTROL, type Steered } from "../../../coordinator/training/run_control.ts";

const SETTINGS = { auto_critic: false, stop_when_flat: true, min_steps: 100, n_critic: 5, warm_up: false };

/** An estimate that stays, in rounds of this length: decisions by step, and where the run would stop. */
function decisions(round: number) {
  const found: [number, Steered["decision"]][] = [];
  let state = FIRST_RUN_CONTROL;
  for (let step = 1; step <= 2100; step++) {
    const estimate = 1 + Math.sin(step) / 1000;
    const ends_at = Math.ceil(step / round) * round;
    const control = controlRun(SETTINGS, state, { step, generator_step: 0, estimate }, ends_at);
    state = control.state;
    for (const { decision } of control.steered) found.push([step, decision]);
    if (state.flat_at === step) break;
  }
  return { found, flat_at: state.flat_at };
}

Deno.test("a run whose estimate stays ends at the step at which that is seen", () => {
  const { found, flat_at } = decisions(1);
  // 64 blocks of 20 steps.
  assert.deepEqual(found, [[1280, "Stopped at step 1280: the estimate has stopped falling"]]);
  assert.equal(flat_at, 1280);
});

Deno.test("within a round of local steps it is seen at the same step, and ends with the round", () => {
  const { found, flat_at } = decisions(300);
  assert.deepEqual(found, [[1280, "Stopped at step 1500: the estimate has stopped falling"]]);
  assert.equal(flat_at, 1500);
});
