/** A coordinator that says what a test tells it to. */
import { Buffer } from "node:buffer";
import { checksumBytes } from "../../kernels/kernels.ts";
import { type Channel, openChannel } from "../../wire/channel.ts";
import type { Clock } from "../../wire/clock.ts";
import { bytesOf } from "../../wire/frame.ts";
import { admitWorker } from "../../wire/handshake.ts";
import type { NetworkName } from "../../common/network_name.ts";
import type { Message, MessageOf, MessageType } from "../../wire/messages.ts";
import type { Socket } from "../../wire/socket.ts";
import { sha256 } from "../../common/sha256.ts";
import { RUN_ID, type TestRun, TOKEN } from "./test_run.ts";
import { LIMITS } from "../wire/limits.ts";

const FROM_WORKERS: ReadonlySet<MessageType> = new Set<MessageType>([
  "ready",
  "shard_held",
  "result",
  "result_start",
  "result_chunk",
  "job_result",
  "relayed",
  "leave",
]);

export interface Heard<T extends MessageType = MessageType> {
  readonly message: MessageOf<T>;
  readonly payload: Uint8Array;
}

export class TestCoordinator {
  readonly closed: Promise<string>;
  readonly #heard: Heard[] = [];
  #wake: (() => void) | null = null;
  #closed: string | null = null;

  constructor(
    readonly channel: Channel,
    readonly run: TestRun,
    readonly hello: MessageOf<"hello">,
    readonly incarnation: number,
  ) {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.closed = promise;
    channel.onmessage = (message, payload) => {
      this.#heard.push({ message: message as never, payload });
      this.#wake?.();
    };
    channel.onclose = (reason) => {
      this.#closed = reason;
      this.#wake?.();
      resolve(reason);
    };
  }

  /** The handshake, then a channel. */
  static async admit(
    socket: Socket,
    run: TestRun,
    clock: Clock,
    { incarnation = 1, token = TOKEN } = {},
  ): Promise<TestCoordinator> {
    const hello = await admitWorker(socket, {
      clock,
      deadline_ms: 10_000,
      token,
      run: RUN_ID,
      incarnation,
      welcome: () => run.welcome,
    });
    const channel = openChannel(socket, {
      clock,
      heartbeat_ms: 1000,
      silence_ms: 10_000,
      allowed: FROM_WORKERS,
      ...LIMITS,
    });
    return new TestCoordinator(channel, run, hello, incarnation);
  }

  /** The next message, which must be of this type. */
  async next<T extends MessageType>(type: T): Promise<Heard<T>> {
    while (this.#heard.length === 0) {
      if (this.#closed !== null) throw new Error(`Waited for ${type}: closed (${this.#closed})`);
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const heard = this.#heard.shift()!;
    if (heard.message.type !== type) {
      throw new Error(`Waited for ${type}: heard ${JSON.stringify(heard.message)}`);
    }
    return heard as unknown as Heard<T>;
  }

  /** Work with examples is given their checksum, unless it has one. */
  send(message: Message, payload?: Uint8Array): void {
    const is_bare = message.type === "work" && message.checksum === null && payload !== undefined;
    this.channel.send(is_bare ? { ...message, checksum: checksumBytes(payload) } : message, payload);
  }

  sendArtifacts(files = this.run.files): void {
    for (const [file, bytes] of files) this.send({ type: "artifact", file, sha256: sha256(bytes) }, bytes);
  }

  sendWeights(state: NetworkName, change: Partial<MessageOf<"weights">> = {}): void {
    this.send({
      type: "weights",
      ...this.fence(),
      state,
      step: 0,
      checksum: this.run.checksums[state],
      difference: null,
      ...change,
    }, bytesOf(this.run.weights[state]));
  }

  /** Sends a whole shard in two chunks. */
  sendShard(shard: number, bytes: Uint8Array = this.run.shards[shard]!): void {
    const half = bytes.length >> 1;
    for (const [offset, end] of [[0, half], [half, bytes.length]] as const) {
      const chunk = bytes.slice(offset, end);
      const checksum = checksumBytes(chunk);
      this.send({ type: "shard_chunk", run: RUN_ID, shard, offset, total: bytes.length, checksum }, chunk);
    }
  }

  /** Critic work for shards [begin, end), with `change` made to it. */
  work(begin: number, end: number, change: Partial<MessageOf<"work">> = {}): MessageOf<"work"> {
    return {
      type: "work",
      ...this.fence(),
      kind: "critic",
      step: 1,
      begin,
      end,
      epoch: 0,
      batch: 0,
      noise_purpose: "critic_noise",
      noise_counter: 1,
      critic_checksum: this.run.checksums.critic,
      generator_checksum: this.run.checksums.generator,
      next_noise_counter: null,
      inline: [],
      checksum: null,
      ...change,
    };
  }

  job(kind: "sample" | "score" | "features", count: number, job = 1): MessageOf<"job"> {
    return {
      type: "job",
      run: RUN_ID,
      job,
      kind,
      count,
      noise_counter: 0,
    };
  }

  fence() {
    return { run: RUN_ID, incarnation: this.incarnation, generation: 1 };
  }

  /** Artifacts, ready, both networks' weights: all that comes before work. */
  async setUp(): Promise<MessageOf<"ready">> {
    this.sendArtifacts();
    const { message } = await this.next("ready");
    this.sendWeights("critic");
    this.sendWeights("generator");
    return message;
  }
}

/** Payloads one after another. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
