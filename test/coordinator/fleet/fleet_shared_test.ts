import assert from "node:assert/strict";
import type { AdmissionOptions } from "../../../coordinator/fleet/admission/admission.ts";
import { bytesOf } from "../../../wire/frame.ts";
import { numSlots } from "../../../wire/shared_ring.ts";
import { inTempDir } from "../../temp_dir.ts";
import { settled } from "../../wire/fake_clock.ts";
import { open, outcome, REQUEST, RESULT_SIZE, resultMemory, values } from "./fleet_scene.ts";
import { WorkerRing } from "./memory/worker_ring.ts";

/** What workers on this machine share, in one buffer for all results; notes what it is told. */
function sharedMemory() {
  const told: string[] = [];
  const slot = new Float32Array(RESULT_SIZE);
  const shared_memory: AdmissionOptions["shared_memory"] = {
    offer: () => ({ folder: "/here", key: "a".repeat(32) }),
    share: (worker, channel) => {
      told.push(`share ${worker}`);
      channel.share({ take: () => bytesOf(slot) });
    },
    publish: (network, weights) => told.push(`publish ${network} ${weights[0]}`),
  };
  return { shared_memory, told, slot };
}

Deno.test("workers that share get no weights; those that do not, do", async () => {
  const { shared_memory, told } = sharedMemory();
  const { fleet, join } = await open({ shared_memory });
  const [here, elsewhere] = [await join("here", { shared: true }), await join("elsewhere")];
  const round = fleet.round(REQUEST);
  round.catch(() => {});
  await settled();
  fleet.publish("critic", 1, { checksum: "00000000000000c2", given: Float32Array.of(7, 8), change: null });
  await settled();
  assert.deepEqual([here.messages("weights").length, elsewhere.messages("weights").length], [0, 3]);
  assert.deepEqual(told, ["publish critic 1", "publish generator 3", "share 1", "publish critic 7"]);
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
    const { shared_memory, slot } = sharedMemory();
    const { fleet, join } = await open({ shared_memory });
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

/** A fleet whose workers share rings of three slots each. */
async function overRings(folder: string) {
  const memory = resultMemory(4, 4);
  const rings: WorkerRing[] = [];
  const shared_memory: AdmissionOptions["shared_memory"] = {
    offer: () => ({ folder: "/here", key: "a".repeat(32) }),
    share: (worker, channel) => channel.share(memory.share(worker, rings.at(-1)!.path)),
    publish: () => {},
  };
  const { fleet, join } = await open({ shared_memory, memory });
  const joinHere = (name: string) => {
    rings.push(new WorkerRing(`${folder}/${name}`, RESULT_SIZE, numSlots(4)));
    return join(name, { shared: rings.at(-1)! });
  };
  const end = async () => {
    await fleet.finish("test over");
    memory[Symbol.dispose]();
    for (const ring of rings) ring[Symbol.dispose]();
  };
  return { fleet, memory, joinHere, end };
}

Deno.test("a worker that is asked for more than its ring has slots overwrites nothing that counts", () =>
  inTempDir(async (folder) => {
    const { fleet, joinHere, end } = await overRings(folder);
    const [one, two, three, four] = [
      await joinHere("one"),
      await joinHere("two"),
      await joinHere("three"),
      await joinHere("four"),
    ];
    const round = fleet.round(REQUEST);
    await settled();
    let value = 0;
    await one.answer(values(++value));
    for (const other of [two, three, four]) {
      await other.die();
      while (one.work.length > 0) await one.answer(values(++value));
    }
    assert.deepEqual(await outcome(round), ["0-1: 1", "1-2: 2", "2-3: 3", "3-4: 4"]);
    await end();
  }));

Deno.test("results in shared memory are read where they lie, round after round, and left for the next one", () =>
  inTempDir(async (folder) => {
    const { fleet, memory, joinHere, end } = await overRings(folder);
    const workers = [await joinHere("one"), await joinHere("two")];
    const places: number[][] = [];
    for (let step = 1; step <= 7; step++) {
      const round = fleet.round({ ...REQUEST, step });
      await settled();
      for (const [i, worker] of workers.entries()) await worker.answer(values(10 * step + i));
      const { results } = await round;
      assert.deepEqual(results.map(({ values }) => values[0]), [10 * step, 10 * step + 1]);
      places.push(results.map(({ values }) => values.byteOffset));
    }
    if (Deno.build.os === "linux") {
      assert.equal(new Set(places.flat()).size, 6, "three slots of each, in turn");
      assert.deepEqual(places[3], places[0]);
    }
    const last = memory.results.map(({ values }) => values);
    await workers[1]!.die();
    await joinHere("three");
    assert.deepEqual(last.map((values) => values[0]), [70, 71], "also after one has left and another come");
    await end();
  }));
