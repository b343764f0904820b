/** Both networks' states as learners begin a round with them, in the form in which they travel. */
import type { LearnerLayout } from "../../algorithm/learner_layout.ts";
import { type NetworkName, NETWORKS } from "../../common/network_name.ts";
import type { Kernels } from "../../kernels/kernels.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { ModelState } from "./model_state.ts";

export class PublishedStates {
  readonly #kernels: Kernels;
  readonly #layout: LearnerLayout;
  readonly #states: Readonly<Record<NetworkName, Float32Array<ArrayBuffer>>>;

  constructor(kernels: Kernels, layout: LearnerLayout) {
    const { critic, generator } = layout.state_sizes;
    this.#kernels = kernels;
    this.#layout = layout;
    this.#states = { critic: kernels.allocate(critic), generator: kernels.allocate(generator) };
  }

  static bytesNeeded({ state_sizes: { critic, generator } }: LearnerLayout): number {
    return 4 * (critic + generator) + 2 * 64;
  }

  /** Gives the workers both networks' states as they are. */
  publish(state: ModelState, fleet: Pick<Fleet, "publish">): void {
    for (const network of NETWORKS) {
      const given = this.#states[network];
      this.#layout.pack(network, state, given);
      const step = network === "critic" ? state.step : state.generator_step;
      fleet.publish(network, step, { checksum: this.#kernels.checksum(given), given, change: null });
    }
  }
}
