/** Faults in `deno task chaos`, and their times: drawn from a seed. */
import { philoxBlock } from "../../random/philox.ts";

/** Faults of a run. `stop`: the process is halted for a while, as when a machine sleeps, and continues. */
export const FAULTS = [
  "kill worker",
  "interrupt worker",
  "stop worker",
  "kill coordinator",
  "interrupt coordinator",
  "stop coordinator",
  "cut wires",
  "hold wires",
] as const;
export type BlowKind = typeof FAULTS[number];

export interface Fault {
  readonly kind: BlowKind;
  /** Since the fault before. */
  readonly after_ms: number;
  /** How long what is stopped or held stays so. */
  readonly lasts_ms: number;
  /** Which worker, where there are several: 0 to below 1. */
  readonly victim: number;
}

/** Between two faults: so long that some steps are made, so short that there are many. */
const LEAST_MS = 300, MOST_MS = 3_000;
const LASTS_MS = 4_000;
/** Number of stops that last past every deadline, so that the silent peer is treated as dead. */
const LONG_SHARE = 0.15;
const LONG_MS = 14_000;

/** The `index`-th fault (from 0). Each kind comes once in every eight. `can_stop`: processes can be halted here. */
export function faultAt(seed: number, index: number, can_stop: boolean): Fault {
  const kinds = FAULTS.filter((kind) => can_stop || !kind.startsWith("stop"));
  const round = Math.floor(index / kinds.length);
  const order = kinds.map((kind, i) => ({ kind, rank: draws(seed, round, i + 1)[0]! }))
    .sort((a, b) => a.rank - b.rank);
  const { kind } = order[index % kinds.length]!;
  const [after, lasts, long, victim] = draws(seed, index, 0) as [number, number, number, number];
  return {
    kind,
    after_ms: Math.round(LEAST_MS + after * (MOST_MS - LEAST_MS)),
    lasts_ms: Math.round(long < LONG_SHARE ? LONG_MS : lasts * LASTS_MS),
    victim,
  };
}

/** Four numbers of [0, 1). */
function draws(seed: number, index: number, stream: number): number[] {
  const words = new Uint32Array(4);
  philoxBlock(words, index, stream, 0, 0, seed | 0, Math.floor(seed / 2 ** 32));
  return Array.from(words, (word) => word / 2 ** 32);
}
