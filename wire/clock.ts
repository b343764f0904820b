/** Time as an argument, so that tests can turn it by hand. */

/** Ends a timer; calling it again does nothing. */
export type Cancel = () => void;

/** Time and timers. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. */
  now_ms(): number;
  /** Calls `fire` once, `delay_ms` from now. */
  after(delay_ms: number, fire: () => void): Cancel;
  /** Calls `fire` every `interval_ms` from now on. */
  every(interval_ms: number, fire: () => void): Cancel;
}

/** The system's time. */
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
