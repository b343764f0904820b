/** What a relay's connection computes with: a fleet of its own, whose workers are given the nodes that the relay is asked for. */
import type { NetworkName } from "../common/network_name.ts";
import type { Fleet } from "../coordinator/fleet/fleet.ts";
import type { Member } from "../coordinator/fleet/member.ts";
import type { Chunk } from "../kernels/chunks.ts";
import { checksumBytes } from "../kernels/kernels.ts";
import type { Clock } from "../wire/clock.ts";
import { bytesOf } from "../wire/frame.ts";
import type { MessageOf } from "../wire/messages.ts";
import type { ComputePool, PooledSum, RelaySide } from "../worker/compute/pools/compute_pool.ts";
import type { SharedWork } from "../worker/compute/compute_calls.ts";
import type { SumTask } from "../worker/compute/sum_task.ts";
import type { JobTask } from "../worker/compute/jobs.ts";
import type { Learned, LearnerRound } from "../worker/compute/learners/learner_queue.ts";
import type { Probe } from "../worker/compute/probe.ts";
import type { NodeSums } from "./node_sums.ts";
import type { RelayRounds } from "./relay_rounds.ts";
import type { RelayStates, Snapshot } from "./relay_states.ts";

/** Workers often come in crowds: their coming is told of once. */
const TELL_AFTER_MS = 1_000;
/** Why a relay leaves for the time being. */
const NO_WORKERS = "Waiting for workers behind the relay";
/** As the message has it. */
const MOST_TOLD = 64;
const MAX_NAME_CHARACTERS = 128;

export interface RelayParts {
  readonly fleet: Pick<Fleet, "members" | "jobs" | "sendChunk">;
  readonly rounds: Pick<RelayRounds, "ask" | "drop">;
  readonly states: RelayStates;
  readonly sums: Pick<NodeSums, "sum" | "recycle">;
  readonly clock: Pick<Clock, "after">;
  /** Critic steps of a learner's round; 1 where there are none: what a worker's time of a shard is about. */
  readonly steps: number;
  /** Ends the fleet. */
  readonly terminate: () => void;
}

export class RelayPool implements ComputePool, RelaySide {
  onbroken: ComputePool["onbroken"] = null;
  /** Who is told of workers. */
  #told:
    | { readonly send: Parameters<RelaySide["tell"]>[0]; readonly leave: (reason: string) => void }
    | null = null;
  readonly #parts: RelayParts;
  readonly #learners = new WeakMap<Float32Array, Snapshot>();
  #is_telling = false;

  constructor(parts: RelayParts) {
    this.#parts = parts;
  }

  get relay(): RelaySide {
    return this;
  }

  /** Those of its workers. */
  get probes(): readonly Probe[] {
    const { fleet: { members }, steps } = this.#parts;
    return members.map(({ numeric_class, record: { speed } }) => {
      return { numeric_class, shard_ms: speed.shard_ms / steps };
    });
  }

  tell(send: Parameters<RelaySide["tell"]>[0], leave: (reason: string) => void): void {
    this.#told = { send, leave };
    this.#tell();
  }

