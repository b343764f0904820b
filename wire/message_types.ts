/** The messages of the protocol, as types. messages.ts checks them, and says how they go to and fro. */
import type { NetworkName } from "../common/network_name.ts";

/**
 * Why something was refused.
 *
 * @example
 * ```ts
 * import { Refusal, type RefusalCode } from "@wagon/wagon/wire";
 *
 * const code: RefusalCode = "run_over";
 * console.assert(new Refusal(code, "The run is over").code === "run_over");
 * ```
 */
export type RefusalCode =
  | "version_mismatch"
  | "wrong_token"
  | "wrong_certificate"
  | "unknown_key"
  | "bad_message"
  | "unexpected_message"
  | "hash_mismatch"
  | "unsupported_graph"
  | "numeric_class"
  | "stale"
  | "compute_failed"
  | "wrong_result"
  | "overloaded"
  | "run_over";

/** All of them. */
export const REFUSAL_CODES = [
  "version_mismatch",
  "wrong_token",
  "wrong_certificate",
  "unknown_key",
  "bad_message",
  "unexpected_message",
  "hash_mismatch",
  "unsupported_graph",
  "numeric_class",
  "stale",
  "compute_failed",
  "wrong_result",
  "overloaded",
  "run_over",
] as const satisfies readonly RefusalCode[];

/**
 * Checksums of both networks' weights.
 *
 * @example
 * ```ts
 * import { type Checksums, checksumBytes } from "@wagon/wagon/wire";
 *
 * const checksums: Checksums = { critic: checksumBytes(new Uint8Array(8)), generator: checksumBytes(new Uint8Array(4)) };
 * console.assert(checksums.critic !== checksums.generator);
 * ```
 */
export type Checksums = Readonly<Record<NetworkName, string>>;

/**
 * Identity of a message: the run, the start of its coordinator, the change of its membership.
 *
 * @example
 * ```ts
 * import type { Fence } from "@wagon/wagon/wire";
 *
 * const fence: Fence = { run: crypto.randomUUID(), incarnation: 0, generation: 3 };
 * console.log(fence.generation);
 * ```
 */
export interface Fence {
  /** The run. */
  readonly run: string;
  /** Starts of its coordinator; 0 is the first. */
  readonly incarnation: number;
  /** Changes of membership so far. */
  readonly generation: number;
}

/**
 * Identity of a node's work. A result repeats it, so that work damaged in transit is noticed.
 *
 * @example
 * ```ts
 * import type { Computation } from "@wagon/wagon/wire";
 *
 * const numShards = ({ begin, end }: Pick<Computation, "begin" | "end">) => end - begin;
 * console.assert(numShards({ begin: 0, end: 4 }) === 4);
 * ```
 */
export interface Computation {
  /** Whose gradients. */
  readonly kind: "critic" | "generator";
  /** Critic steps, this one included. */
  readonly step: number;
  /** Shards [begin, end): a node of the summing tree. */
  readonly begin: number;
  /** One past the last shard. */
  readonly end: number;
  /** Counted from 0. */
  readonly epoch: number;
  /** Index of the batch within the epoch. */
  readonly batch: number;
  /** Which stream of noise. */
  readonly noise_purpose: "critic_noise" | "generator_noise";
  /** The position in it. */
  readonly noise_counter: number;
  /** Changes of the critic's weights. */
  readonly critic_checksum: string;
  /** Changes of the generator's weights. */
  readonly generator_checksum: string;
}

/**
 * Settings that the learners of a run train by, where it has local steps.
 *
 * @example
 * ```ts
 * import type { LocalSteps } from "@wagon/wagon/wire";
 *
 * const examples = ({ steps }: LocalSteps, batch: number) => steps * batch;
 * console.log(examples.length);
 * ```
 */
export interface LocalSteps {
  /** Learners, each with an equal part of the shards. */
  readonly learners: number;
  /** Critic steps of a round. */
  readonly steps: number;
  /** Batches of an epoch. */
  readonly epoch_steps: number;
  /** When the generator learns. */
  readonly schedule: "paper" | "post";
  /** Critic steps for one generator step. */
  readonly n_critic: number;
  /** True if the first generator steps take 100 critic steps each. */
  readonly warm_up: boolean;
  /** Learning rate of both networks. */
  readonly lr: number;
  /** Learning rates of one network; null: `lr`. */
  readonly lr_critic: number | null;
  /** See `lr_critic`. */
  readonly lr_generator: number | null;
  /** Steps over which the learning rates fall to 0; 0: they stay. */
  readonly decay_steps: number;
  /** How they fall. */
  readonly decay: "linear" | "cosine";
  /** Bound of the critic's parameters; null: none. */
  readonly clip: number | null;
  /** Largest norm of a network's gradient; null: any. */
  readonly clip_grad_norm: number | null;
  /** How gradients become new weights. */
  readonly optimizer:
    | { readonly kind: "rmsprop"; readonly alpha: number; readonly eps: number }
    | { readonly kind: "adam"; readonly beta1: number; readonly beta2: number; readonly eps: number };
}

