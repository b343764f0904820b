/** Both networks' weights as they are now, ready to be sent: encoded once, the same bytes to every worker. */
import { bytesOf, encodeFrame, type Frame } from "../../../wire/frame.ts";
import type { MessageOf } from "../../../wire/messages.ts";

export type TrainedState = MessageOf<"weights">["state"];

/** Fields of weight frames besides the membership's generation. */
type Header = Omit<MessageOf<"weights">, "generation">;

interface Published {
  readonly header: Header;
  /** Unchanged until the next {@linkcode PublishedWeights.set}. */
  readonly values: Uint8Array;
  /** The last frame made, and for which generation: over a copy, as sockets read on after the values have changed. */
  frame: Frame | null;
  generation: number;
}

export class PublishedWeights {
  readonly #run: { readonly run: string; readonly incarnation: number };
  readonly #current = new Map<TrainedState, Published>();

  constructor({ run, incarnation }: { readonly run: string; readonly incarnation: number }) {
    this.#run = { run, incarnation };
  }

  /** Replaces a network's weights. The values must stay as they are until the next call for this network. */
  set(state: TrainedState, step: number, checksum: string, values: Float32Array): void {
    const header: Header = { type: "weights", ...this.#run, state, step, checksum };
    this.#current.set(state, { header, values: bytesOf(values), frame: null, generation: -1 });
  }

  checksum(state: TrainedState): string {
    return this.#get(state).header.checksum;
  }

  /** The frame to send. After a change of membership its head is made anew, or workers would take it for stale. */
  frame(state: TrainedState, generation: number): Frame {
    const current = this.#get(state);
    if (current.frame === null || current.generation !== generation) {
      const payload = current.frame?.payload ?? current.values.slice();
      current.frame = encodeFrame({ ...current.header, generation }, payload);
      current.generation = generation;
    }
    return current.frame;
  }

  #get(state: TrainedState): Published {
    const current = this.#current.get(state);
    if (!current) throw new Error(`No ${state} weights were published before work that needs them`);
    return current;
  }
}
