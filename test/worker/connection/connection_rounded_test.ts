/** Rounded sums and differences of weights over a connection. */
import assert from "node:assert/strict";
import { checksumBytes } from "../../../kernels/kernels.ts";
import { roundedBytes } from "../../../kernels/rounding.ts";
import { payloadSize } from "../../../kernels/result_payload.ts";
import { readyScene, refusal, run } from "./connection_scene.ts";
import { type TestRun } from "../test_run.ts";

const GENERATOR = { kind: "generator", noise_purpose: "generator_noise" } as const;

/** The same run, its sums and weights rounded, in groups of two shards. */
function rounded(): TestRun {
  return { ...run, welcome: { ...run.welcome, wire: { format: "int8", group_shards: 2 } } };
}

Deno.test("a difference is added to the weights it is to; to others, or damaged, it is refused", async () => {
  const { coordinator, pool } = await readyScene({ of: rounded() });
  const payload = new Uint8Array(roundedBytes("int8", run.weights.critic.length));
  const change = (from: string, checksum = checksumBytes(payload)) => () =>
    coordinator.send({
      type: "weights",
      ...coordinator.fence(),
      state: "critic",
      step: 1,
      checksum: "e".repeat(16),
      difference: { from, checksum },
    }, payload);
  assert.deepEqual(await refusal(coordinator, change("f".repeat(16))), [
    "stale",
    `A difference of weights must apply to the weights that this worker holds, ${run.checksums.critic}, wire int8: found one for ffffffffffffffff`,
  ]);
  const asked = pool.asked.length;
  change(run.checksums.critic)();
  coordinator.send(coordinator.work(0, 2, { ...GENERATOR, critic_checksum: "e".repeat(16) }));
  await coordinator.next("result");
  assert.equal(pool.asked[asked], `difference critic ${payload.length / 4}`);
  assert.match(
    (await refusal(coordinator, change("e".repeat(16), "0".repeat(16))))[1]!,
    /^Weights of the critic must/,
  );
  const work = () =>
    coordinator.send(coordinator.work(0, 2, { ...GENERATOR, critic_checksum: "e".repeat(16) }));
  assert.match((await refusal(coordinator, work))[1]!, /that this worker has, none yet/);
});

Deno.test("without rounding a difference is refused, and with it work that is no wire group", async () => {
  const { coordinator } = await readyScene();
  const difference = { from: run.checksums.critic, checksum: "0".repeat(16) };
  assert.match(
    (await refusal(coordinator, () => coordinator.sendWeights("critic", { difference })))[1]!,
    /wire float32: found/,
  );
  const { coordinator: other } = await readyScene({ of: rounded() });
  assert.deepEqual(await refusal(other, () => other.send(other.work(0, 1, GENERATOR))), [
    "bad_message",
    "Work must be a wire group of 2 shards: found [0, 1)",
  ]);
});

Deno.test("the sum of a wire group is rounded by its step and its place, and is sent as it was rounded", async () => {
  const { coordinator, pool } = await readyScene({ of: rounded() });
  coordinator.send(coordinator.work(0, 2, { ...GENERATOR, step: 7 }));
  const { payload } = await coordinator.next("result");
  assert.deepEqual(pool.rounding, { kind: "generator", step: 7, group: 0 });
  assert.equal(payload.length, 4 * payloadSize("int8", run.manifest.graphs.generator_training_model));
});
