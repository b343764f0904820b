/**
 * Console lines about connections that do not become workers. A host that tries again and again must not fill it,
 * whatever it says, nor may many hosts together.
 */
import { cleanText } from "../../common/text/foreign_text.ts";
import { hostOfPeer } from "../../common/text/host_of.ts";
import { LineLimit } from "../../common/text/line_limit.ts";

/** Between two lines about the same trouble of a host; the limits below are for this time, too. */
const QUIET_MS = 30_000;
/** Lines about one host, with another reason each. */
const LINES_OF_HOST = 4;
/** Lines about all hosts. */
const LINES_OF_ALL = 16;
/** Hosts that are told apart; with more, the one heard longest ago counts as new again. */
const MAX_HOSTS = 256;
const MAX_REASON_LENGTH = 200;

/** Messages about a host. */
interface Host {
  readonly limit: LineLimit;
  /** When each reason was said last. */
  readonly said_ms: Map<string, number>;
  last_ms: number;
  unsaid: number;
}

export class RefusedPeers {
  readonly #hosts = new Map<string, Host>();
  readonly #all = new LineLimit(LINES_OF_ALL, QUIET_MS);

  /** The line to say, or null: enough was said of this host lately, and the trouble is counted instead. */
  line(peer: string, reason: string, now_ms: number): string | null {
    const host = this.#host(hostOfPeer(peer));
    const why = cleanText(reason, MAX_REASON_LENGTH);
    const said_ms = host.said_ms.get(why) ?? -Infinity;
    const is_news = now_ms - said_ms >= QUIET_MS && host.limit.take(now_ms) !== null;
    if (!is_news || this.#all.take(now_ms) === null) {
      host.unsaid++;
      return null;
    }
    const more = host.unsaid > 0
      ? ` (and ${host.unsaid} more since ${Math.round((now_ms - host.last_ms) / 1000)} s ago)`
      : "";
    this.#note(host, why, now_ms);
    return `A connection from ${cleanText(peer, 64)} was not accepted as a worker: ${why}${more}`;
  }

  #host(name: string): Host {
    const known = this.#hosts.get(name) ??
      { limit: new LineLimit(LINES_OF_HOST, QUIET_MS), said_ms: new Map(), last_ms: 0, unsaid: 0 };
    this.#hosts.delete(name);
    this.#hosts.set(name, known);
    if (this.#hosts.size > MAX_HOSTS) this.#hosts.delete(this.#hosts.keys().next().value!);
    return known;
  }

  #note(host: Host, why: string, now_ms: number): void {
    for (const [reason, said_ms] of host.said_ms) {
      if (now_ms - said_ms >= QUIET_MS) host.said_ms.delete(reason);
    }
    host.said_ms.set(why, now_ms);
    host.last_ms = now_ms;
    host.unsaid = 0;
  }
}
