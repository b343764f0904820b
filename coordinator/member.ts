/**
 * One admitted worker as the coordinator sees it: what it holds, how fast it is, and the shipping of its shards.
 */
import { checksumBytes } from "../kernels/kernels.ts";
import type { Channel } from "../wire/channel.ts";
import type { Frame } from "../wire/frame.ts";
import type { Admitted } from "./admission.ts";
import type { Speed } from "./assignment.ts";

/** Data are sent in pieces of this size, so that work and heartbeats pass between them. */
const CHUNK_BYTES = 1 << 20;
/** Weight of a new measurement in the smoothed time per shard. */
const SMOOTHING = 0.05;

export class Member {
  readonly id: number;
  readonly name: string;
  readonly provider: string;
  readonly device: string;
  readonly platform: string;
  readonly threads: number;
  readonly numeric_class: string;
  readonly channel: Channel;
  /** Shards it holds whole, by its own word after checking their SHA-256. */
  readonly held = new Set<number>();
  /** Checksums of the weights last sent to it. */
  readonly #weights = { critic: "", generator: "" };
  /** Shards sent, or on their way, over this connection. */
  readonly #shipped = new Set<number>();
  shards_computed = 0;
  shard_ms: number;
  /** Told that there is nothing for it to do, for now. */
  told_spare = false;
  /** It said why it goes, by a goodbye or a refusal: that its work goes to others is no further news. */
  said_why = false;

  constructor(id: number, admitted: Admitted) {
    const { hello, ready, channel } = admitted;
    this.id = id;
    this.name = hello.name;
    this.provider = hello.provider;
    this.device = hello.device;
    this.platform = hello.platform;
    this.threads = hello.threads;
    this.numeric_class = ready.numeric_class;
    this.shard_ms = Math.max(0.01, ready.shard_ms);
    this.channel = channel;
  }

  /** `measured`: by shards of the training, not only by the probe. */
  get speed(): Speed & { readonly measured: boolean } {
    const { id: worker, threads, shard_ms } = this;
    return { worker, threads, shard_ms, measured: this.shards_computed > 0 };
  }

  /** Takes a measured time of `num_shards` shards, summed over its threads. */
  measured(num_shards: number, compute_ms: number): void {
    this.shards_computed += num_shards;
    this.shard_ms += SMOOTHING * (Math.max(0.01, compute_ms / num_shards) - this.shard_ms);
  }

  /** Sends weights unless it has them already. */
  sendWeights(state: "critic" | "generator", checksum: string, frame: () => Frame): void {
    if (this.#weights[state] === checksum) return;
    this.#weights[state] = checksum;
    this.channel.sendFrame(frame());
  }

  /** Ships a shard beside the training. Ends early, in silence, when the connection does. */
  async ship(run: string, shard: number, read: () => Uint8Array): Promise<void> {
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
