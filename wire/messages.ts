/**
 * The protocol: every message between the coordinator and a worker.
 *
 * Life of a connection (C coordinator, W worker):
 *
 *   C -> W  challenge    who I am and a nonce
 *   W -> C  hello        a nonce of its own, a proof (HMAC-SHA256) that it knows the token, which itself never
 *                        crosses the wire, and the signature of its key, if it has one
 *   C -> W  welcome      the coordinator's own proof, the run, and the list of graphs
 *   C -> W  artifact     artifacts.json and each graph, as bytes with their SHA-256
 *   W -> C  ready        the numeric class: a hash of the outputs on a fixed probe
 *   C -> W  weights      critic, generator: whenever they change, the same bytes to all on other machines, whole or as
 *                        rounded differences to those before
 *   C -> W  shard_chunk  a shard's data, in checked chunks, beside the training; W answers shard_held
 *   C -> W  work         compute this node of the summing tree; W answers result, or result_start and then its
 *                        chunks. With local steps: train the learner of these shards for the round that begins here
 *   C -> W  weights_chunk, weights_end  new weights while they are made, and at last that they count
 *   C -> W  job          sample, score, features: never part of the training; W answers job_result
 *   W -> C  relayed      the workers behind a relay, after its ready and whenever they are others
 *   both    ping, pong   heartbeats; silence past the deadline is death
 *   W -> C  leave        a clean goodbye; its unanswered work is given to others
 *   C -> W  finish       the run is over
 *   both    refuse       a coded answer to whatever was wrong
 *
 * A frame is: u32 LE magic "WGN1", u32 LE header bytes H, the MessagePack header (H bytes), zero padding to the
 * next multiple of 8, then the payload: as many bytes as the header's `payload_bytes` says, to the end of the
 * frame. Leftover bytes are refused. Tensors in payloads are little-endian and start at a multiple of 8. After the
 * handshake a tag of 16 bytes stands before each frame (proof/frame_seal.ts), unless both sides are one process.
 *
 * Between processes of one machine weights and sums lie in shared files instead. There are no messages of weights
 * then: those that work names are where they always are (shared_weights.ts). A result's header has a `parcel` that says
 * where its payload is (shared_ring.ts), and the frame ends with the header. The coordinator offers a folder in its
 * welcome; a worker that finds the key in it takes the offer in its ready.
 *
 * Whole: weights, data and results that come over the socket carry a checksum of their payload, and a result says
 * again what it was computed from.
 *
 * Chunks: a result of more than `chunk_floats` gradients comes as result_start, with the tail, and then in chunks of so
 * many (kernels/chunks.ts), in order, with nothing of another result between them. The coordinator updates a chunk of the
 * weights when it has that chunk of every node, and sends it on as weights_chunk while the next ones come. Such chunks
 * count for nothing until weights_end names the checksum of them all; a chunk may be sent again with other bytes, and those
 * of another step take the place of what was there.
 *
 * Fencing: messages of the training carry run, incarnation (starts of the coordinator on this run), generation
 * (changes of membership), step and the checksums of the weights they belong to. A stale one is refused by code
 * and changes nothing.
 */
import { NETWORKS } from "../common/network_name.ts";
import { MAX_LOCAL_STEPS } from "../common/local_steps.ts";
import { MAX_CLASSES } from "../common/labels/max_classes.ts";
import { WIRE_FORMATS } from "../common/wire_format.ts";
import {
  bool,
  type Check,
  cleanedText,
  finite,
  hex,
  int,
  list,
  nullable,
  object,
  oneOf,
  plain,
  SchemaError,
  show,
  tagged,
  text,
} from "./schema.ts";
import { type Messages, REFUSAL_CODES } from "./message_types.ts";

export type { Checksums, RefusalCode } from "./message_types.ts";

/**
 * Version of this file. Peers must agree exactly.
 *
 * @example
 * ```ts
 * import { PROTOCOL_VERSION } from "@wagon/wagon/wire";
 *
 * console.assert(Number.isInteger(PROTOCOL_VERSION));
 * ```
 */
