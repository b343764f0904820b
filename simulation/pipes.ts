/** Links by simulated time: bytes leave at a rate, one after the other, and arrive after a delay, in order. */
import type { Link } from "../common/link.ts";
import type { Clock } from "../wire/clock.ts";
import { Fifo } from "./fifo.ts";

/** Milliseconds of `bytes` at a rate in bits per second. */
export function timeOf(bytes: number, rate_bps: number): number {
  return 8_000 * bytes / rate_bps;
}

/** One direction of a link that nobody shares. */
class Pipe {
  readonly #clock: Clock;
  readonly #rate_bps: number;
  readonly #delay_ms: () => number;
  /** When all that it was given has left. */
  #free_ms = 0;
  #arrived_ms = 0;
  busy_ms = 0;

  constructor(clock: Clock, rate_bps: number, delay_ms: () => number) {
    this.#clock = clock;
    this.#rate_bps = rate_bps;
    this.#delay_ms = delay_ms;
  }

  /** Takes bytes; calls `arrived` when they are at the other end. */
  send(bytes: number, arrived: () => void): void {
    const now_ms = this.#clock.now_ms(), takes_ms = timeOf(bytes, this.#rate_bps);
    this.busy_ms += takes_ms;
    this.#free_ms = Math.max(this.#free_ms, now_ms) + takes_ms;
    this.#arrived_ms = Math.max(this.#arrived_ms, this.#free_ms + this.#delay_ms());
    this.#clock.after(this.#arrived_ms - now_ms, arrived);
  }
}

interface Flow {
  readonly pieces: Fifo<{ readonly bytes: number; readonly passed: () => void }>;
  /** True if it has its turn, or waits for it. */
  is_queued: boolean;
}

/** One direction of a link that many connections share: each has its turn. */
export class SharedPipe {
  readonly #clock: Clock;
  readonly #rate_bps: number;
  readonly #waiting = new Fifo<Flow>();
  #is_busy = false;
  busy_ms = 0;

  constructor(clock: Clock, rate_bps: number) {
    this.#clock = clock;
    this.#rate_bps = rate_bps;
  }

  /** A connection over it. */
  open(): (bytes: number, passed: () => void) => void {
    const flow: Flow = { pieces: new Fifo(), is_queued: false };
    return (bytes, passed) => {
      flow.pieces.push({ bytes, passed });
      this.#wait(flow);
      if (!this.#is_busy) this.#next();
    };
  }

  #wait(flow: Flow): void {
    if (flow.is_queued || flow.pieces.length === 0) return;
    flow.is_queued = true;
    this.#waiting.push(flow);
  }

  #next(): void {
    const flow = this.#waiting.shift();
    this.#is_busy = flow !== undefined;
    if (flow === undefined) return;
    const { bytes, passed } = flow.pieces.shift()!;
    const takes_ms = timeOf(bytes, this.#rate_bps);
    this.busy_ms += takes_ms;
    this.#clock.after(takes_ms, () => {
      flow.is_queued = false;
      this.#wait(flow);
      this.#next();
      passed();
    });
  }
}

/** The coordinator's own link, which all workers behind links share. */
export interface CoordinatorLink {
  readonly out: SharedPipe;
  readonly in: SharedPipe;
}

export function coordinatorLink(
  clock: Clock,
  { down_bps, up_bps }: Pick<Link, "down_bps" | "up_bps">,
): CoordinatorLink {
  return { out: new SharedPipe(clock, up_bps), in: new SharedPipe(clock, down_bps) };
}

/** A connection: over the coordinator's link, if it has a rate, and the worker's own. */
export class Connection {
  readonly #down: Pipe;
  readonly #up: Pipe;
  readonly #out: ((bytes: number, passed: () => void) => void) | null;
  readonly #in: ((bytes: number, passed: () => void) => void) | null;

  /** `random`: numbers from 0 to 1, for the jitter. */
  constructor(clock: Clock, link: Link, shared: CoordinatorLink | null, random: () => number) {
    const { down_bps, up_bps, rtt_ms, jitter_ms } = link;
    const delay_ms = () => rtt_ms / 2 + jitter_ms * random();
    this.#down = new Pipe(clock, down_bps, delay_ms);
    this.#up = new Pipe(clock, up_bps, delay_ms);
    this.#out = shared?.out.open() ?? null;
    this.#in = shared?.in.open() ?? null;
  }

  get busy_ms(): { readonly down: number; readonly up: number } {
    return { down: this.#down.busy_ms, up: this.#up.busy_ms };
  }

  toWorker(bytes: number, arrived: () => void): void {
    const pass = () => this.#down.send(bytes, arrived);
    if (this.#out === null) pass();
    else this.#out(bytes, pass);
  }

  toCoordinator(bytes: number, arrived: () => void): void {
    this.#up.send(bytes, this.#in === null ? arrived : () => this.#in!(bytes, arrived));
  }
}
