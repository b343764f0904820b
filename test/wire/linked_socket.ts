/** One end of a connection behind a link: what it sends and gets takes its time, by the clock. */
import { type Direction, Shaper } from "../../bench/far/shaper.ts";
import type { Clock } from "../../wire/clock.ts";
import type { Seal, Socket } from "../../wire/socket.ts";

/** Both directions, from this end: what it sends, and what it gets. */
export interface Ways {
  readonly out: Direction;
  readonly in: Direction;
}

export class LinkedSocket implements Socket {
  /** False: nothing takes time. */
  is_slow = false;
  readonly #inner: Socket;
  readonly #clock: Clock;
  readonly #out: Shaper;
  readonly #in: Shaper;
  #handler: Socket["onmessage"] = null;

  constructor(inner: Socket, clock: Clock, ways: Ways) {
    this.#inner = inner;
    this.#clock = clock;
    this.#out = new Shaper(ways.out, () => 0);
    this.#in = new Shaper(ways.in, () => 0);
  }

  send(parts: readonly Uint8Array[], written: () => void): void {
    this.#after(this.#out, parts, () => this.#inner.send(parts, written));
  }

  close(reason: string, abrupt?: boolean): void {
    this.#inner.close(reason, abrupt);
  }

  trust(max_frame_bytes: number): void {
    this.#inner.trust(max_frame_bytes);
  }

  seal(seal: Seal): void {
    this.#inner.seal(seal);
  }

  get oncontrol(): Socket["oncontrol"] {
    return this.#inner.oncontrol;
  }

  set oncontrol(handler: Socket["oncontrol"]) {
    this.#inner.oncontrol = handler;
  }

  get onclose(): Socket["onclose"] {
    return this.#inner.onclose;
  }

  set onclose(handler: Socket["onclose"]) {
    this.#inner.onclose = handler;
  }

  get onmessage(): Socket["onmessage"] {
    return this.#handler;
  }

  set onmessage(handler: Socket["onmessage"]) {
    this.#handler = handler;
    this.#inner.onmessage = handler &&
      ((parts) => this.#after(this.#in, parts, () => this.#handler?.(parts)));
  }

  get bytes_received(): number {
    return this.#inner.bytes_received;
  }

  #after(way: Shaper, parts: readonly Uint8Array[], then: () => void): void {
    if (!this.is_slow) return then();
    const now_ms = this.#clock.now_ms();
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    this.#clock.after(way.offer(bytes, now_ms).arrives_ms - now_ms, then);
  }
}