export const PROTOCOL_VERSION = 12;

/**
 * Largest frame either side accepts, in bytes: the weights of a network of 268 million parameters. Of strangers, who
 * have not proved that they know the token, much less is taken (ws_socket.ts).
 *
 * @example
 * ```ts
 * import { MAX_FRAME_BYTES } from "@wagon/wagon/wire";
 *
 * console.assert(MAX_FRAME_BYTES === 2 ** 30);
 * ```
 */
export const MAX_FRAME_BYTES = 1024 * 1024 * 1024;

const id = plain(64);
const sha256 = hex(64);
const checksum = hex(16);
const step = int(0, 0xffff_ffff);
/** A time that somebody claims, in milliseconds: no more than 11 days. */
const claimed_ms = finite(0, 1e9);
const fence = { run: id, incarnation: int(0), generation: int(0) };
/** Identity of a node's work. A result repeats it, so that work damaged in transit is noticed. */
const computation = {
  kind: oneOf("critic", "generator"),
  step,
  /** Shards [begin, end): a node of the summing tree. */
  begin: int(0, 4095),
  end: int(1, 4096),
  epoch: int(0),
  /** Index of the batch within the epoch. */
  batch: int(0),
  noise_purpose: oneOf("critic_noise", "generator_noise"),
  noise_counter: step,
  critic_checksum: checksum,
  generator_checksum: checksum,
};

const decay = finite(0, 1), eps = finite(Number.MIN_VALUE);
const optimizer = tagged("kind", {
  rmsprop: object({ kind: oneOf("rmsprop"), alpha: decay, eps }),
  adam: object({ kind: oneOf("adam"), beta1: decay, beta2: decay, eps }),
});
const local_steps = object({
  learners: int(1, 4096),
  /** Critic steps of a round. */
  steps: int(1, MAX_LOCAL_STEPS),
  /** Batches of an epoch. */
  epoch_steps: int(1),
  schedule: oneOf("paper", "post"),
  n_critic: int(1),
  warm_up: bool,
  lr: finite(0),
  lr_critic: nullable(finite(0)),
  lr_generator: nullable(finite(0)),
  decay_steps: int(0),
  decay: oneOf("linear", "cosine"),
  clip: nullable(finite(Number.MIN_VALUE)),
  clip_grad_norm: nullable(finite(Number.MIN_VALUE)),
  optimizer,
});

