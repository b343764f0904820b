import assert from "node:assert/strict";
import type { EntranceOptions } from "../../../coordinator/fleet/admission/entrance.ts";
import { bytesOf } from "../../../wire/frame.ts";
import { settled } from "../../wire/fake_clock.ts";

import { open, outcome, REQUEST, RESULT_SIZE, values } from "./fleet_scene.ts";

/** What workers on this machine share, in one buffer for all results; notes what it is told. */
function sharedMemory() {
  const told: string[] = [];
  const slot = new Float32Array(RESULT_SIZE);
  const exchange: EntranceOptions["exchange"] = {
    offer: () => ({ folder: "/here", key: "a".repeat(32) }),
    share: (worker, channel) => {
      told.push(`share ${worker}`);
      channel.share({ take: () => bytesOf(slot), recycle: () => told.push("recycle") });
    },
    publish: (network, weights) => told.push(`publish ${network} ${weights[0]}`),
    beginRound: () => told.push("round"),
    askMore: () => told.push("more"),
    left: (worker) => told.push(`left ${worker}`),
  };
  return { exchange, told, slot };
}

Deno.test("workers that share get no weights; those that do not, do", async () => {
  const { exchange, told } = sharedMemory();
  const { fleet, join } = await open({ exchange });
  const [here, elsewhere] = [await join("here", { shared: true }), await join("elsewhere")];
  const round = fleet.round(REQUEST);
  round.catch(() => {});
  await settled();
  fleet.publish("critic", 1, "00000000000000c2", Float32Array.of(7, 8));
  await settled();
  assert.deepEqual([here.messages("weights").length, elsewhere.messages("weights").length], [0, 3]);
  assert.deepEqual(told, ["publish critic 1", "publish generator 3", "share 1", "round", "publish critic 7"]);
  await fleet.finish("test over");
});

Deno.test("gradients in shared memory that their worker has looked at are not looked at again; its tail is", async () => {
  for (
    const [index, largest, is_taken] of [
      [0, 1, true],
      [0, null, false],
      [0, 2 ** 63, false],
      [2, 1, false],
    ] as const
  ) {
    const { exchange, slot } = sharedMemory();
    const { fleet, join } = await open({ exchange });
    const one = await join("one", { shared: true });
    const round = fleet.round(REQUEST);
    round.catch(() => {});
    await settled();
    slot[index] = NaN;
    await one.answer(values(0), { largest });
    assert.equal(one.nodes.length, is_taken ? 0 : 1, `${index} ${largest}`);
    await fleet.finish("test over");
  }
});

Deno.test("results that lie in shared memory are kept before more is asked for, and given back after the round", async () => {
  const { exchange, told, slot } = sharedMemory();
  const { fleet, join } = await open({ exchange });
  const [one, two] = [await join("one", { shared: true }), await join("two", { shared: true })];
  const round = fleet.round(REQUEST);
  await settled();
  slot.fill(1);
  await one.answer(values(0));
  assert.deepEqual(told.slice(-1), ["round"]);
  await two.die();
  assert.deepEqual(one.nodes, ["2-4"]);
  assert.deepEqual(told.slice(-2), ["left 2", "more"]);
  slot.fill(2);
  await one.answer(values(0));
  assert.deepEqual(await outcome(round), ["0-2: 1", "2-4: 2"]);
  assert.equal(told.filter((line) => line === "recycle").length, 0);
  fleet.round({ ...REQUEST, step: 2 }).catch(() => {});
  assert.deepEqual(told.slice(-3), ["recycle", "recycle", "round"]);
  await fleet.finish("test over");
});