/**
 * Every message by its type.
 *
 * @example
 * ```ts
 * import type { Messages } from "@wagon/wagon/wire";
 *
 * const ping: Messages["ping"] = { type: "ping", sent_ms: 1 };
 * console.log(ping.sent_ms);
 * ```
 */
export interface Messages {
  /** Coordinator: who it is, and a nonce. */
  readonly challenge: {
    readonly type: "challenge";
    readonly version: number;
    readonly run: string;
    readonly incarnation: number;
    readonly nonce: string;
  };

  /** Worker: a nonce of its own, and a proof that it knows the token. */
  readonly hello: {
    readonly type: "hello";
    readonly version: number;
    readonly nonce: string;
    readonly proof: string;
    /** SHA-256 of the certificate that it sees, if the connection is encrypted. */
    readonly certificate: string | null;
    /** Its own key (Ed25519), if it has one, with its signature. */
    readonly key: { readonly public_key: string; readonly signature: string } | null;
    /** Name for people: host name and process, unless named. */
    readonly name: string;
    /** Shards computed side by side. */
    readonly threads: number;
    /** Execution provider and device, e.g. "cpu", "cuda:0", "webgpu". */
    readonly provider: string;
    readonly device: string;
    /** e.g. "linux x86_64, deno 2.9.6, onnxruntime 1.30.0" */
    readonly platform: string;
  };

  /** Coordinator: its own proof, the run, and the list of graphs. */
  readonly welcome: {
    readonly type: "welcome";
    readonly proof: string;
    readonly worker: number;
    readonly run: string;
    readonly incarnation: number;
    readonly seed: number;
    /** Logical shards S. */
    readonly shards: number;
    /** Examples per shard, and bytes per example as the data set keeps them, with its class behind it (u32) if there are labels. */
    readonly shard_sizes: readonly number[];
    readonly example_bytes: number;
    /** Examples of each class in all shards; null where networks take no labels. */
    readonly class_counts: readonly number[] | null;
    /** uint8: value v is fround(v / 127.5 - 1). float32: as it is. */
    readonly encoding: "uint8" | "float32";
    /** Columns of images that are flipped at random (random/flips.ts); null: none are. */
    readonly flip_columns: number | null;
    /** How sums and weights travel, and where they are rounded for that the shards that must be summed before. */
    readonly wire: { readonly format: "float32" | "bfloat16" | "int8"; readonly group_shards: number | null };
    /** Numbers of a chunk, a multiple of 256: results and weights of more travel in several. */
    readonly chunk_floats: number;
    /** What learners train by (algorithm/local_steps.ts); null where each step is summed over all shards. */
    readonly local_steps: LocalSteps | null;
    readonly shard_sha256: readonly string[];
    readonly artifacts:
      readonly ({ readonly file: string; readonly sha256: string; readonly bytes: number })[];
    // Neither so often that it is work, nor beyond what a timer can count.
    readonly heartbeat_ms: number;
    readonly silence_ms: number;
    /** Folder for payloads, if the worker should be on this machine; its file `key` holds this key. */
    readonly shared: { readonly folder: string; readonly key: string } | null;
  };

  /** payload: the file */
  readonly artifact: { readonly type: "artifact"; readonly file: string; readonly sha256: string };

  /** Worker: it has compiled the graphs. */
  readonly ready: {
    readonly type: "ready";
    /** Hash of the outputs on the probe, of ONNX Runtime's version, the provider and the thread setting. */
    readonly numeric_class: string;
    /** Measured time of one critic shard, for the first assignment. */
    readonly shard_ms: number;
    /** True if this worker takes weights from the shared folder and puts sums there from now on. */
    readonly shared: boolean;
  };

  /** payload: the whole state as float32; or what is to be added to the state held, rounded */
  readonly weights: Fence & {
    readonly type: "weights";
    readonly state: NetworkName;
    readonly step: number;
    /** Of the state. */
    readonly checksum: string;
    /** `from`: of the state to add to. `checksum`: of the payload. */
    readonly difference: { readonly from: string; readonly checksum: string } | null;
  };

