/**
 * The join: from a new connection to a worker that may compute. Proof of the token, graphs, numeric class; whoever
 * fails is told why by a code, and the run goes on without it.
 */
import { LearnerLayout } from "../../../algorithm/learner_layout.ts";
import type { LocalSteps } from "../../../algorithm/local_steps.ts";
import { FLOAT32_WIRE, type Wire } from "../../../common/wire_format.ts";
import type { Manifest } from "../../../models/manifest.ts";
import { type Channel, openChannel } from "../../../wire/channel.ts";
import type { Clock } from "../../../wire/clock.ts";
import { admitWorker } from "../../../wire/handshake.ts";
import type { MessageOf, MessageType } from "../../../wire/messages.ts";
import type { AllowedKeys } from "../../../wire/proof/worker_key.ts";
import { Refusal } from "../../../wire/refusal.ts";
import type { Socket } from "../../../wire/socket.ts";
import { rowBytes } from "../../data/data_set.ts";
import type { ShardSource } from "../../data/sharded_data.ts";
import { chunkFloatsOf } from "../streaming/result_chunks.ts";

/** A peer that has not proved itself in this time is not a worker. */
const HANDSHAKE_DEADLINE_MS = 10_000;
/** Fetching the graphs, compiling them and the probe: minutes on a slow link or a cold GPU. */
const READY_DEADLINE_MS = 300_000;
const HEARTBEAT_MS = 2_000;
const SILENCE_MS = 10_000;
/** Messages that a worker may send unasked, besides one for each shard that it holds: a heartbeat a second, with a margin. */
const UNASKED_BURST = 256;
const UNASKED_PER_S = 16;

/** Messages that a worker may send after its proof. */
const FROM_WORKERS: ReadonlySet<MessageType> = new Set([
  "ready",
  "result",
  "result_start",
  "result_chunk",
  "shard_held",
  "job_result",
  "relayed",
  "leave",
]);

/** One file of the artifacts. */
export interface ArtifactFile {
  readonly file: string;
  readonly sha256: string;
  readonly bytes: Uint8Array;
}

/** Introduction of a run for newcomers. */
export interface RunFacts {
  readonly run: string;
  readonly incarnation: number;
  readonly seed: number;
  readonly manifest: Manifest;
  /** artifacts.json and the graphs. */
  readonly files: readonly ArtifactFile[];
  /** How sums and weights travel; absent: as float32. */
  readonly wire?: Wire;
  /** Length of the chunks that larger results and weights travel in; absent: by the size of the networks. */
  readonly chunk_floats?: number;
  /** Columns of images that are flipped at random; absent: none are. */
  readonly flip_columns?: number | null;
  /** What learners train by; absent: each step is summed over all shards. */
  readonly local?: LocalSteps | null;
}

export interface Admitted {
  readonly channel: Channel;
  readonly hello: MessageOf<"hello">;
  readonly ready: MessageOf<"ready">;
}

type Welcome = Omit<MessageOf<"welcome">, "type" | "proof" | "run" | "incarnation">;

function welcome(facts: RunFacts, data: ShardSource, worker: number, shared: Welcome["shared"]): Welcome {
  return {
    worker,
    seed: facts.seed,
    shards: data.plan.num_shards,
    shard_sizes: data.plan.shards.map((indices) => indices.length),
    example_bytes: rowBytes(data.data),
    class_counts: data.class_counts,
    encoding: data.data.encoding,
    flip_columns: facts.flip_columns ?? null,
    wire: facts.wire ?? FLOAT32_WIRE,
    chunk_floats: chunkFloatsOf(facts),
    local_steps: facts.local ?? null,
    shard_sha256: data.sha256,
    artifacts: facts.files.map(({ file, sha256, bytes }) => ({ file, sha256, bytes: bytes.length })),
    heartbeat_ms: HEARTBEAT_MS,
    silence_ms: SILENCE_MS,
    shared,
  };
}

/** Bytes of the largest sum, or of a learner's result. */
function resultBytes({ manifest, local }: Pick<RunFacts, "manifest" | "local">): number {
  if (local) return 4 * new LearnerLayout(manifest, local.optimizer.kind, local.steps).size;
  const { graphs } = manifest;
  return 4 * Math.max(graphs.critic_training_model.size, graphs.generator_training_model.size);
}

/**
 * Waits for the newcomer to have compiled the graphs and computed the probe. `enter` is called within its message:
 * whoever takes over the channel there misses none of those that come with it.
 */
function whenReady(
  channel: Channel,
  clock: Clock,
  enter: (ready: MessageOf<"ready">) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error: unknown) => {
      stop();
      reject(error);
    };
    const stop = clock.after(READY_DEADLINE_MS, () => {
      channel.close(`Worker must be ready within ${READY_DEADLINE_MS / 1000} s: it is not`);
    });
    channel.onclose = (reason) => end(new Error(reason));
    channel.onmessage = (message) => {
      if (message.type === "ready") {
        stop();
        try {
          enter(message);
          resolve();
        } catch (error) {
          channel.close(error instanceof Error ? error.message : String(error));
          end(error);
        }
      } else if (message.type === "leave" || message.type === "refuse") channel.close(message.reason);
      else throw new Refusal("unexpected_message", `Message ${message.type} must come after ready`);
    };
  });
}

/**
 * Admits a newcomer; `enter` is called once it is ready, and may throw to keep it out. Throws when
 * it does not get in; it was told why.
 */
export async function admit(
  socket: Socket,
  options: {
    facts: RunFacts;
    data: ShardSource;
    token: string;
    read_token: string | undefined;
    allowed_keys?: AllowedKeys | null | undefined;
    worker: number;
    clock: Clock;
    shared: Welcome["shared"];
    /** Called when it has proved itself. Why it may not join; null: it may. */
    mayJoin: () => string | null;
    /** Called when it sends much more than it was asked for. */
    onflood: () => void;
    /** Takes the channel of a newcomer that has proved itself and gets ready. */
    welcomed: (channel: Channel) => void;
  },
  enter: (admitted: Admitted) => void,
): Promise<void> {
  const { facts, data, token, read_token, allowed_keys = null, worker, clock, shared } = options;
  const { run, incarnation } = facts;
  const hello = await admitWorker(socket, {
    clock,
    deadline_ms: HANDSHAKE_DEADLINE_MS,
    token,
    read_token,
    allowed_keys,
    run,
    incarnation,
    welcome: () => {
      const why = options.mayJoin();
      if (why !== null) throw new Error(why);
      return welcome(facts, data, worker, shared);
    },
  });
  const channel = openChannel(socket, {
    clock,
    peer: `worker ${worker}`,
    heartbeat_ms: HEARTBEAT_MS,
    silence_ms: SILENCE_MS,
    allowed: FROM_WORKERS,
    max_payload_bytes: resultBytes(facts),
    unasked: { burst: UNASKED_BURST + data.plan.num_shards, per_s: UNASKED_PER_S },
    onflood: options.onflood,
  });
  options.welcomed(channel);
  // Who cannot even say that it is ready never will.
  const tolerated = channel.max_bad_messages;
  channel.max_bad_messages = 0;
  const entered = whenReady(channel, clock, (ready) => {
    channel.max_bad_messages = tolerated;
    enter({ channel, hello, ready });
  });
  for (const { file, sha256, bytes } of facts.files) channel.send({ type: "artifact", file, sha256 }, bytes);
  await entered;
}
