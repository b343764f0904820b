import assert from "node:assert/strict";
import type { Shared } from "../../wire/frame.ts";
import type { Message } from "../../wire/messages.ts";
import { settled } from "../wire/fake_clock.ts";
import { refusal, run, type Scene, scene } from "./session_scene.ts";

/** A session that is ready, on the coordinator's own machine, with slots that count up from 1. */
async function sharingScene(): Promise<Scene> {
  let slots = 0;
  const it = await scene({
    openShared: () => ({
      files: { weights: "w", sums: "s", slot_offsets: [0] },
      sums: { reserve: () => ({ offset: 0, tag: String(++slots).padStart(16, "0") }) },
      [Symbol.dispose]: () => {},
    }),
  });
  it.coordinator.sendArtifacts();
  assert.equal((await it.coordinator.next("ready")).message.shared, true);
  return it;
}

/** As the coordinator's channel sends weights that lie in the shared file. */
function sendSharedWeights({ coordinator }: Scene, state: "critic" | "generator", bytes?: number): void {
  coordinator.channel.sendShared({
    type: "weights",
    ...coordinator.fence(),
    state,
    step: 0,
    checksum: run.checksums[state],
  }, { offset: 4096, tag: "f".repeat(16), bytes: bytes ?? 4 * run.weights[state].length });
}

Deno.test("on the coordinator's machine the threads take weights and put sums, and the socket says where", async () => {
  const it = await sharingScene();
  const { coordinator, computer } = it;
  const heard: [Message, Shared][] = [];
  coordinator.channel.onshared = (message, shared) => heard.push([message, shared]);
  sendSharedWeights(it, "critic");
  sendSharedWeights(it, "generator");
  coordinator.send(coordinator.work(0, 2, { kind: "generator", noise_purpose: "generator_noise" }));
  await settled();
  assert.deepEqual(computer.asked, [
    "share w s",
    `take critic 4096 ${"f".repeat(16)}`,
    `take generator 4096 ${"f".repeat(16)}`,
    "sum generator 0-2 generator_noise 1",
  ]);
  assert.equal(heard.length, 1);
  const [message, shared] = heard[0]!;
  assert.equal(message.type, "result");
  const bytes = 4 * run.manifest.graphs.generator_training_model.size;
  assert.deepEqual(shared, { offset: 0, tag: "0".repeat(15) + "1", bytes });
});

Deno.test("shared weights of another length are refused; overwritten ones end the connection", async () => {
  const it = await sharingScene();
  const { coordinator, computer } = it;
  assert.deepEqual(await refusal(coordinator, () => sendSharedWeights(it, "critic", 8)), [
    "bad_message",
    `Weights must have ${4 * run.weights.critic.length} bytes: found 8`,
  ]);
  computer.whole = false;
  sendSharedWeights(it, "critic");
  assert.deepEqual(await it.session.ended, {
    kind: "lost",
    reason: "A shared payload was overwritten before it was read",
  });
});
