/** A process with a thread that does not come back, and the watchdog over it, whose clock runs fast. */
import { endAtOnce } from "../../../common/process/end_at_once.ts";
import { type Clock, SYSTEM_CLOCK } from "../../../wire/clock.ts";
import { ThreadClient } from "../../../worker/compute/thread_client.ts";
import { Watchdog } from "../../../worker/compute/watchdog.ts";

/** 300 s pass in 0.3. */
const FASTER = 1_000;
const clock: Clock = {
  now_ms: () => FASTER * SYSTEM_CLOCK.now_ms(),
  after: (delay_ms, fire) => SYSTEM_CLOCK.after(delay_ms / FASTER, fire),
  every: (interval_ms, fire) => SYSTEM_CLOCK.every(interval_ms / FASTER, fire),
};

await (async () => {
  const worker = new Worker(import.meta.resolve("./stuck_thread.ts"), { type: "module" });
  await new Promise((resolve) => worker.onmessage = resolve);
  console.log("begins");
  const { promise, resolve } = Promise.withResolvers<string>();
  const { watch } = new Watchdog(clock, resolve);
  const client = new ThreadClient(worker, watch);
  client.call("runtime", null).then(() => console.log("ended by itself"), () => {});
  console.log(await promise);
  endAtOnce(1);
})();
