import assert from "node:assert/strict";
import { settled } from "../../wire/fake_clock.ts";
import { numSlots } from "../../../wire/shared_ring.ts";
import type { SharedSizes } from "../../../worker/compute/shared_memory.ts";
import { refusal, run, type Scene, scene } from "./connection_scene.ts";

/** A connection that is ready, on the coordinator's own machine, with slots that count up from 1. */
async function sharingScene(): Promise<Scene> {
  let slots = 0;
  const it = await scene({
    openShared: () => ({
      files: { weights: "w", weights_offsets: { critic: 0, generator: 0 }, sums: "s", slot_offsets: [0] },
      sums: { reserve: () => ({ offset: 0, tag: String(++slots).padStart(16, "0") }) },
      [Symbol.dispose]: () => {},
    }),
  });
  it.coordinator.sendArtifacts();
  assert.equal((await it.coordinator.next("ready")).message.shared, true);
  return it;
}

Deno.test("on the coordinator's machine weights are those that work names, and the socket says where sums are", async () => {
  const it = await sharingScene();
  const { coordinator, pool } = it;
  const taken: unknown[] = [];
  const sum = new Uint8Array(4 * run.manifest.graphs.generator_training_model.size);
  coordinator.channel.share({
    take: (parcel, bytes) => {
      taken.push({ offset: parcel.offset, tag: parcel.tag, bytes });
      return sum;
    },
  });
  const named = {
    critic_checksum: "c".repeat(16),
    generator_checksum: "d".repeat(16),
    next_noise_counter: 2,
  };
  const generator = { kind: "generator", noise_purpose: "generator_noise" } as const;
  coordinator.send(coordinator.work(0, 2, { ...generator, ...named }));
  const { message, payload } = await coordinator.next("result");
  assert.equal(payload, sum);
  assert.deepEqual(taken, [{ offset: 0, tag: "0".repeat(15) + "1", bytes: sum.length }]);
  assert.deepEqual([message.critic_checksum, message.generator_checksum], ["c".repeat(16), "d".repeat(16)]);
  assert.deepEqual([message.checksum, message.largest], [null, 1]);
  await settled();
  assert.deepEqual(pool.asked, [
    "share w s",
    `sum generator 0-2 generator_noise 1 with ${"c".repeat(16)} ${"d".repeat(16)}`,
    "ahead 0-2 critic_noise 2",
  ]);
});

Deno.test("weights that are sent all the same are refused: the threads would have them apart from the file", async () => {
  const { coordinator, pool } = await sharingScene();
  assert.deepEqual(await refusal(coordinator, () => coordinator.sendWeights("critic")), [
    "unexpected_message",
    "Weights must not be sent to this worker, because it reads them from the shared file",
  ]);
  assert.deepEqual(pool.asked, ["share w s"]);
});

Deno.test("what the threads are to share is both networks and as many sums as may wait", async () => {
  const rooms: SharedSizes[] = [];
  const openShared = (_offer: unknown, _worker: number, room: SharedSizes) => {
    rooms.push(room);
    return null;
  };
  const { coordinator } = await scene({ openShared });
  coordinator.sendArtifacts();
  assert.equal((await coordinator.next("ready")).message.shared, false);
  const { critic_training_model, generator_training_model } = run.manifest.graphs;
  assert.deepEqual(rooms, [{
    weights: { critic: run.weights.critic.length, generator: run.weights.generator.length },
    max_bytes: 4 * Math.max(critic_training_model.size, generator_training_model.size),
    num_slots: numSlots(run.welcome.shards),
  }]);
});
