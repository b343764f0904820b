/** A network link as options name it. */
import { UserError } from "./errors.ts";

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

/** Reads DOWN[:UP][/RTT[/JITTER]], e.g. 20mbit:5mbit/40ms/5ms. `where` names it in errors. Throws {@linkcode UserError}. */
export function parseLink(text: string, where = "Option --links"): Link {
  const found = PATTERN.exec(text);
  const [down_bps, up_bps] = found ? [rate(found[1], found[2]), rate(found[3], found[4])] : [0, null];
  if (!found || down_bps === null || down_bps <= 0 || (up_bps !== null && up_bps <= 0)) {
    throw new UserError(
      `${where} must be DOWN[:UP][/RTT[/JITTER]] with rates above 0, e.g. 100mbit, 20mbit/300ms or ` +
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

/** Reads a time in milliseconds, e.g. 20ms. `where` names it in errors. Throws {@linkcode UserError}. */
export function parseTime(text: string, where: string): number {
  const found = new RegExp(`^${TIME}$`).exec(text);
  if (found) return Number(found[1]);
  throw new UserError(`${where} must be a time in milliseconds, e.g. 20ms: found ${JSON.stringify(text)}`);
}
