/** Both networks' weights as they are now, ready to be sent: encoded once, the same bytes to every worker. */
import { bytesOf, encodeFrame, type Frame } from "../wire/frame.ts";
import type { MessageOf } from "../wire/messages.ts";

export type TrainedState = MessageOf<"weights">["state"];

/** What frames of weights say besides the membership's generation. */
type Header = Omit<MessageOf<"weights">, "generation">;

interface Published {
  readonly header: Header;
  /** The live state: unchanged until the next {@linkcode PublishedWeights.set}. */
  readonly live: Uint8Array;
  /** A copy for sockets, which read on after the state has changed. Made when the first of them asks. */
  copy: Uint8Array | null;
  /** The last frame made, for which generation, and whether over the copy. */
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
    this.#current.set(state, { header, live: bytesOf(values), copy: null, frame: null, generation: -1 });
  }

  checksum(state: TrainedState): string {
    return this.#get(state).header.checksum;
  }

  /**
   * The frame to send. After a change of membership its head is made anew, or workers would take it for stale.
   * `at_once`: for a channel that copies the payload when it sends.
   */
  frame(state: TrainedState, generation: number, at_once: boolean): Frame {
    const current = this.#get(state);
    const payload = at_once ? current.live : current.copy ??= current.live.slice();
    if (current.frame?.payload !== payload || current.generation !== generation) {
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
