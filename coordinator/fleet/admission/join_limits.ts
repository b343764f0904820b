/**
 * Who is kept out for a while, by host: of a host that has thrown messages at the run, everybody; and workers that join
 * more often than honest ones do, since each that joins is sent the graphs and stirs the placement of shards.
 */
import type { Clock } from "../../../wire/clock.ts";

/** How long nobody of a host is let in that was closed for flooding. */
const BARRED_MS = 60_000;
/** Workers of one host that may join at once, and those that may in each second from then on. */
const JOINS_AT_ONCE = 256;
const JOINS_PER_S = 4;
/** Hosts that are remembered; with more, the one seen longest ago is forgotten. */
const MAX_HOSTS = 1024;

interface Host {
  barred_until_ms: number;
  /** Joins that are left, at a moment. */
  joins: number;
  at_ms: number;
}

export class JoinLimits {
  readonly #clock: Pick<Clock, "now_ms">;
  readonly #hosts = new Map<string, Host>();

  constructor(clock: Pick<Clock, "now_ms">) {
    this.#clock = clock;
  }

  /** Somebody of this host sent more than it was asked for. */
  flooded(host: string): void {
    this.#host(host).barred_until_ms = this.#clock.now_ms() + BARRED_MS;
  }

  /** True if nobody of this host is let in now. */
  isBarred(host: string): boolean {
    return (this.#hosts.get(host)?.barred_until_ms ?? -Infinity) > this.#clock.now_ms();
  }

  /** Counts a worker of this host that has proved itself. Why it may not join now; null: it may. */
  join(host: string): string | null {
    const known = this.#host(host);
    const now_ms = this.#clock.now_ms();
    known.joins = Math.min(JOINS_AT_ONCE, known.joins + JOINS_PER_S * (now_ms - known.at_ms) / 1000);
    known.at_ms = now_ms;
    if (known.joins < 1) return "Workers of this address join too often: try again later";
    known.joins--;
    return null;
  }

  #host(name: string): Host {
    const known = this.#hosts.get(name) ??
      { barred_until_ms: -Infinity, joins: JOINS_AT_ONCE, at_ms: this.#clock.now_ms() };
    this.#hosts.delete(name);
    this.#hosts.set(name, known);
    if (this.#hosts.size > MAX_HOSTS) this.#hosts.delete(this.#hosts.keys().next().value!);
    return known;
  }
}
