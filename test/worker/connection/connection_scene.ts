/** A connection on its own: a scripted pool behind it, a test's coordinator before it. */
import assert from "node:assert/strict";
import { joinCoordinator } from "../../../wire/handshake.ts";
import { openChannel } from "../../../wire/channel.ts";
import type { RefusalCode } from "../../../wire/messages.ts";
import type { Refusal } from "../../../wire/refusal.ts";
import { payloadSize } from "../../../kernels/result_payload.ts";
import type { Socket } from "../../../wire/socket.ts";
import type { LearnerRound } from "../../../worker/compute/learners/learner_queue.ts";
import type { SharedWork } from "../../../worker/compute/compute_calls.ts";
import { CPU } from "../../../worker/runtime/device.ts";
import type { Events } from "../../../worker/connection/events.ts";
import { largestArtifact } from "../../../worker/connection/payload_sizes.ts";
import { ACCEPTED, Connection } from "../../../worker/connection/connection.ts";
import { openNothing, type OpenShared } from "../../../worker/compute/shared_memory.ts";
import { ShardStore } from "../../../worker/connection/shard_store.ts";
import type { ComputePool } from "../../../worker/compute/pools/compute_pool.ts";
import { type StartPool, ThreadPoolCache } from "../../../worker/compute/pools/thread_pool_cache.ts";
import { FakeClock } from "../../wire/fake_clock.ts";
import { MemorySocket } from "../../wire/memory_socket.ts";
import { TestCoordinator } from "../test_coordinator.ts";
import { type TestRun, testRun, TOKEN } from "../test_run.ts";

export const run = await testRun();
const HELLO = { name: "w", threads: 1, provider: "cpu", device: "", platform: "test" };
export const CLASS = "c1".repeat(32);

/** A pool that remembers what it was asked and answers when told to. */
export class ScriptedPool implements ComputePool {
  readonly probes = [{ numeric_class: CLASS, shard_ms: 2 }];
  onbroken: ComputePool["onbroken"] = null;
  readonly asked: string[] = [];
  failure: string | null = null;
  terminated = false;
  /** Fills the next sums. */
  value = 1;

  setWeights(network: string, weights: Float32Array, is_difference = false): void {
    this.asked.push(`${is_difference ? "difference" : "weights"} ${network} ${weights.length}`);
  }

  share({ weights, sums }: Parameters<ComputePool["share"]>[0]): Promise<void> {
    this.asked.push(`share ${weights} ${sums}`);
    return Promise.resolve();
  }

  sum(
    task: Parameters<ComputePool["sum"]>[0],
    shared: SharedWork | null = null,
  ): ReturnType<ComputePool["sum"]> {
    const { kind, node, noise_purpose, noise_counter } = task;
    const from = shared === null ? "" : ` with ${shared.weights.critic} ${shared.weights.generator}`;
    this.asked.push(`sum ${kind} ${node.begin}-${node.end} ${noise_purpose} ${noise_counter}${from}`);
    this.examples = task.leaves.map(({ examples }) => examples);
    this.rounding = task.rounding;
    if (this.failure !== null) return Promise.reject(new Error(this.failure));
    if (shared) return Promise.resolve({ sum: null, largest: this.value, compute_ms: 5 });
    const format = task.rounding ? "int8" : "float32";
    const size = payloadSize(format, run.manifest.graphs[`${kind}_training_model`]);
    const sum = new Float32Array(size).fill(this.value);
    return Promise.resolve({ sum, largest: this.value, compute_ms: 5 });
  }

  learned: LearnerRound[] = [];

  learn(round: LearnerRound): ReturnType<ComputePool["learn"]> {
    this.asked.push(`learn ${round.node.begin}-${round.node.end}`);
    this.learned.push(round);
    if (this.failure !== null) return Promise.reject(new Error(this.failure));
    return Promise.resolve({ result: new Float32Array(9).fill(this.value), compute_ms: 5 });
  }

