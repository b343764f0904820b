/** A worker for tests of the coordinator: it speaks the real protocol over memory and computes what it is told. */
import { ACCEPTED } from "../../../worker/connection/connection.ts";
import type { Fleet } from "../../../coordinator/fleet/fleet.ts";
import { type Channel, openChannel } from "../../../wire/channel.ts";
import { checksumBytes } from "../../../kernels/kernels.ts";
import { bytesOf, type Shared } from "../../../wire/frame.ts";
import { joinCoordinator } from "../../../wire/handshake.ts";
import type { Message, MessageOf, MessageType } from "../../../wire/messages.ts";
import type { WorkerKey } from "../../../wire/proof/worker_key.ts";
import type { Socket } from "../../../wire/socket.ts";
import { type FakeClock, settled } from "../../wire/fake_clock.ts";
import { MemorySocket } from "../../wire/memory_socket.ts";
import { LIMITS } from "../../wire/limits.ts";

export const TOKEN = "a token for the tests";
export const READ_TOKEN = "a token that lets one look";
/** A message about weights, in whatever way they come. */
export interface WeightsArrival {
  readonly message: MessageOf<"weights" | "weights_chunk" | "weights_end">;
  readonly payload: Uint8Array;
}

/** Writes the results of a worker on the coordinator's machine. */
export interface ScriptedRing {
  /** It was asked for a result. */
  reserve(work: MessageOf<"work">): void;
  put(work: MessageOf<"work">, values: Float32Array): Shared;
}

/** One place for all results, which the test fills by itself. */
const ONE_PLACE: ScriptedRing = {
  reserve: () => {},
  put: (_work, values) => ({ offset: 0, tag: "1".repeat(16), bytes: values.byteLength }),
};

export class ScriptedWorker {
  readonly name: string;
  readonly received: Message[] = [];
  /** Time of the last message of each type. */
  readonly payloads = new Map<MessageType, Uint8Array>();
  /** Work that was asked for and not answered. */
  readonly work: MessageOf<"work">[] = [];
  /** What it was sent of weights, in order. */
  readonly weights: { readonly message: MessageOf<"weights">; readonly payload: Uint8Array }[] = [];
  /** The same, and chunks. */
  readonly arrivals: WeightsArrival[] = [];
  closed: string | null = null;
  readonly #channel: Channel;
  readonly #socket: MemorySocket;

  private constructor(
    name: string,
    channel: Channel,
    socket: MemorySocket,
    readonly ring: ScriptedRing | null,
    private readonly far: MemorySocket,
  ) {
    this.name = name;
    this.#socket = socket;
    this.#channel = channel;
    channel.onmessage = (message, payload) => {
      this.received.push(message);
      this.payloads.set(message.type, payload);
      if (message.type === "weights") this.weights.push({ message, payload });
      if (message.type === "weights" || message.type === "weights_chunk" || message.type === "weights_end") {
        this.arrivals.push({ message, payload });
      }
      if (message.type !== "work") return;
      this.ring?.reserve(message);
      this.work.push(message);
    };
    channel.onclose = (reason) => this.closed = reason;
  }

