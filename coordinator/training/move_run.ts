/** Moves a run at the end of a round of local steps. */
import type { LearnerLayout } from "../../algorithm/learner_layout.ts";
import type { LocalSteps } from "../../algorithm/local_steps.ts";
import { followNorms, iteratesNorms } from "../../algorithm/network_update.ts";
import { isPlain, type OuterSettings, outerStep } from "../../algorithm/outer_step.ts";
import { NETWORKS } from "../../common/network_name.ts";
import { trainedLayout } from "../../models/layout.ts";
import type { Manifest } from "../../models/manifest.ts";
import type { ModelState } from "./model_state.ts";

export interface Moved {
  readonly state: ModelState;
  readonly manifest: Manifest;
  readonly layout: LearnerLayout;
  readonly local: LocalSteps;
  readonly outer: OuterSettings;
}

/**
 * Takes the learners' mean, which is changed: the outer step for the weights, all else as it is. False where some number
 * would be none: the state is as it was then.
 */
export function moveRun(
  { state, manifest, layout, local, outer }: Moved,
  mean: Float32Array<ArrayBuffer>,
): boolean {
  const velocity = state.velocity &&
    { critic: state.velocity.critic.slice(), generator: state.velocity.generator.slice() };
  for (const network of NETWORKS) {
    const flat = layout.stateOf(mean, network);
    const trained = flat.subarray(0, trainedLayout(manifest, network).size);
    const clip = network === "critic" ? local.clip : null;
    outerStep(trained, state[network].parameters, velocity?.[network] ?? null, outer, clip);
    // Vectors of several learners make no vector of their mean; those of one alone are up with its weights.
    const is_alone = local.learners === 1 && isPlain(outer);
    if (iteratesNorms(manifest, network) && !is_alone) {
      followNorms(manifest, flat.subarray(0, manifest.layouts[network].size));
    }
  }
  const states = mean.subarray(0, layout.state_sizes.critic + layout.state_sizes.generator);
  if (state.kernels.firstNonFinite(states) >= 0) return false;
  if (velocity && NETWORKS.some((network) => !velocity[network].every(Number.isFinite))) return false;
  for (const network of NETWORKS) {
    layout.unpack(network, layout.stateOf(mean, network), state);
    if (velocity) state.velocity![network].set(velocity[network]);
  }
  return true;
}
