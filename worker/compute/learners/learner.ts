/**
 * A learner of local steps, on a compute thread: trains both networks on its own shards for one round, as a coordinator
 * would on all of them. What comes out depends on the state at the begin, the shards and the steps alone.
 */
import { type Figure, LearnerLayout, type LearnerState } from "../../../algorithm/learner_layout.ts";
import type { InnerGeneratorStep, InnerStep, LocalSteps } from "../../../algorithm/local_steps.ts";
import {
  moveStatistics,
  type TrainedNetwork,
  updateNetwork,
  type UpdateTools,
} from "../../../algorithm/network_update.ts";
import { MAGNITUDE_LIMIT, meanAt, type UpdateOptions } from "../../../algorithm/optimizer.ts";
import { type NetworkName, NETWORKS } from "../../../common/network_name.ts";
import type { TreeNode } from "../../../kernels/tree.ts";
import { TAIL } from "../../../models/tail.ts";
import type { Engine, Sum } from "../engine.ts";
import type { Leaf } from "../sum_task.ts";

/** What a round begins with. `states`: of each network, as algorithm/learner_layout.ts has them. */
export interface LearnerBegin {
  readonly node: TreeNode;
  readonly states: Readonly<Record<NetworkName, Float32Array>>;
}

/** One critic step of a learner. `leaves`: its shards with their examples. */
export interface LearnerStep {
  readonly inner: InnerStep;
  readonly leaves: readonly Leaf[];
}

/** A round under way. */
interface Round {
  readonly node: TreeNode;
  readonly result: Float32Array<ArrayBuffer>;
  /** Steps that were taken. */
  done: number;
  /** True if a step could not be taken: the rest is not. */
  has_failed: boolean;
}

export class Learner {
  readonly #engine: Engine;
  readonly #local: LocalSteps;
  readonly #layout: LearnerLayout;
  readonly #state: LearnerState;
  readonly #tools: UpdateTools;
  #round: Round | null = null;

  constructor(engine: Engine, local: LocalSteps) {
    const { manifest, kernels } = engine, { optimizer } = local;
    this.#engine = engine;
    this.#local = local;
    this.#layout = new LearnerLayout(manifest, optimizer.kind, local.steps);
    this.#tools = { kernels, manifest, optimizer };
    const statistics = new Float32Array(manifest.layouts.statistics.size);
    this.#state = { critic: this.#network("critic"), generator: this.#network("generator"), statistics };
  }

  #network(name: NetworkName): TrainedNetwork {
    const weights = this.#engine.weightsOf(name);
    const { manifest, kernels } = this.#engine;
    const { tail_offset } = manifest.graphs[`${name}_training_model`];
    return {
      weights,
      parameters: weights.subarray(0, tail_offset),
      square_average: kernels.allocate(tail_offset),
      average: this.#local.optimizer.kind === "adam" ? kernels.allocate(tail_offset) : null,
    };
  }

  /** Begins a round; what was under way is forgotten. */
  begin({ node, states }: LearnerBegin): void {
    for (const network of NETWORKS) this.#layout.unpack(network, states[network], this.#state);
    const result = new Float32Array(this.#layout.size);
    this.#round = { node, result, done: 0, has_failed: false };
  }

  /**
   * Takes the round's next critic step, and the generator step that follows it. Where a number is none, the figures say so,
   * and no further step is taken. Returns the time in ONNX Runtime.
   */
  async step({ inner, leaves }: LearnerStep): Promise<number> {
    const round = this.#open();
    const index = round.done++;
    if (round.has_failed) return 0;
    const critic = await this.#criticStep(round, index, inner, leaves);
    if (round.has_failed || inner.generator === null) return critic;
    return critic + await this.#generatorStep(round, index, inner.generator, leaves);
  }

  async #criticStep(round: Round, index: number, inner: InnerStep, leaves: readonly Leaf[]): Promise<number> {
    const noise = { noise_purpose: "critic_noise", noise_counter: inner.step } as const;
    const sum = await this.#engine.sum({ kind: "critic", node: round.node, leaves, ...noise });
    const note = (figure: Figure, place: number) => {
      round.result[this.#layout.placeOf(index, figure)] = this.#tail(round, "critic", sum, place);
    };
    note("loss_critic", TAIL.critic.loss);
    note("mean_D_real", TAIL.critic.mean_D_real);
    note("mean_D_fake", TAIL.critic.mean_D_fake);
    const { clip, clip_grad_norm } = this.#local;
    this.#update(round, index, "critic", sum, { lr: inner.lr, clip, clip_grad_norm, update: inner.step });
    return sum.compute_ms;
  }

  async #generatorStep(
    round: Round,
    index: number,
    { update, lr, ...noise }: InnerGeneratorStep,
    leaves: readonly Leaf[],
  ): Promise<number> {
    const { node, result } = round;
    const sum = await this.#engine.sum({ kind: "generator", node, leaves, ...noise });
    result[this.#layout.placeOf(index, "loss_generator")] = this.#tail(
      round,
      "generator",
      sum,
      TAIL.generator.loss,
    );
    const batch = this.#state.statistics.map((_, i) =>
      this.#tail(round, "generator", sum, TAIL.generator.statistics + i)
    );
    const { clip_grad_norm } = this.#local;
    if (this.#update(round, index, "generator", sum, { lr, clip: null, clip_grad_norm, update })) {
      moveStatistics(this.#state.statistics, batch);
    }
    return sum.compute_ms;
  }

  /** Updates a network, and notes its checksum; or notes that it could not. */
  #update(
    round: Round,
    index: number,
    name: NetworkName,
    { sum, largest }: Sum,
    options: UpdateOptions,
  ): boolean {
    const checksum = largest < MAGNITUDE_LIMIT
      ? updateNetwork(
        this.#tools,
        name,
        this.#state[name],
        { a: sum, b: null },
        this.#scale(round),
        options,
      )
      : null;
    if (checksum === null) {
      round.has_failed = true;
      const figure = name === "critic" ? "loss_critic" : "loss_generator";
      round.result[this.#layout.placeOf(index, figure)] = NaN;
      return false;
    }
    this.#layout.mark(round.result, index, name, checksum);
    return true;
  }

  /** 1 / leaves of the learner. */
  #scale({ node: { begin, end } }: Round): number {
    return 1 / ((end - begin) * (this.#engine.manifest.accumulate ?? 1));
  }

  /** The mean of one number of the tail. */
  #tail(round: Round, name: NetworkName, { sum }: Sum, place: number): number {
    const { tail_offset } = this.#engine.manifest.graphs[`${name}_training_model`];
    return meanAt({ a: sum, b: null }, tail_offset + place, this.#scale(round));
  }

  /** Ends the round: its result. Throws where steps are missing. */
  end(): Float32Array<ArrayBuffer> {
    const { result, done } = this.#open();
    if (done !== this.#local.steps) {
      throw new Error(`A round must have ${this.#local.steps} steps before its end: found ${done}`);
    }
    this.#round = null;
    for (const network of NETWORKS) {
      this.#layout.pack(network, this.#state, this.#layout.stateOf(result, network));
    }
    return result;
  }

  #open(): Round {
    if (this.#round === null) throw new Error("A learner must have begun a round");
    return this.#round;
  }
}