  examples: (Uint8Array | null)[] = [];
  rounding: Parameters<ComputePool["sum"]>[0]["rounding"];

  makeAhead(
    node: { begin: number; end: number },
    task: { noise_purpose: string; noise_counter: number },
  ): void {
    this.asked.push(`ahead ${node.begin}-${node.end} ${task.noise_purpose} ${task.noise_counter}`);
  }

  job({ kind, count }: Parameters<ComputePool["job"]>[0]): ReturnType<ComputePool["job"]> {
    this.asked.push(`job ${kind} ${count}`);
    if (this.failure !== null) return Promise.reject(new Error(this.failure));
    return Promise.resolve(new Float32Array(count).fill(this.value));
  }

  recycled = 0;

  recycle(): void {
    this.recycled++;
  }

  terminate(): void {
    this.terminated = true;
  }
}

export interface Scene {
  readonly coordinator: TestCoordinator;
  readonly connection: Connection;
  readonly pool: ScriptedPool;
  readonly thread_pools: ThreadPoolCache;
  readonly said: string[];
  readonly clock: FakeClock;
  /** Bytes of the largest frame that the worker takes. */
  readonly mayReceive: () => number | null;
}

function listener(said: string[]): Events {
  return {
    ready: (_ms, threads, held) => said.push(`ready ${threads.used} ${held}`),
    shardsHeld: (count) => said.push(`held ${count}`),
    computed: (step, shards) => said.push(`computed ${step} ${shards}`),
    notice: (text) => said.push(`notice ${text}`),
    refused: (refusal: Refusal) => said.push(`refused ${refusal.code}`),
    failed: (reason) => said.push(`failed ${reason}`),
  };
}

interface SceneOptions {
  readonly of?: TestRun;
  readonly store?: ShardStore;
  readonly start?: StartPool;
  readonly openShared?: OpenShared;
  /** What the connection has of the connection, after the handshake, in place of its own end. */
  readonly through?: (socket: Socket) => Socket;
}

/** A connection past its handshake, with a coordinator at the other end. */
export async function scene(
  {
    of = run,
    store = new ShardStore(1e6, null),
    start,
    openShared = openNothing,
    through = (socket) => socket,
  }: SceneOptions = {},
): Promise<Scene> {
  const [socket, worker_socket] = MemorySocket.pair();
  const clock = new FakeClock();
  const pool = new ScriptedPool();
  const thread_pools = new ThreadPoolCache([CPU], start ?? (() => Promise.resolve(pool)));
  const said: string[] = [];
  const [coordinator, welcome] = await Promise.all([
    TestCoordinator.admit(socket, of, clock),
    joinCoordinator(worker_socket, { clock, deadline_ms: 1000, token: TOKEN, hello: HELLO }),
  ]);
  const channel = openChannel(through(worker_socket), {
    peer: "the coordinator",
    ...welcome,
    clock,
    allowed: ACCEPTED,
    max_payload_bytes: largestArtifact(welcome),
    unasked: null,
  });
  const { now_ms } = clock;
  const events = listener(said);
  const connection = new Connection({
    welcome,
    channel,
    thread_pools,
    store,
    events,
    now_ms: now_ms.bind(clock),
    wall_ms: () => 0,
    openShared,
  });
  const mayReceive = () => worker_socket.max_frame_bytes;
  return { coordinator, connection, pool, thread_pools, said, clock, mayReceive };
}

export async function readyScene(options: SceneOptions = {}): Promise<Scene> {
  const it = await scene(options);
  assert.deepEqual(await it.coordinator.setUp(), {
    type: "ready",
    numeric_class: CLASS,
    shard_ms: 2,
    shared: false,
  });
  return it;
}

/** The refusal that answers what `send` does; after it the connection still works. */
export async function refusal(
  coordinator: TestCoordinator,
  send: () => void,
): Promise<[RefusalCode, string]> {
  send();
  const { code, reason, fatal } = (await coordinator.next("refuse")).message;
  assert.equal(fatal, false);
  return [code, reason];
}
