/** Both networks' weights as they are now, ready to be sent: encoded once, the same bytes to every worker. */
import { bytesOf, encodeFrame, type Frame } from "../wire/frame.ts";
import type { MessageOf } from "../wire/messages.ts";

export type TrainedState = MessageOf<"weights">["state"];

/** What frames of weights say besides the membership's generation. */
type Header = Omit<MessageOf<"weights">, "generation">;

interface Published {
  readonly header: Header;
  readonly payload: Uint8Array;
  readonly generation: number;
  readonly frame: Frame;
}

export class PublishedWeights {
  readonly #run: { readonly run: string; readonly incarnation: number };
  readonly #current = new Map<TrainedState, Published>();

  constructor({ run, incarnation }: { readonly run: string; readonly incarnation: number }) {
    this.#run = { run, incarnation };
  }

  /** Replaces a network's weights. The values are copied: the state lives on while sockets still read them. */
  set(state: TrainedState, step: number, checksum: string, values: Float32Array, generation: number): void {
    const header: Header = { type: "weights", ...this.#run, state, step, checksum };
    this.#encode(header, bytesOf(values.slice()), generation);
  }

  checksum(state: TrainedState): string {
    return this.#get(state).header.checksum;
  }

  /** The frame to send. After a change of membership its head is made anew, or workers would take it for stale. */
  frame(state: TrainedState, generation: number): Frame {
    const current = this.#get(state);
    if (current.generation === generation) return current.frame;
    return this.#encode(current.header, current.payload, generation);
  }

  #encode(header: Header, payload: Uint8Array, generation: number): Frame {
    const frame = encodeFrame({ ...header, generation }, payload);
    this.#current.set(header.state, { header, payload, generation, frame });
    return frame;
  }

  #get(state: TrainedState): Published {
    const current = this.#current.get(state);
    if (!current) throw new Error(`No ${state} weights were published before work that needs them`);
    return current;
  }
}
