/** A worker by simulated time: it takes weights and work in, computes for as long as it was told, and answers. */
import { checksumBytes } from "../kernels/kernels.ts";
import { Member } from "../coordinator/fleet/member.ts";
import type { Clock } from "../wire/clock.ts";
import { bytesOf } from "../wire/frame.ts";
import type { Message, MessageOf, MessageType } from "../wire/messages.ts";
import { type Route, SimulatedChannel } from "./channel.ts";
import { costOf, type Costs } from "./costs.ts";
import type { Connection } from "./pipes.ts";
import { type Processor, Thread } from "./processor.ts";
import { messageBytes, type NetworkSizes, type NumChunks } from "./sizes.ts";
import type { WorkerGroup } from "./setup.ts";
import type { NetworkName } from "../common/network_name.ts";
import { CHUNK_UNIT } from "../kernels/chunks.ts";
import { tinyResult } from "./fleet.ts";
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

/** A message travels in pieces of this size, so that it is received while it is still being sent; in a few of them. */
const PIECE_BYTES = 1 << 16;

/** Messages that take time. */
const TAKEN: ReadonlySet<MessageType> = new Set(["weights", "weights_chunk", "weights_end", "work"] as const);

/** Facts of the run. */
export interface Facts {
  readonly sizes: NetworkSizes;
  readonly wire: Wire;
  readonly costs: Costs;
  readonly num_chunks: NumChunks;
  readonly fakes_share: number;
  /** Pieces of a message at most: fewer where there are many workers, whose pieces would take minutes. */
  readonly most_pieces: number;
}