  /** payload: a chunk of a network's new weights as float32, or of what is to be added to those held, rounded */
  readonly weights_chunk: {
    readonly type: "weights_chunk";
    readonly state: NetworkName;
    readonly step: number;
    readonly index: number;
    /** Of the payload. */
    readonly checksum: string;
  };
  /** All chunks were sent, and make up the network's weights. */
  readonly weights_end: Fence & {
    readonly type: "weights_end";
    readonly state: NetworkName;
    readonly step: number;
    /** Of the state. */
    readonly checksum: string;
    /** Checksum of the state that the chunks are to be added to; null: they are the state. */
    readonly from: string | null;
  };

  /** payload: bytes [offset, offset + length) of the shard's examples */
  readonly shard_chunk: {
    readonly type: "shard_chunk";
    readonly run: string;
    readonly shard: number;
    readonly offset: number;
    readonly total: number;
    readonly checksum: string;
  };
  /** The worker holds the whole shard and its SHA-256 agrees: no more inline examples. */
  readonly shard_held: { readonly type: "shard_held"; readonly run: string; readonly shard: number };

  /** payload: examples of the shards in `inline`, in that order, micro-batch by micro-batch */
  readonly work: Fence & Computation & {
    readonly type: "work";

    /** Counter of the critic noise that comes next with this generator, if known: its fakes may be made ahead. */
    readonly next_noise_counter: number | null;
    readonly inline: readonly number[];
    /** Checksum of the payload; null if there is none. */
    readonly checksum: string | null;
  };
  /** payload: the node's sum: gradients, then the tail (result_payload.ts) */
  readonly result: Fence & Computation & {
    readonly type: "result";

    /** Bytes of the payload; null if it lies in a shared file and is not sent. */
    readonly checksum: string | null;
    /** The largest magnitude of a float32 payload in a shared file; null elsewhere, and where it is no number. */
    readonly largest: number | null;
    /** Time in ONNX Runtime summed over the shards; time from the work's arrival to this answer. */
    readonly compute_ms: number;
    readonly elapsed_ms: number;
  };

  /** payload: the tail of the node's sum as float32; its gradients follow in chunks */
  readonly result_start: Fence & Computation & {
    readonly type: "result_start";
    /** Of the payload. */
    readonly checksum: string;
    /** As for a result. */
    readonly compute_ms: number;
    readonly elapsed_ms: number;
  };
  /** payload: the next chunk of gradients, in the run's wire format */
  readonly result_chunk: {
    readonly type: "result_chunk";
    readonly index: number;
    /** Of the payload. */
    readonly checksum: string;
  };

  /** payload, float32: `sample`: the generator's weights and the statistics; `score`: the critic's and the examples */
  readonly job: {
    readonly type: "job";
    readonly run: string;
    readonly job: number;
    readonly kind: "sample" | "score" | "features";
    readonly count: number;
    readonly noise_counter: number;
  };
  /** payload: `sample`: count examples as float32; `score`: count scores as float32 */
  readonly job_result: { readonly type: "job_result"; readonly run: string; readonly job: number };

  /** Relay: the workers behind it, once it is ready and whenever they are others. */
  readonly relayed: {
    readonly type: "relayed";
    /** Of all together. */
    readonly num_workers: number;
    readonly threads: number;
    /** The first ones: a header is of limited length. */
    readonly workers: readonly ({ readonly name: string; readonly threads: number })[];
  };

  /** A heartbeat. */
  readonly ping: { readonly type: "ping"; readonly sent_ms: number };
  /** Its answer. */
  readonly pong: { readonly type: "pong"; readonly sent_ms: number };

  /** Something a person at the other end should read, e.g. that this worker is a spare one. */
  readonly notice: { readonly type: "notice"; readonly text: string };
  /** Worker: a clean goodbye. */
  readonly leave: { readonly type: "leave"; readonly reason: string };
  /** Coordinator: the run is over. */
  readonly finish: { readonly type: "finish"; readonly reason: string };
  /** A coded answer to whatever was wrong. */
  readonly refuse: {
    readonly type: "refuse";
    readonly code: RefusalCode;
    readonly reason: string;
    /** True: this connection ends and trying again is useless. */
    readonly fatal: boolean;
    /** The job or the work this answers, if any. */
    readonly job: number | null;
  };
}
