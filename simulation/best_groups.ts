/**
 * Wire groups for a run in a reduced format. A worker sends a sum for each of its groups, and one worker computes a whole
 * group: many groups cost bytes, few leave workers without.
 */
import { type Length, simulate, type Simulated, USUAL_LENGTH } from "./measure.ts";
import type { Setup } from "./setup.ts";

/** Fewer groups than the best so far are looked at until so many times in a row nothing was gained. */
const PATIENCE = 2;

export interface Found {
  readonly setup: Setup;
  readonly simulated: Simulated;
}

/** Simulates a run, in a reduced format with half as many groups again and again; the fastest one. */
export async function bestGroups(setup: Setup, length: Length = USUAL_LENGTH): Promise<Found> {
  const { wire: { format, group_shards: first }, shards } = setup;
  let best: Found = { setup, simulated: await simulate(setup, length) };
  if (first === null) return best;
  for (let size = 2 * first, in_vain = 0; shards % size === 0 && in_vain < PATIENCE; size *= 2) {
    const fewer: Setup = { ...setup, wire: { format, group_shards: size } };
    const simulated = await simulate(fewer, length);
    if (simulated.images_per_second > best.simulated.images_per_second) {
      best = { setup: fewer, simulated };
      in_vain = 0;
    } else in_vain++;
  }
  return best;
}
