/**
 * One admitted worker as the coordinator sees it: what it holds, how fast it is, and the shipping of its shards.
 */
import type { ByteParts } from "../data/files/example_bytes.ts";
import type { NetworkName } from "../../common/network_name.ts";
import { relayedText } from "../../common/text/relayed_text.ts";
import { checksumBytes } from "../../kernels/kernels.ts";
import type { Channel } from "../../wire/channel.ts";
import type { Frame } from "../../wire/frame.ts";
import type { MessageOf } from "../../wire/messages.ts";
import type { Refusal } from "../../wire/refusal.ts";
import type { Admitted } from "./admission/join.ts";
import { TrackRecord } from "./placement/track_record.ts";

/** Data are sent in pieces of this size, so that work and heartbeats pass between them. */
const CHUNK_BYTES = 1 << 20;

type Relayed = Pick<MessageOf<"relayed">, "num_workers" | "threads" | "workers">;

export class Member {
  readonly id: number;
  readonly name: string;
  readonly provider: string;
  device: string;
  readonly platform: string;
  threads: number;
  /** What a relay has told of the workers behind it; null where it is none. */
  relayed: Relayed | null = null;
  readonly numeric_class: string;
  readonly channel: Channel;
  /** Its own key, if it has shown one. */
  readonly public_key: string | null;
  /** Shards it holds whole, by its own word after checking their SHA-256. */
  readonly held = new Set<number>();
  /** Checksums of the weights last sent to it. */
  readonly #weights = { critic: "", generator: "" };
  /** Shards sent, or on their way, over this connection. */
  readonly #shipped = new Set<number>();
  /** How it answers. */
  readonly record: TrackRecord;
  shards_computed = 0;
  /** Told that there is nothing for it to do, for now. */
  told_spare = false;
  /** It said why it goes, by a goodbye or a refusal: that its work goes to others is no further news. */
  said_why = false;

  /** `answer_ms`: what its probe says that an answer takes, where that is long. */
  constructor(id: number, admitted: Admitted, answer_ms = 0) {
    const { hello, ready, channel } = admitted;
    this.id = id;
    this.name = hello.name;
    this.provider = hello.provider;
    this.device = hello.device;
    this.platform = hello.platform;
    this.threads = hello.threads;
    this.public_key = hello.key?.public_key ?? null;
    this.numeric_class = ready.numeric_class;
    this.record = new TrackRecord(id, hello.threads, ready.shard_ms, answer_ms);
    this.channel = channel;
  }

  /** A relay has told of its workers: their threads are its threads. */
  relays(relayed: Relayed): void {
    this.relayed = relayed;
    this.device = relayedText(relayed.num_workers, relayed.workers);
    this.threads = this.record.num_threads = relayed.threads;
  }

  /** Checksum of the weights last sent to it; empty before the first. */
  holds(state: NetworkName): string {
    return this.#weights[state];
  }

  /** Sends weights unless it has them already. */
  sendWeights(state: NetworkName, checksum: string, frameFor: (held: string) => Frame): void {
    const held = this.#weights[state];
    if (held === checksum) return;
    this.#weights[state] = checksum;
    this.channel.sendFrame(frameFor(held));
  }

  /** Ships a shard beside the training. Ends early, in silence, when the connection does. */
  async ship(run: string, shard: number, read: () => ByteParts): Promise<void> {
    if (this.held.has(shard) || this.#shipped.has(shard)) return;
    this.#shipped.add(shard);
    const bytes = read();
    try {
      for (let offset = 0; offset < bytes.length; offset += CHUNK_BYTES) {
        const chunk = bytes.subarray(offset, Math.min(bytes.length, offset + CHUNK_BYTES));
        const checksum = checksumBytes(chunk);
        this.channel.send({ type: "shard_chunk", run, shard, offset, total: bytes.length, checksum }, chunk);
        await this.channel.drained();
      }
    } catch {
      // The close handler of the connection deals with it.
    }
  }
}

/** Says why, and closes. */
export function expel(member: Member, refusal: Refusal): void {
  member.said_why = true;
  member.channel.send(refusal.toMessage());
  member.channel.close(refusal.message);
}

/** Says that the run is over, and closes once that has been written. */
export async function dismiss(
  channels: readonly Channel[],
  reason: string,
  comes_back = false,
): Promise<void> {
  if (!comes_back) { for (const channel of channels) channel.send({ type: "finish", reason }); }
  await Promise.allSettled(channels.map((channel) => channel.drained()));
  for (const channel of channels) channel.close(reason);
}