  /** Joins the fleet up to and including `ready`, and says at once which shards it holds. */
  static async join(
    fleet: Pick<Fleet, "accept">,
    clock: FakeClock,
    options: {
      name: string;
      numeric_class?: string;
      token?: string;
      shard_ms?: number;
      threads?: number;
      held?: readonly number[];
      /** True if it is on the coordinator's machine: its results then lie in shared memory. */
      shared?: boolean | ScriptedRing;
      /** True if it gets ready; default true. */
      ready?: boolean;
      /** Its own key, if it has one. */
      key?: WorkerKey;
      /** What the coordinator has of the connection in place of its own end. */
      through?: (socket: Socket) => Socket;
    },
  ): Promise<ScriptedWorker> {
    const { name, numeric_class = "a".repeat(64), token = TOKEN, shard_ms = 1, threads = 1, held = [] } =
      options;
    const { key = null, shared = false, ready = true, through = (socket: Socket) => socket } = options;
    const [near, far] = MemorySocket.pair();
    void fleet.accept(through(far), name);
    const hello = { name, threads, provider: "cpu", device: "test", platform: "test" };
    await joinCoordinator(near, { clock, deadline_ms: 1_000, token, hello, key });
    // Keys are derived beside the event loop, on either side.
    while (!far.is_sealed) await settled();
    const channel = openChannel(near, {
      clock,
      heartbeat_ms: 2_000,
      silence_ms: 10_000,
      allowed: ACCEPTED,
      ...LIMITS,
    });
    const ring = shared === true ? ONE_PLACE : shared || null;
    const worker = new ScriptedWorker(name, channel, near, ring, far);
    if (ready) worker.send({ type: "ready", numeric_class, shard_ms, shared: ring !== null });
    for (const shard of held) worker.send({ type: "shard_held", run: "run-1", shard });
    await settled();
    return worker;
  }

  /** Bytes of the largest frame that the coordinator takes from it. */
  get may_send_bytes(): number | null {
    return this.far.max_frame_bytes;
  }

  send(message: Message, payload?: Uint8Array): void {
    this.#channel.send(message, payload);
  }

  /** Nodes asked of it and not answered, as "begin-end". */
  get nodes(): string[] {
    return this.work.map(({ begin, end }) => `${begin}-${end}`);
  }

  messages<T extends MessageType>(type: T): MessageOf<T>[] {
    return this.received.filter((message): message is MessageOf<T> => message.type === type);
  }

  /** Answers its oldest work with `values`; `changes` make the answer a wrong one. */
  async answer(values: Float32Array<ArrayBuffer>, changes: Partial<MessageOf<"result">> = {}): Promise<void> {
    const work = this.work.shift()!;
    const { type: _type, inline: _inline, next_noise_counter: _next, ...computation } = work;
    const { begin, end } = computation;
    const times = { compute_ms: end - begin, elapsed_ms: end - begin };
    const checksum = this.ring ? null : checksumBytes(bytesOf(values));
    const result: MessageOf<"result"> = {
      type: "result",
      ...computation,
      checksum,
      largest: null,
      ...times,
      ...changes,
    };
    if (this.ring) this.#channel.sendShared(result, this.ring.put(work, values));
    else this.send(result, bytesOf(values));
    await settled();
  }

  /** The messages of a result of its oldest work with so many gradients, all in one chunk, and what they carry. */
  inChunks(values: Float32Array, num_gradients: number) {
    const work = this.work.shift()!;
    const { type: _type, inline: _inline, next_noise_counter: _next, checksum: _checksum, ...about } = work;
    const [gradients, tail] = [values.subarray(0, num_gradients), values.subarray(num_gradients)].map(
      bytesOf,
    );
    const times = { compute_ms: 1, elapsed_ms: 1 };
    const start: MessageOf<"result_start"> = {
      type: "result_start",
      ...about,
      ...times,
      checksum: checksumBytes(tail!),
    };
    const chunk: MessageOf<"result_chunk"> = {
      type: "result_chunk",
      index: 0,
      checksum: checksumBytes(gradients!),
    };
    return { start, tail: tail!, chunk, gradients: gradients! };
  }

  /** Answers its oldest work in chunks. */
  async answerInChunks(values: Float32Array, num_gradients: number): Promise<void> {
    const { start, tail, chunk, gradients } = this.inChunks(values, num_gradients);
    this.send(start, tail);
    this.send(chunk, gradients);
    await settled();
  }

  /** It neither reads nor answers any more. */
  freeze(): void {
    this.#socket.reading = false;
  }

  /** Its connection breaks. */
  async die(): Promise<void> {
    this.#channel.close("killed by the test");
    await settled();
  }
}