  #tell(): void {
    const { members } = this.#parts.fleet;
    if (members.length === 0) return this.#told?.leave(NO_WORKERS);
    this.#told?.send({
      type: "relayed",
      num_workers: members.reduce((sum, { relayed }) => sum + (relayed?.num_workers ?? 1), 0),
      threads: members.reduce((sum, { threads }) => sum + threads, 0),
      workers: members.flatMap(namesOf).slice(0, MOST_TOLD),
    });
  }

  /** Workers have come, gone, or are others: told of once that has settled, and soon where none is left. */
  changed(): void {
    const { fleet, clock } = this.#parts;
    // Not before what the last one refused has been refused.
    if (fleet.members.length === 0) {
      return void clock.after(0, () => {
        if (fleet.members.length === 0) this.#tell();
      });
    }
    if (this.#is_telling) return;
    this.#is_telling = true;
    clock.after(TELL_AFTER_MS, () => {
      this.#is_telling = false;
      if (fleet.members.length > 0) this.#tell();
    });
  }

  /** A connection has ended: nobody waits for answers any more. */
  restart(): void {
    this.onbroken = this.#told = null;
    this.#parts.rounds.drop();
  }

  setWeights(network: NetworkName, weights: Float32Array, is_difference = false, step = 0): void {
    this.#parts.states.set(network, weights, is_difference, step);
  }

  takeChunk(message: MessageOf<"weights_chunk">, chunk: Chunk, payload: Uint8Array): void {
    this.#parts.fleet.sendChunk(this.#parts.states.chunk(message, chunk, payload));
  }

  async sum(task: SumTask, _shared: SharedWork | null, work: MessageOf<"work">): Promise<PooledSum> {
    const { states, rounds, sums } = this.#parts;
    const { kind, step, epoch, batch, noise_purpose, noise_counter, next_noise_counter } = work;
    const { node, leaves, rounding = null } = task;
    const { latest } = states;
    for (const network of ["critic", "generator"] as const) {
      const wanted = work[`${network}_checksum`], { checksum } = latest[network];
      if (checksum === wanted) continue;
      throw new Error(`The ${network}'s weights must have the checksum ${wanted}: found ${checksum}`);
    }
    const { values, ...times } = await rounds.ask({
      request: { kind, step, epoch, batch, noise_purpose, noise_counter, next_noise_counter },
      node,
      states: latest,
      leavesAt: () => leaves,
      make: (results) => sums.sum(node, results, kind, rounding),
    });
    return { sum: values, largest: NaN, ...times };
  }

  async learn({ node, states, steps, leavesAt }: LearnerRound): Promise<Learned> {
    const { step, epoch, batch } = steps[0]!;
    const noise = { noise_purpose: "critic_noise", noise_counter: step, next_noise_counter: null } as const;
    const { values, compute_ms } = await this.#parts.rounds.ask({
      request: { kind: "critic", step, epoch, batch, ...noise },
      node,
      states: { critic: this.#learnerState(states.critic), generator: this.#learnerState(states.generator) },
      leavesAt,
      // A learner's result is one, and goes on as it came.
      make: ([result]) => result!.values as Float32Array<ArrayBuffer>,
    });
    return { result: values, compute_ms };
  }

  /** The same for the same values, which stay as they are. */
  #learnerState(values: Float32Array): Snapshot {
    const known = this.#learners.get(values);
    if (known !== undefined) return known;
    const state = {
      values: values as Float32Array<ArrayBuffer>,
      checksum: checksumBytes(bytesOf(values)),
      step: 0,
    };
    this.#learners.set(values, state);
    return state;
  }

  recycle(sum: Float32Array<ArrayBuffer>): void {
    this.#parts.sums.recycle(sum);
  }

  async job(task: JobTask): Promise<Float32Array<ArrayBuffer>> {
    const { fleet } = this.#parts;
    const values = await fleet.jobs.ask(task, fleet.members);
    if (values === null) throw new Error("No worker behind this relay has computed it");
    return values as Float32Array<ArrayBuffer>;
  }

  /** Workers make fakes ahead by themselves: they are told of the next noise. */
  makeAhead(): void {}

  /** A relay has no part in files of this machine. */
  share(): Promise<void> {
    return Promise.resolve();
  }

  terminate(): void {
    this.#parts.terminate();
  }
}

/** A worker's name; of a relay, those behind it, with its own before them. */
function namesOf({ name, threads, relayed }: Member): { name: string; threads: number }[] {
  if (relayed === null) return [{ name, threads }];
  return relayed.workers.map((worker) => {
    return { name: `${name}/${worker.name}`.slice(0, MAX_NAME_CHARACTERS), threads: worker.threads };
  });
}
