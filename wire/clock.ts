/** Time as an argument, so that tests can turn it by hand. */

/**
 * Ends a timer; calling it again does nothing.
 *
 * @example
 * ```ts
 * import { type Cancel, SYSTEM_CLOCK } from "@wagon/wagon/wire";
 *
 * const cancel: Cancel = SYSTEM_CLOCK.after(60_000, () => console.log("a minute later"));
 * cancel();
 * ```
 */
export type Cancel = () => void;

/**
 * Time and timers.
 *
 * @example
 * ```ts
 * import type { Clock } from "@wagon/wagon/wire";
 *
 * // A clock that stands still, for tests.
 * const clock: Clock = { now_ms: () => 0, after: () => () => {}, every: () => () => {} };
 * console.assert(clock.now_ms() === 0);
 * ```
 */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. */
  now_ms(): number;
  /** Calls `fire` once, `delay_ms` from now. */
  after(delay_ms: number, fire: () => void): Cancel;
  /** Calls `fire` every `interval_ms` from now on. */
  every(interval_ms: number, fire: () => void): Cancel;
}

/**
 * The system's time.
 *
 * @example
 * ```ts
 * import { SYSTEM_CLOCK } from "@wagon/wagon/wire";
 *
 * const begin_ms = SYSTEM_CLOCK.now_ms();
 * console.assert(SYSTEM_CLOCK.now_ms() >= begin_ms);
 * ```
 */
export const SYSTEM_CLOCK: Clock = {
  now_ms: () => performance.now(),
  after: (delay_ms, fire) => {
    const timer = setTimeout(fire, delay_ms);
    return () => clearTimeout(timer);
  },
  every: (interval_ms, fire) => {
    const timer = setInterval(fire, interval_ms);
    return () => clearInterval(timer);
  },
};
