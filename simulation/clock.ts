/** A clock whose time is that of the next event: what takes hours of a run's time takes as long as its events do. */
import { MinHeap } from "../common/min_heap.ts";
import type { Cancel, Clock } from "../wire/clock.ts";

interface Event {
  at_ms: number;
  /** Events of one moment happen in the order in which they were asked for. */
  order: number;
  readonly interval_ms: number | null;
  readonly fire: () => void;
  is_cancelled: boolean;
}

function isEarlier(a: Event, b: Event): boolean {
  return a.at_ms < b.at_ms || (a.at_ms === b.at_ms && a.order < b.order);
}

export class SimulatedClock implements Clock {
  readonly #heap = new MinHeap<Event>(isEarlier);
  #now_ms = 0;
  #order = 0;
  /** Events that have happened. */
  num_events = 0;

  now_ms(): number {
    return this.#now_ms;
  }

  after(delay_ms: number, fire: () => void): Cancel {
    return this.#add(delay_ms, null, fire);
  }

  every(interval_ms: number, fire: () => void): Cancel {
    return this.#add(interval_ms, interval_ms, fire);
  }

  #add(delay_ms: number, interval_ms: number | null, fire: () => void): Cancel {
    const event: Event = {
      at_ms: this.#now_ms + Math.max(0, delay_ms),
      order: this.#order++,
      interval_ms,
      fire,
      is_cancelled: false,
    };
    this.#heap.push(event);
    return () => event.is_cancelled = true;
  }

  /** Goes on to the next event, and has it happen. False where there is none. */
  next(): boolean {
    while (true) {
      const event = this.#heap.pop();
      if (event === undefined) return false;
      if (event.is_cancelled) continue;
      this.#now_ms = event.at_ms;
      this.num_events++;
      event.fire();
      if (event.interval_ms === null) return true;
      event.at_ms += event.interval_ms;
      event.order = this.#order++;
      this.#heap.push(event);
      return true;
    }
  }
}
