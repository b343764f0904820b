/**
 * Both networks' weights as they are now, ready to be sent: encoded once, the same bytes to every worker. In reduced
 * formats those that hold the weights before get what has changed, all others the whole as float32.
 */
import { checksumBytes } from "../../../kernels/kernels.ts";
import { bytesOf, encodeFrame, type Frame } from "../../../wire/frame.ts";
import type { MessageOf } from "../../../wire/messages.ts";

export type TrainedState = MessageOf<"weights">["state"];

/** What turns weights into those that are published, where they differ by rounded numbers. */
export interface Change {
  /** Checksum of the weights to add to. */
  readonly from: string;
  readonly rounded: Uint8Array;
}

/** A network as the workers are given it. */
export interface GivenWeights {
  readonly checksum: string;
  readonly given: Float32Array;
  /** Null where it is given whole. */
  readonly change: Change | null;
}

/** Fields of weight frames besides the membership's generation. */
type Header = Omit<MessageOf<"weights">, "generation">;

/** A frame, made when it is first sent. */
interface Sendable {
  readonly header: Header;
  /** Unchanged until the next {@linkcode PublishedWeights.set}. */
  readonly payload: Uint8Array;
  /** The last frame made, and for which generation: over a copy, as sockets read on after the payload has changed. */
  frame: Frame | null;
  generation: number;
}

interface Published {
  readonly checksum: string;
  readonly whole: Sendable;
  /** For those that hold `from`. */
  readonly change: { readonly from: string; readonly sendable: Sendable } | null;
}

export class PublishedWeights {
  readonly #run: { readonly run: string; readonly incarnation: number };
  readonly #current = new Map<TrainedState, Published>();

  constructor({ run, incarnation }: { readonly run: string; readonly incarnation: number }) {
    this.#run = { run, incarnation };
  }

  /** Replaces a network's weights. The values, and the change, must stay as they are until the next call for this network. */
  set(state: TrainedState, step: number, { checksum, given, change }: GivenWeights): void {
    const header = { type: "weights", ...this.#run, state, step, checksum, difference: null } as const;
    this.#current.set(state, {
      checksum,
      whole: sendable(header, bytesOf(given)),
      change: change && { from: change.from, sendable: changeOf(header, change) },
    });
  }

  checksum(state: TrainedState): string {
    return this.#get(state).checksum;
  }

  get checksums(): Readonly<Record<TrainedState, string>> {
    return { critic: this.checksum("critic"), generator: this.checksum("generator") };
  }

  /** Number of the network's update that made them. */
  step(state: TrainedState): number {
    return this.#get(state).whole.header.step;
  }

  /** The frame to send to whoever holds the weights of this checksum: what has changed, if they can be changed so. */
  frame(state: TrainedState, generation: number, held: string): Frame {
    const { whole, change } = this.#get(state);
    return frameOf(change !== null && change.from === held ? change.sendable : whole, generation);
  }

  #get(state: TrainedState): Published {
    const current = this.#current.get(state);
    if (!current) throw new Error(`No ${state} weights were published before work that needs them`);
    return current;
  }
}

function sendable(header: Header, payload: Uint8Array): Sendable {
  return { header, payload, frame: null, generation: -1 };
}

function changeOf(header: Header, { from, rounded }: Change): Sendable {
  return sendable({ ...header, difference: { from, checksum: checksumBytes(rounded) } }, rounded);
}

/** After a change of membership a frame's head is made again, or workers would take it for stale. */
function frameOf(sendable: Sendable, generation: number): Frame {
  if (sendable.frame === null || sendable.generation !== generation) {
    const payload = sendable.frame?.payload ?? sendable.payload.slice();
    sendable.frame = encodeFrame({ ...sendable.header, generation }, payload);
    sendable.generation = generation;
  }
  return sendable.frame;
}
