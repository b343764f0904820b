/** Answers for the run's coordinator: results of a relay's workers, added in the order of the tree, and rounded for the way. */
import { LearnerLayout } from "../algorithm/learner_layout.ts";
import type { NetworkName } from "../common/network_name.ts";
import { ResultMemory } from "../coordinator/fleet/memory/result_memory.ts";
import type { NodeResult } from "../coordinator/fleet/round.ts";
import { TreeSum } from "../coordinator/training/averaging.ts";
import { ALIGNMENT_BYTES, Kernels } from "../kernels/kernels.ts";
import type { TreeNode } from "../kernels/tree.ts";
import type { Manifest } from "../models/manifest.ts";
import type { MessageOf } from "../wire/messages.ts";
import { Rounder, type Rounding } from "../worker/compute/rounder.ts";
import type { DifferenceReader } from "./relay_states.ts";

const FLOAT_BYTES = 4;
/** Buffers kept of answers that have been sent. */
const MAX_SPARES = 8;

type Run = Pick<MessageOf<"welcome">, "shards" | "seed" | "wire" | "local_steps">;

export class NodeSums {
  /** Where results of workers lie. */
  readonly memory: ResultMemory;
  /** Null where all travels as float32. */
  readonly reader: DifferenceReader | null;
  readonly #tree: TreeSum;
  readonly #rounder: Rounder | null;
  readonly #spares: Float32Array<ArrayBuffer>[] = [];

  /** Throws RangeError where the system does not give as much memory. */
  constructor({ shards, seed, wire: { format }, local_steps }: Run, manifest: Manifest) {
    const { graphs, layouts } = manifest;
    const sum_size = Math.max(graphs.critic_training_model.size, graphs.generator_training_model.size);
    // Learners' results go on as they are.
    const size = local_steps
      ? new LearnerLayout(manifest, local_steps.optimizer.kind, local_steps.steps).size
      : sum_size;
    const largest = Math.max(layouts.critic.size, layouts.generator.size);
    const is_rounded = format !== "float32";
    const kernels = Kernels.create(
      ResultMemory.bytesNeeded(shards, size) + TreeSum.bytesNeeded(shards, local_steps ? 0 : sum_size) +
        (is_rounded ? Rounder.bytesNeeded(manifest, format) + FLOAT_BYTES * largest + ALIGNMENT_BYTES : 0),
    );
    this.memory = new ResultMemory(kernels, shards, size);
    this.#tree = new TreeSum(kernels, shards, local_steps ? 0 : sum_size, null, true);
    this.#rounder = is_rounded ? new Rounder(kernels, manifest, format, seed) : null;
    this.reader = this.#rounder && { rounder: this.#rounder, room: kernels.allocate(largest) };
  }

  /** The sum of a node that these results make up, as it travels. */
  sum(
    node: TreeNode,
    results: readonly NodeResult[],
    kind: NetworkName,
    rounding: Rounding | null,
  ): Float32Array<ArrayBuffer> {
    const sum = this.#tree.sumOf(node, results, kind);
    const travels = rounding && this.#rounder ? this.#rounder.pack(sum, rounding) : sum;
    const answer = this.#spare(travels.length);
    answer.set(travels);
    return answer;
  }

  /** Takes back the buffer of an answer that has been sent. */
  recycle(answer: Float32Array<ArrayBuffer>): void {
    if (this.#spares.length < MAX_SPARES) this.#spares.push(answer);
  }

  #spare(length: number): Float32Array<ArrayBuffer> {
    const at = this.#spares.findIndex((spare) => spare.length === length);
    return at < 0 ? new Float32Array(length) : this.#spares.splice(at, 1)[0]!;
  }
}
