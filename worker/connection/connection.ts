/**
 * One connection's life after the handshake: artifacts, probe, ready, then the training. Knows no socket and no
 * thread: a channel, a thread_pools and a store are given.
 */
import { checksumBytes } from "../../kernels/kernels.ts";
import { type Manifest, takesReal } from "../../models/manifest.ts";
import type { Channel } from "../../wire/channel.ts";
import { bytesOf, payloadFloats } from "../../wire/frame.ts";
import type { Message, MessageOf, MessageType } from "../../wire/messages.ts";
import { Refusal } from "../../wire/refusal.ts";
import { payloadSize } from "../../kernels/result_payload.ts";
import { ArtifactSet } from "./artifact_set.ts";
import type { Events } from "./events.ts";
import { jobSizes } from "../compute/jobs.ts";
import { type FenceState, staleness } from "./fence.ts";
import { LearnerWork } from "./learner_work.ts";
import { MicroBatches } from "./micro_batches.ts";
import { largestPayload } from "./payload_sizes.ts";
import { sendResult } from "./send_result.ts";
import type { OpenShared, SharedMemory } from "../compute/shared_memory.ts";
import { WeightsInbox } from "./weights_inbox.ts";
import { shareMemory } from "./share_memory.ts";
import type { ShardStore } from "./shard_store.ts";
import { checkWork, computationOf } from "./work_check.ts";
import {
  type ComputePool,
  meanShardMs,
  numericClass,
  type PoolSource,
} from "../compute/pools/compute_pool.ts";

/** Messages that a coordinator may send after its welcome. */
export const ACCEPTED: ReadonlySet<MessageType> = new Set<MessageType>([
  "artifact",
  "weights",
  "weights_chunk",
  "weights_end",
  "shard_chunk",
  "work",
  "job",
  "notice",
  "finish",
]);

/** Jobs under way at a time. */
const MAX_JOBS = 16;

/** How a connection ended. `refused`: trying again is useless. */
export type ConnectionEnd =
  | { readonly kind: "finished"; readonly reason: string }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "left" }
  | { readonly kind: "lost"; readonly reason: string };

export interface ConnectionTools {
  /** Takes the coordinator's offer of shared memory. */
  readonly openShared: OpenShared;
  readonly welcome: MessageOf<"welcome">;
  readonly channel: Channel;
  readonly thread_pools: PoolSource;
  readonly store: ShardStore;
  readonly events: Events;
  /** Milliseconds since some fixed moment, for `elapsed_ms`. */
  readonly now_ms: () => number;
  /** Milliseconds since 1970, for the ages of cached files. */
  readonly wall_ms: () => number;
}

/** Values known once the graphs are compiled. */
interface ReadyState {
  readonly manifest: Manifest;
  readonly pool: ComputePool;
  readonly batches: MicroBatches;
  readonly weights: WeightsInbox;
  /** Null where the run has no local steps. */
  readonly learners: LearnerWork | null;
}

type Phase =
  | { readonly name: "artifacts"; readonly artifacts: ArtifactSet }
  | { readonly name: "preparing" }
  | ({ readonly name: "ready" } & ReadyState);

export class Connection {
  /** How it ended. */
  readonly ended: Promise<ConnectionEnd>;
  /** True if it got as far as to be ready for work. */
  get was_ready(): boolean {
    return this.#phase.name === "ready";
  }
  readonly #tools: ConnectionTools;
  readonly #end: (end: ConnectionEnd) => void;
  #phase: Phase;
  #generation = 0;
  #jobs = 0;
  #shared: SharedMemory | null = null;
  #over = false;

