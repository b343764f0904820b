/**
 * New weights on their way to the workers, chunk by chunk, while they are made: who was sent what of them. They are
 * nobody's weights until the message that ends them, which is sent to those that have all chunks as they are at last.
 */
import type { NetworkName } from "../../../common/network_name.ts";
import { encodeFrame, type Frame } from "../../../wire/frame.ts";
import type { Member } from "../member.ts";

/** A chunk of a network's new weights. */
export interface WeightsChunk {
  readonly state: NetworkName;
  /** Number of the network's update. */
  readonly step: number;
  readonly index: number;
  /** As it travels. Stays as it is. */
  readonly payload: Uint8Array;
  /** Of the payload. */
  readonly checksum: string;
  /** Checksum of the weights that it is to be added to; null: it is the weights. */
  readonly from: string | null;
}

type Recipient = Pick<Member, "id" | "channel" | "holds">;

export class WeightsStream {
  #about: Pick<WeightsChunk, "state" | "step" | "from"> | null = null;
  /** Of each chunk as it is now. */
  #checksums: string[] = [];
  /** Of the chunks that each worker was sent. */
  readonly #sent = new Map<number, string[]>();

  /** Sends a chunk to those of these workers that do not have it, where it is of use to them. */
  send(chunk: WeightsChunk, members: Iterable<Recipient>): void {
    const { state, step, from, index, checksum } = chunk;
    if (!this.#isAbout(state, step)) this.#begin({ state, step, from });
    this.#checksums[index] = checksum;
    let frame: Frame | null = null;
    for (const member of members) {
      const { id, channel } = member;
      if (channel.shares || (from !== null && member.holds(state) !== from)) continue;
      const sent = this.#sentTo(id);
      if (sent[index] === checksum) continue;
      sent[index] = checksum;
      frame ??= encodeFrame({ type: "weights_chunk", state, step, index, checksum }, chunk.payload);
      channel.sendFrame(frame);
    }
  }

  /** True if a worker was sent all `num_chunks` of these weights, none of which has changed since. */
  has(worker: number, state: NetworkName, step: number, num_chunks: number): boolean {
    const sent = this.#isAbout(state, step) ? this.#sent.get(worker) : undefined;
    if (sent === undefined) return false;
    return Array.from(
      { length: num_chunks },
      (_, i) => sent[i] !== undefined && sent[i] === this.#checksums[i],
    )
      .every((is_there) => is_there);
  }

  /** What the chunks are to be added to; null: to nothing. */
  get from(): string | null {
    return this.#about?.from ?? null;
  }

  /** These weights will not be ended. */
  drop(): void {
    this.#about = null;
  }

  #isAbout(state: NetworkName, step: number): boolean {
    return this.#about?.state === state && this.#about.step === step;
  }

  #begin(about: Pick<WeightsChunk, "state" | "step" | "from">): void {
    this.#about = about;
    this.#checksums = [];
    this.#sent.clear();
  }

  #sentTo(worker: number): string[] {
    const sent = this.#sent.get(worker) ?? [];
    this.#sent.set(worker, sent);
    return sent;
  }
}