export class SimulatedWorker implements Route {
  readonly member: Member;
  readonly group: WorkerGroup;
  readonly #facts: Facts;
  readonly #places: Places;
  readonly #channel: SimulatedChannel;
  readonly #events: Thread;
  readonly #threads: readonly Thread[];
  /** Step and shard of fakes that are made. */
  readonly #made_ahead = new Set<string>();
  /** Of the result that it sends. */
  #sends: NetworkName = "critic";

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
      hello: {
        ...{ type: "hello", version: 0, nonce: "", proof: "", certificate: null, key: null },
        ...{ name, threads: group.threads, ...about },
      },
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
    return this.#channel.shares ? 0 : messageBytes(message, this.#facts, this.#sends);
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
    if (!TAKEN.has(message.type)) return;
    this.#travel(bytes, "toWorker", () => {
      if (message.type === "work") this.#compute(message);
    });
  }

  /** Sends bytes piece by piece, and has them looked at when the last one is there. */
  #travel(bytes: number, way: "toWorker" | "toCoordinator", arrived: () => void): void {
    const { costs: { message_ms, ...each }, most_pieces } = this.#facts;
    const { coordinator } = this.#places;
    const [from, to] = way === "toWorker" ? [coordinator, this.#events] : [this.#events, coordinator];
    const count = Math.min(most_pieces, Math.max(1, Math.ceil(bytes / PIECE_BYTES)));
    const piece = bytes / count;
    const receive_ms = costOf(piece, each.receive_ns_per_byte);
    const check_ms = message_ms + costOf(bytes, each.check_ns_per_byte);
    const came = (i: number) =>
      i === count - 1 ? to.run(receive_ms + check_ms, arrived) : to.run(receive_ms, nothing);
    for (let i = 0; i < count; i++) {
      const begin_ms = i === 0 ? message_ms : 0;
      from.run(
        begin_ms + costOf(piece, each.send_ns_per_byte),
        () => this.#overLink(piece, way, () => came(i)),
      );
    }
  }

  #overLink(bytes: number, way: "toWorker" | "toCoordinator", arrived: () => void): void {
    const { connection, relay } = this.#places;
    if (connection === null) return arrived();
    const pass = () => connection[way](bytes, arrived);
    if (relay === null) pass();
    else relay.run(costOf(bytes, this.#facts.costs.relay_ns_per_byte), pass);
  }

  #compute(work: MessageOf<"work">): void {
    const { clock } = this.#places;
    const arrived_ms = clock.now_ms();
    let left = Math.min(work.end - work.begin, this.#threads.length), compute_ms = 0;
    const done = (ran_ms: number) => {
      compute_ms += ran_ms;
      if (--left > 0) return;
      this.#round(work, () => this.#answer(work, compute_ms, clock.now_ms() - arrived_ms));
    };
    for (const [thread, begin, end] of this.#shared(work)) {
      let work_ms = 0;
      for (let shard = begin; shard < end; shard++) work_ms += this.#shardTime(work, shard);
      thread.dropIdle();
      thread.run(work_ms, done);
    }
    if (work.kind === "critic") this.#made_ahead.clear();
  }

  /** A node's shards, shared out over the threads. */
  *#shared({ begin, end }: MessageOf<"work">): Generator<readonly [Thread, number, number]> {
    const used = Math.min(end - begin, this.#threads.length);
    for (const [i, thread] of this.#threads.slice(0, used).entries()) {
      const cut = (part: number) => begin + Math.floor((end - begin) * part / used);
      yield [thread, cut(i), cut(i + 1)];
    }
  }

  /** Time of one shard of this work, without what was made ahead. */
  #shardTime({ kind, step }: MessageOf<"work">, shard: number): number {
    const whole_ms = this.group.step_ms[kind];
    const has_fakes = kind === "critic" && this.#made_ahead.has(`${step} ${shard}`);
    return has_fakes ? (1 - this.#facts.fakes_share) * whole_ms : whole_ms;
  }

  /** Makes the fakes of the next step, shard by shard, until other work comes. */
  #makeAhead(work: MessageOf<"work">): void {
    const { kind, step, next_noise_counter } = work;
    if (kind !== "critic" || next_noise_counter === null) return;
    const takes_ms = this.#facts.fakes_share * this.group.step_ms.critic;
    for (const [thread, begin, end] of this.#shared(work)) {
      for (let shard = begin; shard < end; shard++) {
        thread.runIdle(takes_ms, () => void this.#made_ahead.add(`${step + 1} ${shard}`));
      }
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
    const { type: _type, inline: _inline, checksum: _checksum, next_noise_counter: _next, ...computation } =
      work;
    const { shares } = this.#channel;
    const { num_chunks } = this.#facts;
    const times = { compute_ms, elapsed_ms };
    this.#sends = work.kind;
    if (!shares && num_chunks[work.kind] > 1) return this.#sendChunks(work, { ...computation, ...times });
    const { payload, checksum } = payloadOf(tinyResult(work.kind, num_chunks).size);
    const result: MessageOf<"result"> = {
      type: "result",
      ...computation,
      checksum: shares ? null : checksum,
      largest: shares ? 0 : null,
      ...times,
    };
    this.#send(result, payload);
    this.#makeAhead(work);
  }

  #send(message: Message, payload: Uint8Array): void {
    this.#travel(this.bytesOf(message), "toCoordinator", () => this.#channel.receive(message, payload));
  }

  /** Sends a result as its tail and then its gradients in chunks. */
  #sendChunks(
    work: MessageOf<"work">,
    about: Omit<MessageOf<"result_start">, "type" | "checksum">,
  ): void {
    const { size, tail_offset } = tinyResult(work.kind, this.#facts.num_chunks);
    const tail = payloadOf(size - tail_offset), chunk = payloadOf(CHUNK_UNIT);
    this.#send({ type: "result_start", ...about, checksum: tail.checksum }, tail.payload);
    for (let index = 0; index < this.#facts.num_chunks[work.kind]; index++) {
      this.#send({ type: "result_chunk", index, checksum: chunk.checksum }, chunk.payload);
    }
    this.#makeAhead(work);
  }
}

function nothing(): void {}
