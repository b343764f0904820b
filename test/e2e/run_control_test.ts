/**
 * Decisions of a run about itself, with real workers. That they are the same with any workers and wherever the run was
 * stopped is proven in one process (test/coordinator/run_control_test.ts).
 */
import assert from "node:assert/strict";
import type { Summary } from "../../runlog/summary/summary.ts";
import { CoordinatorScene } from "../coordinator/coordinator_scene.ts";
import { trainHere } from "./train_here.ts";
import { Workplace } from "./workplace.ts";

/** The first raise can be after 6 windows of 250 steps. */
const STEPS = 1540;

/** Trains to the end with one worker of one thread. */
async function train(out: string, options: readonly string[]): Promise<Summary> {
  const shape = ["--dataset", "8gaussians", "--shards", "1", "--workers", "1"];
  const args = [...shape, "--sample-every", "0", "--checkpoint-every", "0"];
  return await trainHere([...options, ...args, "--out", out]);
}

Deno.test("--adaptive-n-critic raises n_critic where the critic is far from its optimum", async () => {
  await using place = await Workplace.open();
  const options = [
    "--batch",
    "8",
    "--n-critic",
    "1",
    "--lr",
    "5e-3",
    "--adaptive-n-critic",
    "--steps",
    `${STEPS}`,
  ];
  const whole = await train(place.path("whole"), options);
  const [raise] = whole.steered;
  assert.ok(raise, "the critic of this run is far from its optimum");
  assert.equal(raise.decision, "Raised n_critic from 1 to 2");
  assert.equal(whole.generator_steps, raise.step + Math.floor((STEPS - raise.step) / 2));
});

Deno.test("--early-stopping ends a run whose estimate stays", async () => {
  await using place = await Workplace.open();
  // The learning rate falls to 0, so the estimate comes to rest.
  const options = ["--batch", "16", "--decay-steps", "400", "--early-stopping", "--min-steps", "1300"];
  const out = place.path("whole");
  const whole = await train(out, [...options, "--steps", "9000"]);
  assert.equal(whole.state, "finished");
  assert.ok(whole.steps >= 1300 && whole.steps < 9000, `${whole.steps}`);
  assert.match(
    whole.detail!,
    new RegExp(`^Stopped at step ${whole.steps}: the estimate has stopped falling\\. Over `),
  );
  assert.deepEqual(whole.steered.map(({ rule, step }) => [rule, step]), [["stop-when-flat", whole.steps]]);
  assert.equal(whole.samples.filter(({ step }) => step === whole.steps).length, 1);

  await assert.rejects(new CoordinatorScene().run(`train --resume ${out}`), {
    name: "UserError",
    message:
      `Cannot resume: the run stopped at step ${whole.steps}, where its estimate had stopped falling ` +
      "(--early-stopping); give --no-early-stopping to continue anyway",
  });
  const steps = whole.steps + 20;
  const on = await trainHere(["--resume", out, "--no-early-stopping", "--steps", `${steps}`]);
  assert.equal(on.steps, steps);
});
