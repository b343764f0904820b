import assert from "node:assert/strict";
import type { ModelState } from "../../../coordinator/training/model_state.ts";
import { graphNamesOf } from "../../../models/manifest.ts";
import { preparedRun, trainSteps } from "./local_scene.ts";

const GAN = [
  "--dataset",
  "8gaussians",
  "--preset",
  "toy-gan",
  "--batch",
  "32",
  "--shards",
  "4",
  "--steps",
  "8",
];

function copyState(from: ModelState, to: ModelState): void {
  for (const network of ["critic", "generator"] as const) {
    for (const buffer of ["weights", "square_average", "average"] as const) {
      to[network][buffer]!.set(from[network][buffer]!);
    }
  }
  to.giveWhole();
  to.refreshChecksums();
  to.commit(from.step);
  to.generator_step = from.generator_step;
}

Deno.test("lazy penalties: in one of so many steps, so many times as heavy, and no penalty between", async () => {
  const lazy = await preparedRun([...GAN, "--r1", "2", "--lazy-penalty", "3"]);
  const heavy = [...GAN, "--r1", "6"];
  assert.equal(graphNamesOf(lazy.facts.manifest).length, 6);
  // A run of one step each: from the state before it, by the settings that it should have.
  for (let step = 1; step <= 8; step++) {
    const has_penalty = step === 1 || step === 4 || step === 7;
    const expected = await preparedRun(has_penalty ? heavy : GAN);
    copyState(lazy.state, expected.state);
    const [found] = await trainSteps(lazy, { steps: step });
    const [reference] = await trainSteps(expected, { steps: step });
    assert.equal(found!.loss_critic, reference!.loss_critic, `step ${step}`);
    assert.deepEqual(lazy.state.critic.checksum, expected.state.critic.checksum, `step ${step}`);
    assert.deepEqual(lazy.state.generator.checksum, expected.state.generator.checksum, `step ${step}`);
  }
});