  constructor(tools: ConnectionTools) {
    const { promise, resolve } = Promise.withResolvers<ConnectionEnd>();
    const { channel, welcome } = tools;
    this.ended = promise;
    this.#tools = tools;
    this.#end = (end) => {
      this.#over = true;
      this.#shared?.[Symbol.dispose]();
      this.#shared = null;
      resolve(end);
    };
    this.#phase = { name: "artifacts", artifacts: new ArtifactSet(welcome.artifacts) };
    channel.onmessage = (message, payload) => this.#handle(message, payload);
    channel.onclose = (reason) => {
      const refusal = channel.final_refusal;
      this.#end(refusal ? { kind: "refused", refusal } : { kind: "lost", reason });
    };
  }

  /** Says goodbye and closes the connection. */
  leave(reason: string, end: ConnectionEnd = { kind: "left" }): void {
    if (this.#over) return;
    this.#tools.channel.send({ type: "leave", reason });
    this.#close(end, reason);
  }

  /** Tells the coordinator that this worker cannot go on, and closes the connection for good. */
  giveUp(reason: string): void {
    if (this.#over) return;
    const refusal = new Refusal("compute_failed", reason, { fatal: true });
    this.#tools.channel.send(refusal.toMessage());
    this.#close({ kind: "refused", refusal }, reason);
  }

  #close(end: ConnectionEnd, reason: string): void {
    this.#end(end);
    this.#tools.channel.close(reason);
  }

  #handle(message: Message, payload: Uint8Array): void {
    if (this.#over) return;
    switch (message.type) {
      case "artifact":
        return this.#artifact(message, payload);
      case "weights":
        return this.#weights(message, payload);
      case "weights_chunk":
        return this.#receiving(message).takeChunk(message, payload);
      case "weights_end":
        this.#receiving(message).end(message);
        return void (this.#generation = message.generation);
      case "work":
        return this.#work(message, payload);
      case "shard_chunk":
        return this.#chunk(message, payload);
      case "job":
        return this.#job(message, payload);
      case "notice":
        return this.#tools.events.notice(message.text);
      case "finish":
        return this.#close({ kind: "finished", reason: message.reason }, "The run is over");
      case "refuse":
        return this.#refused(Refusal.from(message));
      default:
        throw new Refusal("unexpected_message", `Message ${message.type} must not be sent to a worker`);
    }
  }

  #refused(refusal: Refusal): void {
    if (refusal.code === "run_over") {
      this.#close({ kind: "finished", reason: refusal.message }, "The run is over");
    } else if (refusal.fatal) this.#close({ kind: "refused", refusal }, "Refused");
    else this.#tools.events.refused(refusal);
  }

  #artifact(message: MessageOf<"artifact">, payload: Uint8Array): void {
    if (this.#phase.name !== "artifacts") {
      throw new Refusal("unexpected_message", "Artifacts must come before the training");
    }
    const { artifacts } = this.#phase;
    try {
      if (!artifacts.accept(message, payload)) return;
      this.#phase = { name: "preparing" };
      this.#prepare(artifacts).catch((error) => this.#unusable(error));
    } catch (error) {
      this.#unusable(error);
    }
  }

  /** Without good artifacts there is nothing to do here. */
  #unusable(error: unknown): void {
    if (this.#over) return;
    const refusal = error instanceof Refusal
      ? error
      : new Refusal("unsupported_graph", `Cannot prepare the run's graphs: ${(error as Error).message}`, {
        fatal: true,
      });
    this.#tools.channel.send(refusal.toMessage());
    if (refusal.fatal) this.#close({ kind: "refused", refusal }, refusal.message);
    else this.#close({ kind: "lost", reason: refusal.message }, refusal.message);
  }

  async #prepare(artifacts: ArtifactSet): Promise<void> {
    const { welcome, thread_pools, store, channel, events } = this.#tools;
    const { manifest, graphs } = artifacts.bundle();
    const { seed, encoding, shards, run, wire: { format: wire }, local_steps: local } = welcome;
    const { class_counts, flip_columns } = welcome;
    const [pool] = await Promise.all([
      thread_pools.prepare(
        {
          manifest,
          graphs,
          options: { seed, encoding, num_shards: shards, class_counts, flip_columns, wire, local },
        },
        { welcome, files: artifacts.files },
      ),
      store.begin(welcome, this.#tools.wall_ms()),
    ]);
    if (this.#over) return;
    pool.onbroken = (reason) => {
      thread_pools.discard();
      if (this.#over) return;
      // No goodbye: the coordinator is to count it as a fault.
      channel.send(new Refusal("compute_failed", reason).toMessage());
      this.#close({ kind: "lost", reason }, reason);
    };
    const memory = await shareMemory(this.#tools, manifest, pool);
    if (this.#over) return memory?.[Symbol.dispose]();
    this.#shared = memory;
    const batches = new MicroBatches(
      welcome,
      manifest.micro_batch * (manifest.accumulate ?? 1),
      store,
      (network) => takesReal(manifest, network),
    );
    const learners = local && new LearnerWork(manifest, local);
    const weights = new WeightsInbox(welcome, manifest, learners ?? pool, learners?.state_sizes);
    this.#phase = { name: "ready", manifest, pool, batches, weights, learners };
    channel.expectPayload(largestPayload(manifest, welcome));
    const probe_ms = meanShardMs(pool.probes), shard_ms = probe_ms * (local?.steps ?? 1);
    const shared = memory !== null, numeric_class = numericClass(pool.probes);
    channel.send({ type: "ready", numeric_class, shard_ms, shared });
    for (const shard of store.held) channel.send({ type: "shard_held", run, shard });
    const threads = { used: pool.probes.length, at_hand: thread_pools.devices.length };
    events.ready(probe_ms, threads, store.held.length);
    pool.relay?.tell(
      (message) => this.#over || channel.send(message),
      (reason) => this.leave(reason, { kind: "lost", reason }),
    );
  }

  #ready(): ReadyState {
    if (this.#phase.name === "ready") return this.#phase;
    throw new Refusal("unexpected_message", "Training must wait until this worker is ready");
  }

  #fence(message: Parameters<typeof staleness>[1]): void {
    const { run, incarnation } = this.#tools.welcome;
    const state: FenceState = {
      run,
      incarnation,
      generation: this.#generation,
      held: this.#ready().weights.held,
      in_file: this.#shared !== null,
    };
    const reason = staleness(state, message);
    if (reason !== null) {
      throw new Refusal("stale", reason, { job: message.type === "job" ? message.job : null });
    }
  }

  #weights(message: MessageOf<"weights">, payload: Uint8Array): void {
    this.#receiving(message).take(message, payload);
    this.#generation = message.generation;
  }

  /** What takes weights that come over the socket. Throws {@linkcode Refusal} where none should. */
  #receiving(message: MessageOf<"weights" | "weights_chunk" | "weights_end">): WeightsInbox {
    const { weights } = this.#ready();
    if (this.#shared) {
      throw new Refusal(
        "unexpected_message",
        "Weights must not be sent to this worker, because it reads them from the shared file",
      );
    }
    // A chunk counts for nothing until its end is told.
    if (message.type !== "weights_chunk") this.#fence(message);
    return weights;
  }

  #chunk(message: MessageOf<"shard_chunk">, payload: Uint8Array): void {
    const { store, channel, events } = this.#tools;
    this.#ready();
    this.#fence(message);
    if (!store.accept(message, payload)) return;
    channel.send({ type: "shard_held", run: message.run, shard: message.shard });
    events.shardsHeld(store.held.length);
  }

  #work(message: MessageOf<"work">, payload: Uint8Array): void {
    const arrived_ms = this.#tools.now_ms();
    const bench = this.#ready();
    this.#fence(message);
    checkWork(message, payload, this.#tools.welcome);
    const computed = bench.learners === null
      ? this.#compute(message, bench, bench.batches.leaves(message, payload), arrived_ms)
      : this.#learn(message, bench.learners.train(message, payload, bench, () => !this.#over), arrived_ms);
    this.#generation = message.generation;
    computed.catch((error) =>
      this.#failed(`Cannot compute ${message.kind} step ${message.step}`, error, null)
    );
  }

  async #compute(
    message: MessageOf<"work">,
    { pool, manifest, batches }: ReadyState,
    leaves: ReturnType<MicroBatches["leaves"]>,
    arrived_ms: number,
  ): Promise<void> {
    const computation = computationOf(message), { next_noise_counter } = message;
    const { kind, step, begin, end, noise_purpose, noise_counter } = computation;
    const { critic_checksum, generator_checksum } = computation;
    const node = { begin, end };
    const weights = { critic: critic_checksum, generator: generator_checksum };
    const shared = this.#shared && { weights, parcel: this.#shared.sums.reserve() };
    const { format, group_shards } = this.#tools.welcome.wire;
    const rounding = group_shards === null ? null : { kind, step, group: begin / group_shards };
    const task = { kind, node, leaves, noise_purpose, noise_counter, rounding };
    const summed = await pool.sum(task, shared, message);
    if (this.#over) return;
    const { sum, largest, compute_ms, elapsed_ms = this.#tools.now_ms() - arrived_ms } = summed;
    const { channel } = this.#tools;
    const about = { ...computation, compute_ms, elapsed_ms };
    if (sum === null) {
      const looked_at = Number.isFinite(largest) ? largest : null;
      channel.sendShared({ type: "result", ...about, checksum: null, largest: looked_at }, {
        ...shared!.parcel,
        bytes: 4 * payloadSize(format, manifest.graphs[`${kind}_training_model`]),
      });
    } else {
      sendResult(channel, this.#tools.welcome, manifest, about, sum);
      channel.drained().then(() => pool.recycle(sum), () => {});
    }
    this.#tools.events.computed(step, end - begin, elapsed_ms);
    if (next_noise_counter !== null) {
      const ahead = { noise_purpose: "critic_noise", noise_counter: next_noise_counter } as const;
      pool.makeAhead(node, ahead, (shard) => batches.nextLabels(message, shard, manifest.micro_batch));
    }
  }

  async #learn(
    message: MessageOf<"work">,
    learning: ReturnType<LearnerWork["train"]>,
    arrived_ms: number,
  ): Promise<void> {
    const learned = await learning;
    if (learned === null || this.#over) return;
    const { step, begin, end } = message;
    const payload = bytesOf(learned.result), elapsed_ms = this.#tools.now_ms() - arrived_ms;
    const found = {
      checksum: checksumBytes(payload),
      largest: null,
      compute_ms: learned.compute_ms,
      elapsed_ms,
    };
    this.#tools.channel.send({ type: "result", ...computationOf(message), ...found }, payload);
    this.#tools.events.computed(step, end - begin, elapsed_ms);
  }

  #job(message: MessageOf<"job">, payload: Uint8Array): void {
    const { manifest, pool } = this.#ready();
    this.#fence(message);
    const { job, run, kind, count, noise_counter } = message;
    if (this.#jobs >= MAX_JOBS) {
      throw new Refusal("overloaded", `At most ${MAX_JOBS} jobs run at a time`, { job });
    }
    const sizes = jobSizes(manifest, message);
    const bytes = 4 * (sizes.weights + sizes.input);
    if (payload.length !== bytes) {
      throw new Refusal("bad_message", `A ${kind} job must carry ${bytes} bytes: found ${payload.length}`, {
        job,
      });
    }
    const floats = payloadFloats(payload, sizes.weights + sizes.input);
    const weights = floats.slice(0, sizes.weights);
    this.#jobs++;
    pool.job({ kind, count, noise_counter, weights, input: floats.slice(sizes.weights) })
      .then((result) => {
        if (!this.#over) this.#tools.channel.send({ type: "job_result", run, job }, bytesOf(result));
      })
      .catch((error) => this.#failed(`Cannot do job ${job}`, error, job))
      .finally(() => this.#jobs--);
  }

  /** Tells the coordinator; the worker goes on. */
  #failed(what: string, error: unknown, job: number | null): void {
    if (this.#over) return;
    const refusal = new Refusal("compute_failed", `${what}: ${(error as Error).message}`, { job });
    this.#tools.channel.send(refusal.toMessage());
    this.#tools.events.failed(refusal.message);
  }
}
