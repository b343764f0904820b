/** Waiting times between attempts to reach the coordinator. */

const FIRST_MS = 250;
const LONGEST_MS = 10_000;

/**
 * Milliseconds to wait after failed attempt `attempt` (counted from 0): doubling from 250 ms up to 10 s, and of
 * that a random half to the whole, so that many workers do not come back at the same moment.
 * `random` returns [0, 1).
 */
export function backoffMs(attempt: number, random: () => number): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return longest * (0.5 + 0.5 * random());
}
