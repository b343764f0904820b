/**
 * Decisions of a run about itself: the same with any workers, and wherever it was stopped in between. The workers say
 * what the estimates are; test/e2e/run_control_test.ts has real ones.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { summarize } from "../../inspect/run_folders.ts";
import type { Summary } from "../../runlog/summary/summary.ts";
import { tinyImages } from "../e2e/images.ts";
import { inTempDir } from "../temp_dir.ts";
import { CoordinatorScene } from "./coordinator_scene.ts";
import { CountingWorker } from "./counting_worker.ts";

/** What must be the same. */
function outcome({ state, detail, steps, generator_steps, weights_sha256, steered }: Summary) {
  return { state, detail, steps, generator_steps, weights_sha256, steered };
}

interface Stage {
  readonly steps: number;
  readonly workers: number;
}

/** Trains in stages: to each number of steps in turn. */
async function train(
  out: string,
  options: string,
  estimate: (step: number) => number,
  stages: readonly Stage[],
): Promise<Summary> {
  for (const [i, { steps, workers }] of stages.entries()) {
    const run = i === 0 ? `${options} --out ${out}` : `--resume ${out}`;
    const length = `--steps ${steps} --sample-every 0 --checkpoint-every 0`;
    const scene = new CoordinatorScene();
    const ending = scene.run(`coordinator ${run} ${length} --min-workers ${workers}`);
    await Promise.race([scene.opened, ending]);
    for (let worker = 0; worker < workers; worker++) {
      await CountingWorker.join(scene, `worker-${worker}`, { estimate });
    }
    assert.equal((await ending).error, null);
  }
  return await summarize(out, 0);
}

/** A place with images, and the options of a small run on them. */
function inPlace(test: (folder: string, options: string) => Promise<void>): Promise<void> {
  return inTempDir(async (folder) => {
    const data = join(folder, "images-idx3-ubyte");
    await Deno.writeFile(data, tinyImages());
    await test(folder, `--data ${data} --preset strokes --shards 2 --batch 4`);
  });
}

/** So unsteady that the critic is far from its optimum: 1 on average, and 4 from it each time. */
const unsteady = (step: number) => step % 2 === 0 ? 5 : -3;

Deno.test("--adaptive-n-critic raises n_critic alike with 1 and 2 workers, stopped before and after the raise", () =>
  inPlace(async (folder, small) => {
    const steps = 1700, options = `${small} --n-critic 1 --adaptive-n-critic`;
    const whole = await train(join(folder, "whole"), options, unsteady, [{ steps, workers: 1 }]);
    const parts = await train(join(folder, "parts"), options, unsteady, [
      // In the middle of a window and of the raised pace.
      { steps: 1111, workers: 2 },
      { steps: 1601, workers: 1 },
      { steps, workers: 2 },
    ]);
    assert.deepEqual(outcome(parts), outcome(whole));
    assert.deepEqual(whole.steered.map(({ step, decision }) => [step, decision]), [
      [1500, "Raised n_critic from 1 to 2"],
    ]);
    assert.equal(whole.generator_steps, 1500 + 100);
  }));

/** Falls for 512 steps and then stays, but for a little noise: multiples of 1/64. */
const restful = (step: number) => 1 + (Math.max(0, 512 - step) + step * 7 % 5) / 64;

Deno.test("--early-stopping ends a run whose estimate stays, at the same step wherever it was stopped", () =>
  inPlace(async (folder, small) => {
    const options = `${small} --early-stopping --min-steps 1300`;
    const whole = await train(join(folder, "whole"), options, restful, [{ steps: 9000, workers: 2 }]);
    const parts = await train(join(folder, "parts"), options, restful, [
      { steps: 777, workers: 1 },
      { steps: 9000, workers: 1 },
    ]);
    assert.deepEqual(outcome(parts), outcome(whole));
    assert.ok(whole.steps >= 1300 && whole.steps < 9000, `${whole.steps}`);
    assert.deepEqual(whole.steered.map(({ rule, step }) => [rule, step]), [["stop-when-flat", whole.steps]]);
  }));
