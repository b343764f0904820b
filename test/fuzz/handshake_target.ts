/** A handshake of which what either side hears is damaged: it comes about, or either side says why not. */
import { admitWorker, joinCoordinator } from "../../wire/handshake.ts";
import { run } from "../worker/connection/connection_scene.ts";
import { RUN_ID, TOKEN } from "../worker/test_run.ts";
import { FakeClock } from "../wire/fake_clock.ts";
import { MemorySocket } from "../wire/memory_socket.ts";
import type { Chance } from "./chance.ts";
import { DamagedSocket, isForeign } from "./damaged_socket.ts";
import type { Target } from "./target.ts";

const HELLO = { name: "w", threads: 1, provider: "cpu", device: "", platform: "test" };

export class HandshakeTarget implements Target {
  readonly name = "handshake";

  async attempt(chance: Chance): Promise<string> {
    const [near, far] = MemorySocket.pair();
    const clock = new FakeClock();
    const options = { clock, deadline_ms: 1_000, token: TOKEN };
    const [at_coordinator, at_worker] = chance.is(0.5) ? [1, 0] : [0, 1];
    const sides = Promise.allSettled([
      admitWorker(new DamagedSocket(far, chance, at_coordinator), {
        ...options,
        run: RUN_ID,
        incarnation: 1,
        welcome: () => run.welcome,
      }),
      joinCoordinator(new DamagedSocket(near, chance, at_worker), { ...options, hello: HELLO }),
    ]);
    let over = false;
    const ended = sides.then(() => over = true);
    // Proofs are made beside the event loop.
    for (let i = 0; i < 20 && !over; i++) await clock.advance(i < 19 ? 1 : 2_000);
    await ended;
    const outcomes = await sides;
    for (const side of outcomes) if (side.status === "rejected" && isForeign(side.reason)) throw side.reason;
    return outcomes.every(({ status }) => status === "fulfilled") ? "agreed" : "refused";
  }
}