/** Field tables of all messages, by tag. `payload` in the comments says what follows the header. */
export const MESSAGES = {
  challenge: object({
    type: oneOf("challenge"),
    version: int(0),
    run: id,
    incarnation: int(0),
    nonce: hex(32),
  }),

  hello: object({
    type: oneOf("hello"),
    version: int(0),
    nonce: hex(32),
    proof: sha256,
    /** The certificate that this worker sees; its own key (Ed25519), which signs what the proof is made of. */
    certificate: nullable(sha256),
    key: nullable(object({ public_key: sha256, signature: hex(128) })),
    /** Name for people: host name and process, unless named. */
    name: cleanedText(128),
    /** Shards computed side by side. */
    threads: int(1, 1024),
    /** Execution provider and device, e.g. "cpu", "cuda:0", "webgpu". */
    provider: cleanedText(64),
    device: cleanedText(256),
    /** e.g. "linux x86_64, deno 2.9.6, onnxruntime 1.30.0" */
    platform: cleanedText(256),
  }),

  welcome: object({
    type: oneOf("welcome"),
    proof: sha256,
    worker: int(1),
    run: id,
    incarnation: int(0),
    seed: int(0),
    /** Logical shards S. */
    shards: int(1, 4096),
    /** Examples per shard, and bytes per example as the data set keeps them, with its class (u32) if there are labels; examples by class. */
    shard_sizes: list(int(1), 4096),
    example_bytes: int(1),
    class_counts: nullable(list(int(0), MAX_CLASSES)),
    /** uint8: value v is fround(v / 127.5 - 1). float32: as it is. */
    encoding: oneOf("uint8", "float32"),
    /** Columns of images that are flipped at random (random/flips.ts); null: none are. */
    flip_columns: nullable(int(1)),
    /** How sums and weights travel, and where they are rounded for that the shards that must be summed before. */
    wire: object({ format: oneOf(...WIRE_FORMATS), group_shards: nullable(int(1, 4096)) }),
    /** Numbers of a chunk, a multiple of 256: results and weights of more travel in several. */
    chunk_floats: int(256, 2 ** 30),
    /** What learners train by; null where each step is summed over all shards. */
    local_steps: nullable(local_steps),
    shard_sha256: list(sha256, 4096),
    artifacts: list(object({ file: plain(128), sha256, bytes: int(1) }), 64),
    // Neither so often that it is work, nor beyond what a timer can count.
    heartbeat_ms: int(100, 3_600_000),
    silence_ms: int(100, 3_600_000),
    /** Folder for payloads, if the worker should be on this machine; its file `key` holds this key. */
    shared: nullable(object({ folder: text(1024), key: hex(32) })),
  }),

  /** payload: the file */
  artifact: object({ type: oneOf("artifact"), file: plain(128), sha256 }),

  ready: object({
    type: oneOf("ready"),
    /** Hash of the outputs on the probe, of ONNX Runtime's version, the provider and the thread setting. */
    numeric_class: sha256,
    /** Measured time of one critic shard, for the first assignment. */
    shard_ms: claimed_ms,
    /** True if this worker takes weights from shared memory and puts sums there from now on. */
    shared: bool,
  }),

  /**
   * payload: the whole state as float32; or what is to be added to the state held, rounded. With local steps the optimizer's
   * buffers and the statistics are part of a state (algorithm/learner_layout.ts).
   */
  weights: object({
    type: oneOf("weights"),
    ...fence,
    state: oneOf(...NETWORKS),
    step,
    /** Of the state. */
    checksum,
    /** `from`: of the state to add to. `checksum`: of the payload. */
    difference: nullable(object({ from: checksum, checksum })),
  }),

  /** payload: a chunk of a network's new weights as float32, or of what is to be added to those held, rounded */
  weights_chunk: object({
    type: oneOf("weights_chunk"),
    state: oneOf(...NETWORKS),
    step,
    index: int(0, 2 ** 20),
    /** Of the payload. */
    checksum,
  }),
  /** All chunks were sent, and make up the network's weights. */
  weights_end: object({
    type: oneOf("weights_end"),
    ...fence,
    state: oneOf(...NETWORKS),
    step,
    /** Of the state. */
    checksum,
    /** Checksum of the state that the chunks are to be added to; null: they are the state. */
    from: nullable(checksum),
  }),

  /** payload: bytes [offset, offset + length) of the shard's examples */
  shard_chunk: object({
    type: oneOf("shard_chunk"),
    run: id,
    shard: int(0, 4095),
    offset: int(0),
    total: int(1),
    checksum,
  }),
  /** The worker holds the whole shard and its SHA-256 agrees: no more inline examples. */
  shard_held: object({ type: oneOf("shard_held"), run: id, shard: int(0, 4095) }),

  /**
   * payload: examples of the shards in `inline`, in that order, micro-batch by micro-batch. With local steps each shard's
   * are those of all steps of the round, in order.
   */
  work: object({
    type: oneOf("work"),
    ...fence,
    ...computation,
    /** Counter of the critic noise that comes next with this generator, if known: its fakes may be made ahead. */
    next_noise_counter: nullable(step),
    inline: list(int(0, 4095), 4096),
    /** Checksum of the payload; null if there is none. */
    checksum: nullable(checksum),
  }),
  /**
   * payload: the node's sum: gradients, then the tail (result_payload.ts). With local steps the learner's state after the
   * round, and its figures (algorithm/learner_layout.ts).
   */
  result: object({
    type: oneOf("result"),
    ...fence,
    ...computation,
    /** Bytes of the payload; null if it lies in a shared file and is not sent. */
    checksum: nullable(checksum),
    /** The largest magnitude of a float32 payload in a shared file; null elsewhere, and where it is no number. */
    largest: nullable(finite(0)),
    /** Time in ONNX Runtime summed over the shards; time from the work's arrival to this answer. */
    compute_ms: claimed_ms,
    elapsed_ms: claimed_ms,
  }),
  /** payload: the tail of the node's sum as float32; its gradients follow in chunks */
  result_start: object({
    type: oneOf("result_start"),
    ...fence,
    ...computation,
    /** Of the payload. */
    checksum,
    /** As for a result. */
    compute_ms: claimed_ms,
    elapsed_ms: claimed_ms,
  }),
  /** payload: the next chunk of gradients, in the run's wire format */
  result_chunk: object({
    type: oneOf("result_chunk"),
    index: int(0, 2 ** 20),
    /** Of the payload. */
    checksum,
  }),

  /**
   * payload, float32: `sample`: generator and statistics; `score`: critic and examples; then labels, if there are any;
   * `features`: examples
   */
  job: object({
    type: oneOf("job"),
    run: id,
    job: int(1),
    kind: oneOf("sample", "score", "features"),
    count: int(1, 65536),
    noise_counter: step,
  }),
  /** payload, float32, for each of count: `sample`: an example; `score`: a score; `features`: num_features numbers */
  job_result: object({ type: oneOf("job_result"), run: id, job: int(1) }),

  relayed: object({
    ...{ type: oneOf("relayed"), num_workers: int(0, 4096), threads: int(1, 2 ** 20) },
    workers: list(object({ name: cleanedText(128), threads: int(1, 2 ** 20) }), 64),
  }),

  ping: object({ type: oneOf("ping"), sent_ms: finite() }),
  pong: object({ type: oneOf("pong"), sent_ms: finite() }),

  /** Something a person at the other end should read, e.g. that this worker is a spare one. */
  notice: object({ type: oneOf("notice"), text: cleanedText(1024) }),
  leave: object({ type: oneOf("leave"), reason: cleanedText(1024) }),
  finish: object({ type: oneOf("finish"), reason: cleanedText(1024) }),
  refuse: object({
    type: oneOf("refuse"),
    code: oneOf(...REFUSAL_CODES),
    reason: cleanedText(1024),
    /** True: this connection ends and trying again is useless. */
    fatal: bool,
    /** The job or the work this answers, if any. */
    job: nullable(int(1)),
  }),
} satisfies { readonly [T in MessageType]: Check<MessageOf<T>> };

