/** Decisions of a run about itself: the same with any workers, and wherever it was stopped in between. */
import assert from "node:assert/strict";
import type { Summary } from "../../runlog/summary/summary.ts";
import { Workplace } from "./workplace.ts";

/** The first raise can be after 6 windows of 250 steps. */
const STEPS = 1700;

/** What must be the same. */
function outcome({ state, detail, steps, generator_steps, weights_sha256, steered }: Summary) {
  return { state, detail, steps, generator_steps, weights_sha256, steered };
}

/** Trains with `workers` workers in stages: to each number of steps in turn. */
async function train(
  place: Workplace,
  out: string,
  options: readonly string[],
  stages: readonly { steps: number; workers: number }[],
): Promise<Summary> {
  const args = ["--sample-every", "0", "--checkpoint-every", "0"];
  for (const [i, { steps, workers }] of stages.entries()) {
    const run = i === 0 ? [...options, "--out", out] : ["--resume", out];
    const length = ["--steps", `${steps}`, "--workers", `${workers}`];
    const { code, stderr } = await place.run("train", [...run, ...args, ...length]);
    assert.equal(code, 0, stderr);
  }
  return await place.inspect(out);
}

Deno.test("--auto-critic raises n_critic to the same bits with 1 and 2 workers, stopped before and after the raise", async () => {
  await using place = await Workplace.open();
  const points = ["--dataset", "8gaussians", "--shards", "2", "--batch", "16"];
  const options = [...points, "--n-critic", "1", "--lr", "5e-3", "--auto-critic"];
  const [whole, parts] = await Promise.all([
    train(place, place.path("whole"), options, [{ steps: STEPS, workers: 1 }]),
    // In the middle of a window and of the raised pace.
    train(place, place.path("parts"), options, [
      { steps: 1111, workers: 2 },
      { steps: 1601, workers: 1 },
      { steps: STEPS, workers: 2 },
    ]),
  ]);
  assert.deepEqual(outcome(parts), outcome(whole));
  const [raise] = whole.steered;
  assert.ok(raise, "the critic of this run is far from its optimum");
  assert.equal(raise.decision, "Raised n_critic from 1 to 2");
  assert.ok(raise.step > 1111 && raise.step < 1601, `${raise.step}`);
  assert.equal(whole.generator_steps, raise.step + Math.floor((STEPS - raise.step) / 2));
});

Deno.test("--stop-when-flat ends a run whose estimate stays, at the same step wherever it was stopped", async () => {
  await using place = await Workplace.open();
  // The learning rate falls to 0, so the estimate comes to rest.
  const toy = ["--dataset", "8gaussians", "--shards", "2", "--batch", "64", "--decay-steps", "400"];
  const options = [...toy, "--stop-when-flat", "--min-steps", "1300"];
  const [whole, parts] = await Promise.all([
    train(place, place.path("whole"), options, [{ steps: 9000, workers: 2 }]),
    train(place, place.path("parts"), options, [{ steps: 777, workers: 1 }, { steps: 9000, workers: 1 }]),
  ]);
  assert.deepEqual(outcome(parts), outcome(whole));
  assert.equal(whole.state, "finished");
  assert.ok(whole.steps >= 1300 && whole.steps < 9000, `${whole.steps}`);
  assert.match(
    whole.detail!,
    new RegExp(`^Stopped at step ${whole.steps}: the estimate has stopped falling\\. Over `),
  );
  assert.deepEqual(whole.steered.map(({ rule, step }) => [rule, step]), [["stop-when-flat", whole.steps]]);
  assert.equal(whole.samples.filter(({ step }) => step === whole.steps).length, 1);

  const out = place.path("whole");
  const again = await place.run("train", ["--resume", out]);
  assert.equal(again.code, 2);
  assert.match(
    again.stderr,
    new RegExp(
      `Cannot resume: the run stopped at step ${whole.steps}, where its estimate had stopped falling ` +
        "\\(--stop-when-flat\\); give --no-stop-when-flat to train on in any case\n$",
    ),
  );
  const steps = whole.steps + 20;
  const on = await place.run("train", ["--resume", out, "--no-stop-when-flat", "--steps", `${steps}`]);
  assert.equal(on.code, 0, on.stderr);
  assert.equal((await place.inspect(out)).steps, steps);
});
