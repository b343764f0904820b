/** Output of a relay: lines about the run, as a worker prints them, and about its own workers, as a coordinator does. */
import type { Screen } from "../common/terminal/screen.ts";
import { counted } from "../common/text/counted.ts";
import { ConsoleSink } from "../coordinator/run/records/console_sink.ts";
import { FleetLog } from "../coordinator/run/records/fleet_log.ts";
import type { FleetObserver } from "../coordinator/fleet/observer.ts";
import type { Clock } from "../wire/clock.ts";
import type { MessageOf } from "../wire/messages.ts";
import type { Threads } from "../worker/connection/events.ts";
import { WorkerConsole } from "../worker/console.ts";

export class RelayConsole extends WorkerConsole {
  /** Called when one more shard has come. */
  onshard: (() => void) | null = null;
  readonly #clock: Clock;

  constructor(screen: Screen, clock: Clock) {
    super(screen, () => clock.now_ms());
    this.#clock = clock;
  }

  override ready(shard_ms: number, { used }: Threads, shards_held: number): void {
    const held = shards_held === 0 ? "" : `, has the data of ${counted(shards_held, "shard")}`;
    this.caused(
      `Ready: ${counted(used, "worker")} behind this relay, ${shard_ms.toFixed(1)} ms for a shard${held}`,
    );
  }

  override shardsHeld(count: number): void {
    super.shardsHeld(count);
    this.onshard?.();
  }

  /** Tells of the relay's own workers. */
  observerOf(
    { shards: num_shards, local_steps }: Pick<MessageOf<"welcome">, "shards" | "local_steps">,
  ): FleetObserver {
    const line = (text: string) => this.line(text);
    // The rest of a run is its coordinator's to tell.
    const shown = { line, step: () => {}, distance: () => {}, diversity: () => {}, num_workers: 0 };
    const sink = new ConsoleSink(shown, this.#clock);
    return new FleetLog({
      log: { append: (record) => sink.record(record) },
      console: { line },
      num_shards,
      learners: local_steps?.learners ?? null,
      state: { step: 0 },
      clock: this.#clock,
      wall_ms: Date.now,
    });
  }
}
