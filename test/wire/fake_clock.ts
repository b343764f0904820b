import { setImmediate } from "node:timers";
import type { Cancel, Clock } from "../../wire/clock.ts";

interface Timer {
  due_ms: number;
  readonly interval_ms: number | null;
  readonly fire: () => void;
}

/** A clock that stands until it is told to go on. */
export class FakeClock implements Clock {
  readonly #timers = new Set<Timer>();
  #now_ms = 0;

  now_ms(): number {
    return this.#now_ms;
  }

  after(delay_ms: number, fire: () => void): Cancel {
    return this.#add({ due_ms: this.#now_ms + delay_ms, interval_ms: null, fire });
  }

  every(interval_ms: number, fire: () => void): Cancel {
    return this.#add({ due_ms: this.#now_ms + interval_ms, interval_ms, fire });
  }

  /** Timers that are not cancelled and not fired. */
  get num_timers(): number {
    return this.#timers.size;
  }

  /** Goes on, firing what falls due in order; what follows in the event loop is done before it resolves. */
  async advance(ms: number): Promise<void> {
    const end_ms = this.#now_ms + ms;
    for (let timer = this.#next(end_ms); timer; timer = this.#next(end_ms)) {
      this.#now_ms = timer.due_ms;
      if (timer.interval_ms === null) this.#timers.delete(timer);
      else timer.due_ms += timer.interval_ms;
      timer.fire();
      await settled();
    }
    this.#now_ms = end_ms;
    await settled();
  }

  #add(timer: Timer): Cancel {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  #next(end_ms: number): Timer | undefined {
    return [...this.#timers].filter(({ due_ms }) => due_ms <= end_ms).sort((a, b) => a.due_ms - b.due_ms)[0];
  }
}

/**
 * Resolves when all microtasks that are due now, and those they start, have run. A timer of 0 ms would take a
 * millisecond or two, which is most of the time of a test that turns the clock hundreds of times.
 */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
