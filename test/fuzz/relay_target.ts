/** What a relay hears from its coordinator and its workers, damaged: it refuses, leaves, or goes on with the others. */
import { UserError } from "../../common/errors.ts";
import { answerAll, ask, RelayScene } from "../relay/relay_scene.ts";
import type { ScriptedWorker } from "../coordinator/fleet/scripted_worker.ts";
import { settled } from "../wire/fake_clock.ts";
import type { Socket } from "../../wire/socket.ts";
import type { Chance } from "./chance.ts";
import { DamagedSocket, isForeign } from "./damaged_socket.ts";
import type { Target } from "./target.ts";

/** Damage begins when the relay has its graphs: before, that is the target of the connection. */
const SHARE = 0.3;

export class RelayTarget implements Target {
  readonly name = "messages to a relay";

  async attempt(chance: Chance): Promise<string> {
    const damaged: DamagedSocket[] = [];
    const through = (socket: Socket) => {
      const made = new DamagedSocket(socket, chance, 0);
      damaged.push(made);
      return made;
    };
    const scene = new RelayScene({}, through);
    const coordinator = await scene.admit();
    const workers: ScriptedWorker[] = [await scene.join("a"), await scene.join("b")];
    const [above, ...below] = damaged;
    if (chance.is(0.6)) above!.share = SHARE;
    if (chance.is(0.6)) { for (const socket of below) socket.share = SHARE; }
    for (let i = 0; i < 8; i++) {
      const begin = chance.below(4) * 2;
      if (chance.is(0.4)) coordinator.sendWeights(chance.of(["critic", "generator"]));
      else ask(coordinator, begin, begin + 1 + chance.below(2));
      await settled();
      if (chance.is(0.7)) await answerAll(workers).catch(() => {});
      if (chance.is(0.3)) await scene.clock.advance(1_000);
    }
    let over = false;
    const ending = scene.ended.then((how) => how, (error: unknown) => error).finally(() => over = true);
    scene.stop();
    for (let i = 0; i < 30 && !over; i++) await scene.clock.advance(1_000);
    const how = await ending;
    if (typeof how !== "string" && !(how instanceof UserError) && isForeign(how)) throw how;
    return typeof how === "string" ? how : "refused";
  }
}
