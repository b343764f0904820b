/** Rounds of local steps as a connection takes them. */
import assert from "node:assert/strict";
import { LearnerLayout } from "../../../algorithm/learner_layout.ts";
import type { NetworkName } from "../../../common/network_name.ts";
import { checksumBytes } from "../../../kernels/kernels.ts";
import { bytesOf } from "../../../wire/frame.ts";
import type { MessageOf } from "../../../wire/messages.ts";
import { settled } from "../../wire/fake_clock.ts";
import { joined } from "../test_coordinator.ts";
import { EXAMPLE_BYTES, exampleBytes, MICRO_BATCH, type TestRun } from "../test_run.ts";
import { refusal, run, scene } from "./connection_scene.ts";

const STEPS = 3;
/** An epoch of seven examples is two steps of three. */
const LOCAL: MessageOf<"welcome">["local_steps"] = {
  ...{ learners: 2, steps: STEPS, epoch_steps: 2, clip: 0.01 },
  ...{ schedule: "paper", n_critic: 2, warm_up: false, lr: 0.1, decay_steps: 0 },
  ...{ lr_critic: null, lr_generator: null, decay: "linear", clip_grad_norm: null },
  optimizer: { kind: "rmsprop", alpha: 0.99, eps: 1e-8 },
};
const LAYOUT = new LearnerLayout(run.manifest, "rmsprop", STEPS);
const STEP_BYTES = MICRO_BATCH * EXAMPLE_BYTES;

/** The same run with two learners; its weights are the states that they begin with. */
function learning(): TestRun {
  const stateOf = (network: NetworkName, value: number) =>
    new Float32Array(LAYOUT.state_sizes[network]).fill(value);
  const weights = { critic: stateOf("critic", 1), generator: stateOf("generator", 2) };
  const checksums = {
    critic: checksumBytes(bytesOf(weights.critic)),
    generator: checksumBytes(bytesOf(weights.generator)),
  };
  return { ...run, weights, checksums, welcome: { ...run.welcome, local_steps: LOCAL } };
}

async function learningScene() {
  const it = await scene({ of: learning() });
  const { shard_ms } = await it.coordinator.setUp();
  return { ...it, shard_ms };
}

Deno.test("a learner trains with the examples of all steps, and its result comes with a checksum", async () => {
  const { coordinator, pool, said, shard_ms } = await learningScene();
  // Of a round, and not of a step.
  assert.equal(shard_ms, 2 * STEPS);
  coordinator.sendShard(1);
  await coordinator.next("shard_held");
  const inline = exampleBytes(STEPS * STEP_BYTES, 9);
  coordinator.send(coordinator.work(0, 2, { step: 4, batch: 1, epoch: 1, inline: [0] }), inline);
  const { message, payload } = await coordinator.next("result");
  assert.deepEqual([message.step, message.begin, message.end, message.largest], [4, 0, 2, null]);
  assert.equal(message.checksum, checksumBytes(payload));
  assert.deepEqual(pool.asked, ["learn 0-2"]);
  const [round] = pool.learned;
  assert.deepEqual(round!.steps.map(({ step, epoch, batch }) => [step, epoch, batch]), [
    ...[[4, 1, 1], [5, 2, 0], [6, 2, 1]],
  ]);
  const stored: string[] = [];
  for (let index = 0; index < STEPS; index++) {
    const [first, second] = round!.leavesAt(index);
    assert.deepEqual([first!.shard, second!.shard], [0, 1]);
    assert.deepEqual(first!.examples, inline.slice(index * STEP_BYTES, (index + 1) * STEP_BYTES));
    // Nothing else travels to the thread along with it.
    assert.equal(first!.examples!.buffer.byteLength, STEP_BYTES);
    stored.push(String(second!.examples));
  }
  assert.equal(new Set(stored).size, STEPS);
  assert.deepEqual(said.at(-1), "computed 4 2");
});

Deno.test("a learner begins with the state that its work named, whatever is sent while it waits", async () => {
  const { coordinator, pool } = await learningScene();
  const inline = exampleBytes(2 * STEPS * STEP_BYTES, 9);
  coordinator.send(coordinator.work(0, 2, { inline: [0, 1] }), inline);
  await coordinator.next("result");
  const next = new Float32Array(LAYOUT.state_sizes.critic).fill(3), checksum = checksumBytes(bytesOf(next));
  coordinator.send({
    ...{ type: "weights", ...coordinator.fence(), state: "critic", step: 3, checksum, difference: null },
  }, bytesOf(next));
  coordinator.send(coordinator.work(2, 4, { step: 4, critic_checksum: checksum, inline: [2, 3] }), inline);
  await coordinator.next("result");
  const [before, after] = pool.learned.map(({ states }) => [states.critic[0], states.generator[0]]);
  assert.deepEqual([before, after], [[1, 2], [3, 2]]);
  assert.equal(pool.learned[0]!.states.critic.length, LAYOUT.state_sizes.critic);
});

Deno.test("what is no learner, or lacks examples, or another state is refused", async () => {
  const { coordinator, pool } = await learningScene();
  const send = (begin: number, end: number, inline: number[], bytes: number) => () =>
    coordinator.send(coordinator.work(begin, end, { inline }), exampleBytes(bytes, 1));
  const { length } = joined(new Uint8Array(2 * STEPS * STEP_BYTES));
  assert.deepEqual(await refusal(coordinator, send(0, 1, [0], length / 2)), [
    "bad_message",
    "Work must be the learner of 2 shards: found [0, 1)",
  ]);
  assert.deepEqual(await refusal(coordinator, send(0, 4, [0, 1, 2, 3], 2 * length)), [
    "bad_message",
    "Work must be the learner of 2 shards: found [0, 4)",
  ]);
  assert.deepEqual(await refusal(coordinator, send(0, 2, [0, 1], 2 * STEP_BYTES)), [
    "bad_message",
    `Work with 2 inline shards must carry ${length} bytes: found ${2 * STEP_BYTES}`,
  ]);
  assert.deepEqual(await refusal(coordinator, send(0, 2, [0], length / 2)), [
    "bad_message",
    "A request for shard 1 must contain its examples, because this worker does not have them",
  ]);
  const weights = () =>
    coordinator.send({
      ...{ type: "weights", ...coordinator.fence(), state: "critic", step: 0, difference: null },
      checksum: run.checksums.critic,
    }, bytesOf(run.weights.critic));
  assert.equal((await refusal(coordinator, weights))[0], "bad_message");
  assert.deepEqual(pool.asked, []);
});

Deno.test("a learner that cannot be computed is told; one of a lost connection is wanted no more", async () => {
  const { coordinator, pool, connection } = await learningScene();
  pool.failure = "no memory";
  const inline = exampleBytes(2 * STEPS * STEP_BYTES, 9);
  coordinator.send(coordinator.work(0, 2, { inline: [0, 1] }), inline);
  const { message } = await coordinator.next("refuse");
  assert.deepEqual([message.code, message.reason], [
    "compute_failed",
    "Cannot compute critic step 1: no memory",
  ]);
  assert.equal(pool.learned[0]!.isWanted(), true);
  connection.leave("over");
  await settled();
  assert.equal(pool.learned[0]!.isWanted(), false);
});
