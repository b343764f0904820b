/** A worker by simulated time: it takes weights and work in, computes for as long as it was told, and answers. */
import { checksumBytes } from "../kernels/kernels.ts";
import { Member } from "../coordinator/fleet/member.ts";
import type { Clock } from "../wire/clock.ts";
import { bytesOf } from "../wire/frame.ts";
import type { Message, MessageOf } from "../wire/messages.ts";
import { type Route, SimulatedChannel } from "./channel.ts";
import { costOf, type Costs } from "./costs.ts";
import type { Connection } from "./pipes.ts";
import { type Processor, Thread } from "./processor.ts";
import { messageBytes, type NetworkSizes } from "./sizes.ts";
import type { WorkerGroup } from "./setup.ts";
import type { Wire } from "../common/wire_format.ts";

const NUMERIC_CLASS = "5".repeat(64);
/** What a result holds in place of gradients, by its length. */
const PAYLOADS = new Map<number, { readonly payload: Uint8Array; readonly checksum: string }>();

function payloadOf(size: number): { readonly payload: Uint8Array; readonly checksum: string } {
  const known = PAYLOADS.get(size);
  if (known) return known;
  const payload = bytesOf(new Float32Array(size));
  const made = { payload, checksum: checksumBytes(payload) };
  PAYLOADS.set(size, made);
  return made;
}

/** Places that a worker's messages pass through. */
export interface Places {
  readonly clock: Clock;
  /** The coordinator's event loop. */
  readonly coordinator: Thread;
  /** Its own. */
  readonly processor: Processor;
  /** Null: it shares memory with the coordinator. */
  readonly connection: Connection | null;
  /** What makes its link where that is a process of the coordinator's machine; null: real links. */
  readonly relay: Thread | null;
}

/** Facts of the run. */
export interface Facts {
  readonly sizes: NetworkSizes;
  readonly wire: Wire;
  readonly costs: Costs;
  /** Numbers of what stands for a result. */
  readonly result_sizes: { readonly critic: number; readonly generator: number };
}

export class SimulatedWorker implements Route {
  readonly member: Member;
  readonly group: WorkerGroup;
  readonly #facts: Facts;
  readonly #places: Places;
  readonly #channel: SimulatedChannel;
  readonly #events: Thread;
  readonly #threads: readonly Thread[];

  constructor(id: number, name: string, group: WorkerGroup, facts: Facts, places: Places) {
    this.group = group;
    this.#facts = facts;
    this.#places = places;
    this.#events = new Thread(places.processor);
    this.#threads = Array.from({ length: group.threads }, () => new Thread(places.processor));
    const shared = places.connection === null;
    this.#channel = new SimulatedChannel(this, shared);
    const about = { provider: "cpu", device: "simulated", platform: "simulated" };
    this.member = new Member(id, {
      channel: this.#channel,
      hello: { type: "hello", version: 0, nonce: "", proof: "", name, threads: group.threads, ...about },
      ready: { type: "ready", numeric_class: NUMERIC_CLASS, shard_ms: group.step_ms.critic, shared },
    });
  }

  /** Time that its threads computed, the most that one did. */
  get compute_ms(): number {
    return Math.max(...this.#threads.map(({ work_ms }) => work_ms));
  }

  get link_ms(): { readonly down: number; readonly up: number } {
    return this.#places.connection?.busy_ms ?? { down: 0, up: 0 };
  }

  bytesOf(message: Message): number {
    const { sizes, wire } = this.#facts;
    return this.#channel.shares ? 0 : messageBytes(message, sizes, wire);
  }

  toWorker(message: Message, bytes: number): void {
    // A shard is there as soon as it is sent: runs are looked at after that.
    if (message.type === "shard_chunk") {
      const { run, shard } = message;
      this.#places.clock.after(
        0,
        () => this.#channel.receive({ type: "shard_held", run, shard }, new Uint8Array()),
      );
      return;
    }
    if (message.type !== "weights" && message.type !== "work") return;
    const { costs: { message_ms, send_ns_per_byte } } = this.#facts;
    this.#places.coordinator.run(message_ms + costOf(bytes, send_ns_per_byte), () => {
      this.#overLink(bytes, "toWorker", () => this.#arrived(message, bytes));
    });
  }

  #overLink(bytes: number, way: "toWorker" | "toCoordinator", arrived: () => void): void {
    const { connection, relay } = this.#places;
    if (connection === null) return arrived();
    const pass = () => connection[way](bytes, arrived);
    if (relay === null) pass();
    else relay.run(costOf(bytes, this.#facts.costs.relay_ns_per_byte), pass);
  }

  #arrived(message: MessageOf<"weights"> | MessageOf<"work">, bytes: number): void {
    const { message_ms, worker_receive_ns_per_byte } = this.#facts.costs;
    this.#events.run(message_ms + costOf(bytes, worker_receive_ns_per_byte), () => {
      if (message.type === "work") this.#compute(message);
    });
  }

  #compute(work: MessageOf<"work">): void {
    const { clock } = this.#places;
    const arrived_ms = clock.now_ms();
    const shards = work.end - work.begin, used = Math.min(shards, this.#threads.length);
    let left = used, compute_ms = 0;
    for (const [i, thread] of this.#threads.slice(0, used).entries()) {
      const own = Math.floor(shards / used) + (i < shards % used ? 1 : 0);
      thread.run(own * this.group.step_ms[work.kind], () => {
        compute_ms += clock.now_ms() - arrived_ms;
        if (--left === 0) {
          this.#round(work, () => this.#answer(work, compute_ms, clock.now_ms() - arrived_ms));
        }
      });
    }
  }

  /** Rounds a sum, in reduced formats. */
  #round({ kind }: MessageOf<"work">, done: () => void): void {
    const { wire, sizes, costs } = this.#facts;
    if (wire.format === "float32") return done();
    const cost_ms = costOf(sizes.weights[kind], costs.worker_round_ns_per_number);
    this.#threads[0]!.run(cost_ms, done);
  }

  #answer(work: MessageOf<"work">, compute_ms: number, elapsed_ms: number): void {
    const { costs, result_sizes } = this.#facts;
    const { type: _type, inline: _inline, checksum: _checksum, next_noise_counter: _next, ...computation } =
      work;
    const { payload, checksum } = payloadOf(result_sizes[work.kind]);
    const { shares } = this.#channel;
    const result: MessageOf<"result"> = {
      type: "result",
      ...computation,
      checksum: shares ? null : checksum,
      largest: shares ? 0 : null,
      compute_ms,
      elapsed_ms,
    };
    const bytes = this.bytesOf(result);
    const { coordinator } = this.#places;
    this.#events.run(costs.message_ms + costOf(bytes, costs.worker_send_ns_per_byte), () => {
      this.#overLink(bytes, "toCoordinator", () => {
        const receive_ms = costs.message_ms + costOf(bytes, costs.receive_ns_per_byte);
        coordinator.run(receive_ms, () => this.#channel.receive(result, payload));
      });
    });
  }
}
