/** Looks four times a second whether there are enough workers: says what is waited for, and gives up if asked to. */
import { UserError } from "../../common/errors.ts";
import { counted } from "../../common/text/counted.ts";
import type { Cancel, Clock } from "../../wire/clock.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { missingWorkers, waitingReason } from "../fleet/waiting.ts";
import type { Console } from "../terminal/console.ts";

const LOOK_MS = 250;
/** A log that nobody touches looks like that of a coordinator that was killed, however long a step takes. */
export const TOUCH_MS = 30_000;

export interface WorkerWatchOptions {
  readonly fleet: { readonly members: readonly unknown[] } & Pick<Fleet, "abandonIdle">;
  readonly console: Pick<Console, "waiting" | "goesOn">;
  readonly clock: Clock;
  /** Workers that the first step waits for. */
  readonly min_workers: number;
  /** Seconds without enough workers after which the run stops; null: never. */
  readonly give_up_after_s: number | null;
  /** Advice on missing workers, in words; "" if there is none. */
  readonly advice: string;
  /** Shows that the coordinator lives: called every {@linkcode TOUCH_MS}. */
  readonly touch: () => void;
}

/** Watches until it is cancelled. */
export function watchForWorkers(options: WorkerWatchOptions): Cancel {
  const { fleet, console: terminal, clock, min_workers, give_up_after_s, advice, touch } = options;
  let since_ms: number | null = clock.now_ms();
  let next_touch_ms = since_ms + TOUCH_MS;
  let started = false;
  return clock.every(LOOK_MS, () => {
    const now_ms = clock.now_ms();
    const num_workers = fleet.members.length;
    started ||= num_workers >= min_workers;
    const standing = { started, num_workers, min_workers, asked: [], now_ms };
    if (now_ms >= next_touch_ms) {
      next_touch_ms = now_ms + TOUCH_MS;
      touch();
    }
    const { required, missing } = missingWorkers(standing);
    if (missing === 0) {
      since_ms = null;
      return terminal.goesOn();
    }
    since_ms ??= now_ms;
    const waited_s = (now_ms - since_ms) / 1000;
    if (give_up_after_s === null || waited_s < give_up_after_s) {
      return terminal.waiting(waitingReason(standing)!, waited_s, advice);
    }
    const reason = `Gave up: ${counted(required, "worker")} must join within ` +
      `${give_up_after_s} s (--give-up-after), found ${num_workers}; start one with deno task worker`;
    fleet.abandonIdle(new UserError(reason));
  });
}
