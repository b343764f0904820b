/** How the workers get new weights: in shared memory, whole, or as the end of the chunks that they were sent. */
import { encodeFrame, type Frame } from "../../../wire/frame.ts";
import type { Checksums } from "../../../wire/messages.ts";
import type { RunFacts } from "../admission/join.ts";
import type { Member } from "../member.ts";
import { type GivenWeights, PublishedWeights, type TrainedState } from "../memory/published_weights.ts";
import type { SharedMemory } from "../memory/shared_memory.ts";
import { type WeightsChunk, WeightsStream } from "./weights_stream.ts";

export class WeightsDelivery {
  readonly #facts: Pick<RunFacts, "run" | "incarnation">;
  readonly #shared_memory: Pick<SharedMemory, "publish"> | null;
  readonly #numChunks: (state: TrainedState) => number;
  readonly #weights: PublishedWeights;
  readonly #stream = new WeightsStream();

  /** `numChunks`: of a network's weights. */
  constructor(
    facts: Pick<RunFacts, "run" | "incarnation">,
    shared_memory: Pick<SharedMemory, "publish"> | null,
    numChunks: (state: TrainedState) => number,
  ) {
    this.#facts = facts;
    this.#shared_memory = shared_memory;
    this.#numChunks = numChunks;
    this.#weights = new PublishedWeights(facts);
  }

  /** Replaces a network's weights. They must stay as they are until the next call for this network. */
  publish(state: TrainedState, step: number, weights: GivenWeights): void {
    this.#weights.set(state, step, weights);
    this.#shared_memory?.publish(state, weights.given);
  }

  checksum(state: TrainedState): string {
    return this.#weights.checksum(state);
  }

  get checksums(): Checksums {
    return this.#weights.checksums;
  }

  /** Sends a worker the weights that it does not have. Returns their checksum. */
  sendCurrent(member: Member, state: TrainedState, generation: number): string {
    const checksum = this.#weights.checksum(state);
    if (!member.channel.shares) {
      member.sendWeights(state, checksum, (held) => {
        return this.#endFrame(member, state, generation) ?? this.#weights.frame(state, generation, held);
      });
    }
    return checksum;
  }

  /** Sends a chunk of weights that may become the next ones. */
  sendChunk(chunk: WeightsChunk, members: Iterable<Member>): void {
    this.#stream.send(chunk, members);
  }

  /** The chunks that were sent are of no use: they may be of other weights. */
  dropChunks(): void {
    this.#stream.drop();
  }

  /** What says that the chunks sent are the present weights; null where this worker does not have them all. */
  #endFrame({ id }: Member, state: TrainedState, generation: number): Frame | null {
    const step = this.#weights.step(state);
    if (!this.#stream.has(id, state, step, this.#numChunks(state))) return null;
    const { run, incarnation } = this.#facts;
    const about = { run, incarnation, generation, state, step };
    const { from } = this.#stream;
    return encodeFrame({ type: "weights_end", ...about, checksum: this.checksum(state), from });
  }
}
