/** A TCP relay between a worker and its coordinator that is as fast as a link. */
import type { Clock } from "../../wire/clock.ts";
import { writeWhole } from "../tcp.ts";
import { type Link, Shaper } from "./link.ts";

/** Read at once. Small beside what matters, so that a message is on its way while its end is still read. */
const CHUNK_BYTES = 1 << 14;
/** What waits for its turn to be sent, as in a network card: the reader may be late by so much without a gap. */
const QUEUE_MS = 10;
/** As tbf's smallest bucket: a packet. */
const BURST_BYTES = 1_500;

export type Ends = Pick<Deno.TcpConn, "read" | "write">;

/** Resolves at `at_ms` by the clock; at once where that has passed. */
function until(clock: Clock, at_ms: number): Promise<void> | void {
  const left_ms = at_ms - clock.now_ms();
  if (left_ms > 0) return new Promise((resolve) => void clock.after(left_ms, resolve));
}

/** Carries all bytes from one end to the other as `shaper` allows; resolves once the last has been written. */
export async function carry(from: Ends, to: Ends, shaper: Shaper, clock: Clock): Promise<void> {
  let written: Promise<void> = Promise.resolve();
  while (true) {
    const chunk = new Uint8Array(CHUNK_BYTES);
    const count = await from.read(chunk);
    if (count === null) break;
    const { sent_ms, arrives_ms } = shaper.offer(count, clock.now_ms());
    written = written.then(async () => {
      await until(clock, arrives_ms);
      await writeWhole(to, chunk.subarray(0, count));
    });
    // Whoever waits for the last one hears of it.
    written.catch(() => {});
    await until(clock, sent_ms - QUEUE_MS);
  }
  await written;
}

export interface RelayOptions {
  /** Where workers reach it. */
  readonly host: string;
  /** The coordinator's. */
  readonly target: { readonly hostname: string; readonly port: number };
  readonly clock: Clock;
  /** Numbers from 0 to 1, for the jitter. */
  readonly random: () => number;
}

export class Relay implements Disposable {
  readonly #listener: Deno.TcpListener;
  readonly #open = new Set<Deno.TcpConn>();
  readonly #options: RelayOptions;
  /** All connections share them. */
  readonly #down: Shaper;
  readonly #up: Shaper;

  constructor(link: Omit<Link, "name">, options: RelayOptions) {
    const { rtt_ms, jitter_ms, down_bps, up_bps } = link;
    const way = { delay_ms: rtt_ms / 2, jitter_ms, burst_bytes: BURST_BYTES };
    this.#options = options;
    this.#down = new Shaper({ ...way, rate_bps: down_bps }, options.random);
    this.#up = new Shaper({ ...way, rate_bps: up_bps }, options.random);
    this.#listener = Deno.listen({ hostname: options.host, port: 0 });
    void this.#serve();
  }

  get url(): string {
    return `ws://${this.#options.host}:${this.#listener.addr.port}`;
  }

  async #serve(): Promise<void> {
    for await (const worker of this.#listener) {
      const coordinator = await Deno.connect(this.#options.target).catch(() => null);
      if (coordinator === null) {
        // The run is over.
        worker.close();
        continue;
      }
      for (const one of [worker, coordinator]) {
        one.setNoDelay(true);
        this.#open.add(one);
      }
      void this.#carry(coordinator, worker, this.#down);
      void this.#carry(worker, coordinator, this.#up);
    }
  }

  async #carry(from: Deno.TcpConn, to: Deno.TcpConn, shaper: Shaper): Promise<void> {
    // Where one side is gone, so is the other.
    await carry(from, to, shaper, this.#options.clock).catch(() => {});
    for (const one of [from, to]) if (this.#open.delete(one)) one.close();
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    for (const one of this.#open) one.close();
    this.#open.clear();
  }
}
