/** A channel whose messages are there by simulated time: they are not encoded, and weigh what they would weigh. */
import type { Channel } from "../wire/channel.ts";
import type { Frame, Shared } from "../wire/frame.ts";
import type { Message } from "../wire/messages.ts";
import { Refusal } from "../wire/refusal.ts";

/** The way of messages to a worker and from it. */
export interface Route {
  /** Bytes of a message on the wire. */
  bytesOf(message: Message): number;
  toWorker(message: Message, bytes: number): void;
}

/** The coordinator's end. */
export class SimulatedChannel implements Channel {
  onmessage: Channel["onmessage"] = null;
  onclose: Channel["onclose"] = null;
  bytes_in = 0;
  bytes_out = 0;
  readonly handled_ms = 0;
  readonly buffered_bytes = 0;
  readonly last_heard_ms = 0;
  max_bad_messages = 0;
  readonly final_refusal = null;
  /** Why it was closed; null: it is open. */
  closed: string | null = null;
  readonly #route: Route;

  get is_near(): boolean {
    return this.shares;
  }

  constructor(route: Route, readonly shares: boolean) {
    this.#route = route;
  }

  send(message: Message): void {
    if (this.closed !== null) return;
    const bytes = this.#route.bytesOf(message);
    this.bytes_out += bytes;
    this.#route.toWorker(message, bytes);
  }

  sendFrame({ message }: Frame): void {
    this.send(message);
  }

  sendShared(message: Message, _shared: Shared): void {
    this.send(message);
  }

  /** A message of the worker's is there. An answer that others have given before is refused, as over a real channel. */
  receive(message: Message, payload: Uint8Array): void {
    if (this.closed !== null) return;
    this.bytes_in += this.#route.bytesOf(message);
    try {
      this.onmessage?.(message, payload);
    } catch (error) {
      if (!(error instanceof Refusal && error.code === "stale")) throw error;
    }
  }

  share(): void {}

  expectPayload(): void {}

  expectMessages(): void {}

  drained(): Promise<void> {
    return this.closed === null ? Promise.resolve() : Promise.reject(new Error(this.closed));
  }

  close(reason: string): void {
    if (this.closed !== null) return;
    this.closed = reason;
    this.onclose?.(reason);
  }
}
