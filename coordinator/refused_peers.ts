/** What the console says of connections that do not become workers: one that tries again and again must not fill it. */

/** Between two lines about the same trouble. */
const QUIET_MS = 30_000;
/** Troubles that are told apart; with more, the oldest counts as new again. */
const MAX_TROUBLES = 32;

interface Trouble {
  said_ms: number;
  unsaid: number;
}

/** An address without the port, which every connection has another of. */
function hostOf(peer: string): string {
  return peer.replace(/:\d+$/, "");
}

export class RefusedPeers {
  readonly #troubles = new Map<string, Trouble>();

  /** The line to say, or null: it was said of this host lately, and is counted instead. */
  line(peer: string, reason: string, now_ms: number): string | null {
    const host = hostOf(peer);
    const key = `${host} ${reason}`;
    const known = this.#troubles.get(key);
    if (known && now_ms - known.said_ms < QUIET_MS) {
      known.unsaid++;
      return null;
    }
    this.#troubles.delete(key);
    this.#troubles.set(key, { said_ms: now_ms, unsaid: 0 });
    if (this.#troubles.size > MAX_TROUBLES) this.#troubles.delete(this.#troubles.keys().next().value!);
    const more = known && known.unsaid > 0
      ? ` (and ${known.unsaid} more since ${Math.round((now_ms - known.said_ms) / 1000)} s ago)`
      : "";
    return `A connection from ${peer} did not become a worker: ${reason}${more}`;
  }
}
