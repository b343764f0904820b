/** A network link as an option names it, and when one direction of it delivers what it is given. Pure. */
import { UserError } from "../../common/errors.ts";

/** A link between a worker and its coordinator. */
export interface Link {
  readonly name: string;
  /** From the coordinator to the worker, and back, in bits per second. */
  readonly down_bps: number;
  readonly up_bps: number;
  /** Both ways together, without the time that the bytes themselves take. */
  readonly rtt_ms: number;
  /** Each way takes up to so much longer, evenly distributed. */
  readonly jitter_ms: number;
}

const RATE = String.raw`(\d+(?:\.\d+)?)(kbit|mbit|gbit)`;
const TIME = String.raw`(\d+(?:\.\d+)?)ms`;
const PATTERN = new RegExp(`^${RATE}(?::${RATE})?(?:/${TIME}(?:/${TIME})?)?$`);
const BITS: Readonly<Record<string, number>> = { kbit: 1e3, mbit: 1e6, gbit: 1e9 };

/** Reads DOWN[:UP][/RTT[/JITTER]], e.g. 20mbit:5mbit/40ms/5ms. Throws {@linkcode UserError}. */
export function parseLink(text: string): Link {
  const found = PATTERN.exec(text);
  const [down_bps, up_bps] = found ? [rate(found[1], found[2]), rate(found[3], found[4])] : [0, null];
  if (!found || down_bps === null || down_bps <= 0 || (up_bps !== null && up_bps <= 0)) {
    throw new UserError(
      "Option --links must be DOWN[:UP][/RTT[/JITTER]] with rates above 0, e.g. 100mbit, 20mbit/300ms or " +
        `20mbit:5mbit/40ms/5ms: found ${JSON.stringify(text)}`,
    );
  }
  return {
    name: text,
    down_bps,
    up_bps: up_bps ?? down_bps,
    rtt_ms: Number(found[5] ?? 0),
    jitter_ms: Number(found[6] ?? 0),
  };
}

function rate(number: string | undefined, unit: string | undefined): number | null {
  return number === undefined ? null : Number(number) * BITS[unit!]!;
}

export interface Direction {
  readonly rate_bps: number;
  /** What may pass at once after a rest: the depth of the token bucket, in bytes. */
  readonly burst_bytes: number;
  readonly delay_ms: number;
  readonly jitter_ms: number;
}

/** When bytes leave the sender's queue, and when they are there. */
export interface Passage {
  readonly sent_ms: number;
  readonly arrives_ms: number;
}

/** One direction: a token bucket, then a delay that never changes the order. */
export class Shaper {
  readonly #direction: Direction;
  readonly #random: () => number;
  /** When all that was offered has been sent, were the bucket empty then. */
  #free_ms = -Infinity;
  #arrived_ms = -Infinity;

  /** `random`: numbers from 0 to 1, for the jitter. */
  constructor(direction: Direction, random: () => number) {
    this.#direction = direction;
    this.#random = random;
  }

  /** Bytes are at the near end of the link at `now_ms`, which never goes back. */
  offer(num_bytes: number, now_ms: number): Passage {
    const { burst_bytes, delay_ms, jitter_ms } = this.#direction;
    const saved_ms = this.#time(burst_bytes);
    this.#free_ms = Math.max(this.#free_ms, now_ms) + this.#time(num_bytes);
    const sent_ms = Math.max(now_ms, this.#free_ms - saved_ms);
    this.#arrived_ms = Math.max(this.#arrived_ms, sent_ms + delay_ms + jitter_ms * this.#random());
    return { sent_ms, arrives_ms: this.#arrived_ms };
  }

  #time(num_bytes: number): number {
    return 8_000 * num_bytes / this.#direction.rate_bps;
  }
}