/**
 * The types of messages.
 *
 * @example
 * ```ts
 * import type { MessageType } from "@wagon/wagon/wire";
 *
 * const allowed: ReadonlySet<MessageType> = new Set<MessageType>(["work", "notice"]);
 * console.assert(allowed.has("work"));
 * ```
 */
export type MessageType = keyof Messages;
/**
 * The message of one type.
 *
 * @example
 * ```ts
 * import type { MessageOf } from "@wagon/wagon/wire";
 *
 * const ping: MessageOf<"ping"> = { type: "ping", sent_ms: 1 };
 * console.log(ping.type);
 * ```
 */
export type MessageOf<T extends MessageType> = Messages[T];
/**
 * Any message.
 *
 * @example
 * ```ts
 * import { encodeFrame, type Message } from "@wagon/wagon/wire";
 *
 * const message: Message = { type: "ping", sent_ms: 1 };
 * console.log(encodeFrame(message).head.length);
 * ```
 */
export type Message = Messages[MessageType];

/** Checks a decoded header. Throws {@linkcode SchemaError}. */
export function checkMessage(value: unknown): Message {
  const type = (value as { type?: unknown } | null)?.type;
  if (typeof type !== "string" || !Object.hasOwn(MESSAGES, type)) {
    throw new SchemaError(`Field message.type must be a known message: found ${show(type)}`);
  }
  return MESSAGES[type as MessageType](value, type) as Message;
}
