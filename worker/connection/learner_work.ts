/** Local steps as a connection sees them: the states that learners begin with, and their rounds. */
import { LearnerLayout } from "../../algorithm/learner_layout.ts";
import { innerSteps, type LocalSteps } from "../../algorithm/local_steps.ts";
import type { NetworkName } from "../../common/network_name.ts";
import type { Manifest } from "../../models/manifest.ts";
import type { MessageOf } from "../../wire/messages.ts";
import type { Learned } from "../compute/learners/learner_queue.ts";
import type { ComputePool } from "../compute/pools/compute_pool.ts";
import type { MicroBatches } from "./micro_batches.ts";

export class LearnerWork {
  readonly #local: LocalSteps;
  readonly #layout: LearnerLayout;
  readonly #states: { -readonly [N in NetworkName]: Float32Array };

  constructor(manifest: Manifest, local: LocalSteps) {
    this.#local = local;
    this.#layout = new LearnerLayout(manifest, local.optimizer.kind, local.steps);
    this.#states = { critic: new Float32Array(), generator: new Float32Array() };
  }

  /** Numbers of each network's state. */
  get state_sizes(): Readonly<Record<NetworkName, number>> {
    return this.#layout.state_sizes;
  }

  /** Learners of later work begin with a copy of this; those that have been asked for, with what was there before. */
  setWeights(network: NetworkName, state: Float32Array): void {
    this.#states[network] = state.slice();
  }

  /**
   * Trains the learner of these shards. Null where it is not wanted any more. Throws {@linkcode Refusal} where examples are
   * missing, {@linkcode ComputeError} where it cannot be computed.
   */
  train(
    work: MessageOf<"work">,
    payload: Uint8Array,
    { pool, batches }: { readonly pool: Pick<ComputePool, "learn">; readonly batches: MicroBatches },
    isWanted: () => boolean,
  ): Promise<Learned | null> {
    const { begin, end, step } = work;
    const steps = innerSteps(this.#local, step);
    const leavesAt = batches.leavesOfRound(work, payload, steps);
    return pool.learn({ node: { begin, end }, states: { ...this.#states }, steps, leavesAt, isWanted });
  }
}
