/** A TCP relay between a worker and its coordinator that is as fast as a link. */
import type { Clock } from "../../wire/clock.ts";
import { writeWhole } from "../tcp.ts";
import { type Ends, TcpRelay } from "../tcp_relay.ts";
import type { Link } from "../../common/link.ts";
import { Shaper } from "./shaper.ts";

/** Read at once. Small beside what matters, so that a message is on its way while its end is still read. */
const CHUNK_BYTES = 1 << 14;
/** What waits for its turn to be sent, as in a network card: the reader may be late by so much without a gap. */
const QUEUE_MS = 10;
/** As tbf's smallest bucket: a packet. */
const BURST_BYTES = 1_500;

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

/** A relay whose connections share a link. */
export function openRelay(
  { rtt_ms, jitter_ms, down_bps, up_bps }: Omit<Link, "name">,
  { host, target, clock, random }: RelayOptions,
): TcpRelay {
  const way = { delay_ms: rtt_ms / 2, jitter_ms, burst_bytes: BURST_BYTES };
  const shapers = {
    down: new Shaper({ ...way, rate_bps: down_bps }, random),
    up: new Shaper({ ...way, rate_bps: up_bps }, random),
  };
  return new TcpRelay(target, (from, to, direction) => carry(from, to, shapers[direction], clock), host);
}
