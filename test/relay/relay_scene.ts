/** A relay on its own: a scripted coordinator before it, scripted workers behind it, memory in between. */
import { checksumBytes } from "../../kernels/kernels.ts";
import { relay, type RelayOptions } from "../../relay/relay.ts";
import type { MessageOf } from "../../wire/messages.ts";
import type { Socket } from "../../wire/socket.ts";
import { ScriptedWorker } from "../coordinator/fleet/scripted_worker.ts";
import { FakeClock, settled } from "../wire/fake_clock.ts";
import { MemorySocket } from "../wire/memory_socket.ts";
import { TestCoordinator } from "../worker/test_coordinator.ts";
import { type TestRun, testRun, TOKEN } from "../worker/test_run.ts";

/** Of eight shards. */
export const run = await testRun(8);
export const CLASS = "a".repeat(64);

/** The run, with other settings in its welcome. */
export function runWith(change: Partial<TestRun["welcome"]>, of = run): TestRun {
  return { ...of, welcome: { ...of.welcome, ...change } };
}

export class RelayScene implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly said: string[] = [];
  /** How it ended. */
  readonly ended: Promise<"over" | "stopped">;
  readonly #stop = new AbortController();
  #onsocket: ((socket: Socket, peer: string) => void) | null = null;
  /** Connections that it has opened and nobody has taken. */
  readonly #opened: MemorySocket[] = [];

  /** `through`: what the relay's end of each connection passes. */
  constructor(
    more: Partial<Pick<RelayOptions, "allowed_keys">> = {},
    through: (socket: Socket) => Socket = (socket) => socket,
  ) {
    const say = (text: string) => void this.said.push(text);
    this.ended = relay({
      locate: () => Promise.resolve({ url: "ws://up", token: TOKEN }),
      connect: () => {
        const [near, far] = MemorySocket.pair();
        this.#opened.push(far);
        return Promise.resolve(through(near));
      },
      open: (onsocket) => {
        this.#onsocket = (socket, peer) => onsocket(through(socket), peer);
        return Promise.resolve({ port: 1, local_url: "ws://relay", close: () => Promise.resolve() });
      },
      opened: () => {},
      name: "relay",
      platform: "test",
      memory_bytes: 1e6,
      cache: null,
      ...more,
      console: {
        onshard: null,
        line: say,
        caused: say,
        notice: say,
        failed: (reason) => say(`failed: ${reason}`),
        refused: ({ message }) => say(`refused: ${message}`),
        ready: (_ms, { used }) => say(`ready: ${used}`),
        idle: () => {},
        shardsHeld() {
          this.onshard!();
        },
        computed: () => {},
      },
      observer: () => ({
        joined: ({ name }) => say(`${name} joined`),
        relayed: ({ name, threads }) => say(`${name} relays ${threads}`),
        left: ({ name }, reason) => say(`${name} left: ${reason}`),
        fault: ({ what, decision }) => say(`${what}: ${decision}`),
        refused: (_peer, reason) => say(`refused a worker: ${reason}`),
      }),
      clock: this.clock,
      wall_ms: () => 0,
      random: () => 0,
      stop: this.#stop.signal,
    });
    this.ended.catch(() => {});
  }

  /** The coordinator takes the relay's next connection, and sends the graphs. */
  async admit(of = run, incarnation = 1): Promise<TestCoordinator> {
    while (this.#opened.length === 0) await this.clock.advance(100);
    const coordinator = await TestCoordinator.admit(this.#opened.shift()!, of, this.clock, { incarnation });
    coordinator.sendArtifacts();
    await settled();
    return coordinator;
  }

  /** A worker comes to the relay's port. */
  async join(
    name: string,
    more: Partial<Parameters<typeof ScriptedWorker.join>[2]> = {},
  ): Promise<ScriptedWorker> {
    const accept = (socket: Socket, peer: string) => {
      this.#onsocket!(socket, peer);
      return Promise.resolve();
    };
    while (true) {
      try {
        return await ScriptedWorker.join({ accept }, this.clock, { name, token: TOKEN, ...more });
      } catch (error) {
        // It has not taken in the graphs yet, or looks at the proof.
        if (!(error as Error).message.includes("has not reached the run's coordinator")) throw error;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
  }

  /** A connection to the relay's port. */
  knock(): MemorySocket {
    const [near, far] = MemorySocket.pair();
    this.#onsocket!(far, "10.0.0.9:1");
    return near;
  }

  /** Its user stops it. */
  stop(): void {
    this.#stop.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await settled();
    // A handshake that nobody answers has its deadline.
    await this.clock.advance(10_000);
    await this.ended.catch(() => {});
  }
}

/** A relay that is ready, with so many workers behind it, and the networks of the run. */
export async function ready(num_workers: number, of = run) {
  const scene = new RelayScene();
  const coordinator = await scene.admit(of);
  const workers: ScriptedWorker[] = [];
  for (let i = 1; i <= num_workers; i++) workers.push(await scene.join(`w${i}`));
  const { message } = await coordinator.next("ready");
  const relayed = await coordinator.next("relayed");
  coordinator.sendWeights("critic");
  coordinator.sendWeights("generator");
  await settled();
  return { scene, coordinator, workers, message, relayed: relayed.message };
}

/** The numbers of a result of the critic, each of them this one. */
export function sumOf(value: number): Float32Array<ArrayBuffer> {
  return new Float32Array(run.manifest.graphs.critic_training_model.size).fill(value);
}

/** Examples of the first micro-batch of so many shards, beside work that has none of them. */
export function inlineOf(begin: number, end: number): { inline: number[]; payload: Uint8Array } {
  const { example_bytes } = run.welcome, bytes = run.manifest.micro_batch * example_bytes;
  const inline = Array.from({ length: end - begin }, (_, i) => begin + i);
  const payload = new Uint8Array(inline.length * bytes);
  inline.forEach((shard, i) => payload.fill(shard + 1, i * bytes, (i + 1) * bytes));
  return { inline, payload };
}

/** Asks for a node, with its examples. */
export function ask(
  coordinator: TestCoordinator,
  begin: number,
  end: number,
  change: Partial<MessageOf<"work">> = {},
): void {
  const { inline, payload } = inlineOf(begin, end);
  coordinator.send(coordinator.work(begin, end, { inline, ...change }), payload);
}

/** Every worker answers what it was asked for: the value of each shard is its number, or what `valueOf` says. */
export async function answerAll(
  workers: readonly ScriptedWorker[],
  valueOf = (begin: number, end: number) => treeSum(begin, end, (shard) => shard),
): Promise<void> {
  for (const worker of workers) {
    while (worker.work.length > 0) {
      const { begin, end } = worker.work[0]!;
      await worker.answer(sumOf(valueOf(begin, end)));
    }
  }
}

/** The sum over shards in the order of the tree, in float32. */
export function treeSum(begin: number, end: number, value: (shard: number) => number): number {
  if (end - begin === 1) return Math.fround(value(begin));
  const half = 2 ** Math.floor(Math.log2(end - begin - 1));
  return Math.fround(treeSum(begin, begin + half, value) + treeSum(begin + half, end, value));
}

/** A result that has come, as [begin, end, first number, checksum as it says]. */
export function shown({ message, payload }: { message: MessageOf<"result">; payload: Uint8Array }) {
  const { begin, end, checksum } = message;
  const [first] = new Float32Array(payload.slice().buffer);
  return [begin, end, first, checksum === checksumBytes(payload)];
}
