/** What this run's workers answer: sums of shards, rounded or not, or the results of learners. */
import { LearnerLayout } from "../../../algorithm/learner_layout.ts";
import { innerSteps, type LocalSteps } from "../../../algorithm/local_steps.ts";
import type { NetworkName } from "../../../common/network_name.ts";
import { takesReal } from "../../../models/manifest.ts";
import type { MessageOf } from "../../../wire/messages.ts";
import type { Position } from "../../data/plan.ts";
import type { RunFacts } from "../admission/join.ts";
import type { PackedResults } from "../memory/packed_results.ts";
import type { ChunkMemory } from "../memory/chunk_memory.ts";
import type { ResultMemory } from "../memory/result_memory.ts";
import type { Member } from "../member.ts";
import { type Flaw, graphOf, ResultCheck } from "../result_check.ts";
import { LearnerCheck } from "./learner_check.ts";

type Known = Pick<Member, "record">;

/** A run with local steps. */
interface Learners {
  readonly local: LocalSteps;
  readonly layout: LearnerLayout;
  readonly check: LearnerCheck;
}

export class Answers {
  /** Shards of a wire group or a learner, whose answer is one; null where any node's is. */
  readonly unit_shards: number | null;
  readonly #manifest: RunFacts["manifest"];
  readonly #packed: PackedResults | null;
  readonly #check: ResultCheck;
  readonly #learners: Learners | null;

  /** `memory`, `chunks`: where payloads lie. `packed`: reads rounded ones; absent: they are float32. */
  constructor(
    { manifest, wire, local = null }: Pick<RunFacts, "manifest" | "wire" | "local">,
    readonly num_shards: number,
    { memory, chunks = null, packed = null }: {
      readonly memory: Pick<ResultMemory, "largest">;
      readonly chunks?: Pick<ChunkMemory, "largest"> | null;
      readonly packed?: PackedResults | null;
    },
  ) {
    const largest = (values: Float32Array) => chunks?.largest(values) ?? memory.largest(values);
    this.#manifest = manifest;
    this.#packed = packed;
    this.#check = new ResultCheck(manifest, largest);
    this.#learners = local && learnersOf(manifest, local, largest);
    this.unit_shards = local ? num_shards / local.learners : wire?.group_shards ?? null;
  }

  /** Learners of the run; null where there are none. */
  get learners(): number | null {
    return this.#learners?.local.learners ?? null;
  }

  /** True if steps of a network compute with real examples. */
  takesReal(kind: NetworkName): boolean {
    return takesReal(this.#manifest, kind);
  }

  /** Steps that an answer to this work is about: each computes all of its shards once. */
  steps({ step }: Pick<MessageOf<"work">, "step">): number {
    if (!this.#learners) return 1;
    const inner = innerSteps(this.#learners.local, step);
    return inner.reduce((count, { generator }) => count + (generator ? 2 : 1), 0);
  }

  /** Length of an answer's payload, counted in float32. */
  size(kind: NetworkName): number {
    return this.#learners?.layout.size ?? this.#packed?.payloadSize(kind) ??
      graphOf(this.#manifest, kind).size;
  }

  /** The fault of an answer. `largest`: the largest magnitude where it is known already. */
  flaw(kind: NetworkName, payload: Float32Array, largest: number | null): Flaw | null {
    if (this.#learners) return this.#learners.check.flaw(payload);
    return this.#check.flaw(kind, this.#packed?.unpack(kind, payload) ?? payload, largest);
  }

  /** True if numbers are plausible as gradients. */
  arePlausible(gradients: Float32Array): boolean {
    return this.#check.arePlausible(gradients);
  }

  /** True if a tail is plausible: where its gradients are, too, the answer has no flaw. */
  isTailPlausible(kind: NetworkName, tail: Float32Array): boolean {
    return this.#check.isTailPlausible(kind, tail);
  }

  /** Steps whose examples work needs. */
  positions(work: Pick<MessageOf<"work">, "step"> & Position): readonly Position[] {
    return this.#learners ? innerSteps(this.#learners.local, work.step) : [work];
  }

  /** Workers' speeds, of learners in units that are not spread over threads: a thread trains all shards of a learner. */
  speedsOf(members: readonly Known[]): readonly Known["record"]["speed"][] {
    const speeds = members.map(({ record }) => record.speed);
    if (!this.#learners) return speeds;
    const shards = this.unit_shards!;
    return speeds.map((speed) => ({
      ...speed,
      threads: speed.threads * shards,
      shard_ms: speed.shard_ms * shards,
    }));
  }
}

function learnersOf(
  manifest: RunFacts["manifest"],
  local: LocalSteps,
  largest: (values: Float32Array) => number,
): Learners {
  const layout = new LearnerLayout(manifest, local.optimizer.kind, local.steps);
  return { local, layout, check: new LearnerCheck(layout, largest) };
}
