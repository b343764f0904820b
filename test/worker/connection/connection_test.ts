/** A connection's life after the handshake, beside a scripted coordinator. */
import assert from "node:assert/strict";
import { checksumBytes } from "../../../kernels/kernels.ts";
import { bytesOf } from "../../../wire/frame.ts";
import type { MessageOf } from "../../../wire/messages.ts";
import { ShardStore } from "../../../worker/connection/shard_store.ts";
import { readyScene, refusal, run, scene } from "./connection_scene.ts";
import { joined } from "../test_coordinator.ts";
import { EXAMPLE_BYTES, MICRO_BATCH, RUN_ID } from "../test_run.ts";

const micro_batch_bytes = MICRO_BATCH * EXAMPLE_BYTES;

Deno.test("work is computed with inline examples and answered with all its fences", async () => {
  const { coordinator, pool, said } = await readyScene();
  const inline = [0, 1].map((shard) => run.shards[shard]!.slice(0, micro_batch_bytes));
  coordinator.send(coordinator.work(0, 2, { inline: [1, 0], step: 12 }), joined(inline[1]!, inline[0]!));
  const { message, payload } = await coordinator.next("result");
  const { critic, generator } = run.checksums;
  assert.deepEqual(message, {
    type: "result",
    run: RUN_ID,
    incarnation: 1,
    generation: 1,
    kind: "critic",
    step: 12,
    begin: 0,
    end: 2,
    epoch: 0,
    batch: 0,
    noise_purpose: "critic_noise",
    noise_counter: 1,
    critic_checksum: critic,
    generator_checksum: generator,
    checksum: checksumBytes(payload),
    largest: null,
    compute_ms: 5,
    elapsed_ms: 0,
  });
  assert.ok(
    new Float32Array(payload.buffer, payload.byteOffset, payload.length / 4).every((value) => value === 1),
  );
  assert.deepEqual(pool.examples, inline);
  assert.deepEqual(pool.asked, [
    `weights critic ${run.weights.critic.length}`,
    `weights generator ${run.weights.generator.length}`,
    "sum critic 0-2 critic_noise 1",
  ]);
  assert.deepEqual(said, ["ready 1 0", "computed 12 2"]);
});

Deno.test("examples that were damaged on the way are refused: nothing is computed from them", async () => {
  const { coordinator, pool } = await readyScene();
  const inline = run.shards[0]!.slice(0, micro_batch_bytes);
  const work = coordinator.work(0, 1, { inline: [0], checksum: checksumBytes(inline) });
  inline[3]! ^= 16;
  coordinator.send(work, inline);
  const { message } = await coordinator.next("refuse");
  assert.equal(message.code, "hash_mismatch");
  assert.ok(pool.asked.every((line) => !line.startsWith("sum")), pool.asked.join());
});

Deno.test("examples of a shard that is held are those of the run's order", async () => {
  const { coordinator, pool } = await readyScene();
  coordinator.sendShard(2);
  assert.deepEqual((await coordinator.next("shard_held")).message, {
    type: "shard_held",
    run: RUN_ID,
    shard: 2,
  });
  const seen: number[][] = [];
  for (const batch of [0, 1]) {
    coordinator.send(coordinator.work(2, 3, { batch, epoch: 4 }));
    await coordinator.next("result");
    const rows = pool.examples[0]!;
    for (let i = 0; i < MICRO_BATCH; i++) {
      seen.push([...rows.subarray(i * EXAMPLE_BYTES, (i + 1) * EXAMPLE_BYTES)]);
    }
  }
  const all = Array.from({ length: 7 }, (_, i) => [...run.shards[2]!.slice(10 * i, 10 * i + 10)]);
  assert.equal(new Set(seen.map(String)).size, 6);
  assert.ok(seen.every((row) => all.some((example) => String(example) === String(row))));
});

Deno.test("stale weights and work are refused, and change nothing", async () => {
  const { coordinator, pool } = await readyScene();
  const { critic } = run.checksums;
  const asked = [...pool.asked];
  const work = (change: Partial<MessageOf<"work">>) => () => coordinator.send(coordinator.work(0, 1, change));
  const weights = (change: Partial<MessageOf<"weights">>) => () => coordinator.sendWeights("critic", change);
  assert.deepEqual(await refusal(coordinator, work({ run: "other" })), [
    "stale",
    "work must belong to run test-run: found other",
  ]);
  assert.deepEqual(await refusal(coordinator, weights({ run: "other" })), [
    "stale",
    "weights must belong to run test-run: found other",
  ]);
  assert.deepEqual(await refusal(coordinator, work({ incarnation: 0 })), [
    "stale",
    "work must belong to incarnation 1: found 0",
  ]);
  assert.deepEqual(await refusal(coordinator, weights({ generation: 0 })), [
    "stale",
    "weights must belong to generation 1 or later: found 0",
  ]);
  assert.deepEqual(await refusal(coordinator, work({ critic_checksum: "0".repeat(16) })), [
    "stale",
    `a request must name the critic weights that this worker has, ${critic}: found 0000000000000000`,
  ]);
  assert.deepEqual(
    await refusal(coordinator, () => coordinator.send({ ...coordinator.job("sample", 1), run: "x" })),
    [
      "stale",
      "job must belong to run test-run: found x",
    ],
  );
  assert.deepEqual(pool.asked, asked);
  coordinator.send(coordinator.work(0, 1, { generation: 5, kind: "generator" }));
  await coordinator.next("result");
  assert.deepEqual(await refusal(coordinator, work({ generation: 4 })), [
    "stale",
    "work must belong to generation 5 or later: found 4",
  ]);
});

Deno.test("weights of another checksum are refused, and then none are held until others come", async () => {
  const { coordinator } = await readyScene();
  const checksum = "f".repeat(16);
  const generator = { kind: "generator", noise_purpose: "generator_noise" } as const;
  assert.deepEqual(await refusal(coordinator, () => coordinator.sendWeights("critic", { checksum })), [
    "hash_mismatch",
    `Weights of the critic must have checksum ${checksum}: found ${run.checksums.critic}`,
  ]);
  assert.deepEqual(await refusal(coordinator, () => coordinator.send(coordinator.work(0, 1, generator))), [
    "stale",
    `a request must name the critic weights that this worker has, none yet: found ${run.checksums.critic}`,
  ]);
  coordinator.sendWeights("critic");
  coordinator.send(coordinator.work(0, 1, generator));
  await coordinator.next("result");
});

Deno.test("weights of another length are refused, and those held stay", async () => {
  const { coordinator, pool } = await readyScene();
  const message: MessageOf<"weights"> = {
    type: "weights",
    ...coordinator.fence(),
    state: "critic",
    step: 1,
    checksum: "f".repeat(16),
    difference: null,
  };
  const bytes = 4 * run.weights.critic.length;
  assert.deepEqual(await refusal(coordinator, () => coordinator.send(message, new Uint8Array(8))), [
    "bad_message",
    `Payload must have ${run.weights.critic.length} float32 values (${bytes} bytes): found 8 bytes`,
  ]);
  assert.equal(pool.asked.length, 2);
  coordinator.send(coordinator.work(0, 1, { kind: "generator", noise_purpose: "generator_noise" }));
  await coordinator.next("result");
  assert.equal(pool.recycled, 1);
});

Deno.test("weights may come in chunks: they are those that work names once their end is told", async () => {
  const { coordinator, pool } = await readyScene();
  const { critic } = run.weights;
  const other = critic.map((weight) => weight + 1);
  const checksum = checksumBytes(bytesOf(other));
  const about = { state: "critic", step: 1 } as const;
  const work = coordinator.work(0, 1, {
    kind: "generator",
    noise_purpose: "generator_noise",
    critic_checksum: checksum,
  });
  coordinator.send({ type: "weights_chunk", ...about, index: 0, checksum }, bytesOf(other));
  assert.match(
    (await refusal(coordinator, () => coordinator.send(work)))[1],
    /must name the critic weights/,
  );
  const end = { type: "weights_end", ...coordinator.fence(), ...about, checksum, from: null } as const;
  const [code] = await refusal(coordinator, () => coordinator.send({ ...end, incarnation: 0 }));
  assert.equal(code, "stale");
  coordinator.send(end);
  coordinator.send(work);
  await coordinator.next("result");
  assert.equal(pool.asked.at(-2), `weights critic ${critic.length}`);
});

Deno.test("work that cannot be is refused as a bad message", async () => {
  const { coordinator } = await readyScene();
  const refused = async (work: MessageOf<"work">, payload?: Uint8Array) => {
    const [code, reason] = await refusal(coordinator, () => coordinator.send(work, payload));
    assert.equal(code, "bad_message");
    return reason;
  };
  assert.equal(
    await refused(coordinator.work(1, 3)),
    "Work must be a node of the summing tree: found [1, 3)",
  );
  assert.equal(
    await refused(coordinator.work(0, 1)),
    "A request for shard 0 must contain its examples, because this worker does not have them",
  );
  assert.equal(
    await refused(coordinator.work(0, 1, { inline: [0] }), new Uint8Array(8)),
    "Work with 1 inline shards must carry 30 bytes: found 8",
  );
  assert.equal(
    await refused(coordinator.work(0, 1, { inline: [1] }), new Uint8Array(30)),
    "Inline shards must lie in [0, 1): found 1",
  );
  coordinator.sendShard(0);
  await coordinator.next("shard_held");
  assert.equal(
    await refused(coordinator.work(0, 1, { batch: 2 })),
    "Micro-batch 2 of 3 examples must lie within the shard's 7 examples",
  );
});

Deno.test("fakes are made ahead after the answer, when the generator stays", async () => {
  const { coordinator, pool } = await readyScene();
  const change = { kind: "generator", noise_purpose: "generator_noise" } as const;
  coordinator.send(coordinator.work(0, 2, change));
  await coordinator.next("result");
  assert.equal(pool.asked.at(-1), "sum generator 0-2 generator_noise 1");
  coordinator.send(coordinator.work(0, 2, { ...change, next_noise_counter: 2 }));
  await coordinator.next("result");
  assert.equal(pool.asked.at(-1), "ahead 0-2 critic_noise 2");
  const nodes = [[0, 1], [2, 4]] as const;
  for (const [begin, end] of nodes) {
    coordinator.send(coordinator.work(begin, end, { ...change, next_noise_counter: 3 }));
  }
  for (const _ of nodes) await coordinator.next("result");
  assert.deepEqual(pool.asked.slice(-2), ["ahead 0-1 critic_noise 3", "ahead 2-4 critic_noise 3"]);
});

Deno.test("jobs are answered; one that fails is refused by its number and the worker goes on", async () => {
  const { coordinator, pool, said } = await readyScene();
  const { generator, critic } = run.weights;
  const sample = new Uint8Array(4 * (generator.length + run.statistics.length));
  const score = new Uint8Array(4 * critic.length + 80);
  coordinator.send(coordinator.job("sample", 2, 7), sample);
  const { message, payload } = await coordinator.next("job_result");
  assert.deepEqual(message, { type: "job_result", run: RUN_ID, job: 7 });
  assert.equal(payload.length, 8);
  pool.failure = "no more memory";
  coordinator.send(coordinator.job("score", 2, 8), score);
  assert.deepEqual((await coordinator.next("refuse")).message, {
    type: "refuse",
    code: "compute_failed",
    reason: "Cannot do job 8: no more memory",
    fatal: false,
    job: 8,
  });
  coordinator.send(coordinator.job("score", 2, 9), new Uint8Array(8));
  assert.deepEqual((await coordinator.next("refuse")).message, {
    type: "refuse",
    code: "bad_message",
    reason: `A score job must carry ${score.length} bytes: found 8`,
    fatal: false,
    job: 9,
  });
  pool.failure = null;
  coordinator.send(coordinator.job("score", 2, 10), score);
  assert.equal((await coordinator.next("job_result")).message.job, 10);
  assert.deepEqual(said.slice(1), ["failed Cannot do job 8: no more memory"]);
});

Deno.test("work that fails is refused and the worker goes on", async () => {
  const { coordinator, pool } = await readyScene();
  pool.failure = "out of range";
  const generator = { kind: "generator", step: 3 } as const;
  assert.deepEqual(await refusal(coordinator, () => coordinator.send(coordinator.work(0, 4, generator))), [
    "compute_failed",
    "Cannot compute generator step 3: out of range",
  ]);
  pool.failure = null;
  coordinator.send(coordinator.work(0, 4, generator));
  await coordinator.next("result");
});

Deno.test("shards that are held from before are told after ready", async () => {
  const store = new ShardStore(1e6, null);
  const first = await readyScene({ store });
  first.coordinator.sendShard(3);
  await first.coordinator.next("shard_held");
  first.coordinator.channel.close("lost");
  assert.deepEqual(await first.connection.ended, { kind: "lost", reason: "lost" });
  const second = await readyScene({ store });
  assert.equal((await second.coordinator.next("shard_held")).message.shard, 3);
  assert.deepEqual(second.said, ["ready 1 1"]);
});

Deno.test("a shard whose content is not what the welcome said is refused and not held", async () => {
  const { coordinator } = await readyScene();
  const other = run.shards[1]!.map((byte) => byte ^ 1);
  assert.deepEqual(await refusal(coordinator, () => coordinator.sendShard(1, other)), [
    "hash_mismatch",
    `Shard 1 must have SHA-256 ${run.welcome.shard_sha256[1]}`,
  ]);
  coordinator.sendShard(1);
  await coordinator.next("shard_held");
});

Deno.test("training before ready is refused", async () => {
  const { coordinator } = await scene();
  assert.deepEqual(await refusal(coordinator, () => coordinator.sendWeights("critic")), [
    "unexpected_message",
    "Training must wait until this worker is ready",
  ]);
});

Deno.test("an artifact of other bytes is refused and the connection given up", async () => {
  const { coordinator, connection } = await scene();
  const file = "critic_eval_model.onnx";
  const bytes = run.files.get(file)!;
  const { sha256 } = run.manifest.graphs.critic_eval_model;
  coordinator.send({ type: "artifact", file, sha256 }, bytes.map((byte, i) => i === 9 ? byte ^ 1 : byte));
  const { code, reason, fatal } = (await coordinator.next("refuse")).message;
  assert.equal(code, "hash_mismatch");
  assert.match(reason, new RegExp(`^Artifact ${file} must have SHA-256 ${sha256}: found [0-9a-f]{64}$`));
  assert.equal(fatal, false);
  assert.equal((await connection.ended).kind, "lost");
});

Deno.test("graphs that do not compile end the worker for good", async () => {
  const { coordinator, connection } = await scene({
    start: () => Promise.reject(new Error("no such operator")),
  });
  coordinator.sendArtifacts();
  const { code, reason, fatal } = (await coordinator.next("refuse")).message;
  assert.deepEqual([code, reason, fatal], [
    "unsupported_graph",
    "Cannot prepare the run's graphs: no such operator",
    true,
  ]);
  assert.equal((await connection.ended).kind, "refused");
});

Deno.test("a broken compute thread ends the connection, not the worker", async () => {
  const { coordinator, connection, pool } = await readyScene();
  pool.onbroken?.("Compute thread failed: killed");
  const { code, reason, fatal, job } = (await coordinator.next("refuse")).message;
  assert.deepEqual([code, reason, fatal, job], [
    "compute_failed",
    "Compute thread failed: killed",
    false,
    null,
  ]);
  assert.deepEqual(await connection.ended, { kind: "lost", reason: "Compute thread failed: killed" });
  assert.ok(pool.terminated);
});

Deno.test("finish, notice, refusals and leaving", async () => {
  const finished = await readyScene();
  finished.coordinator.send({ type: "notice", text: "you are a spare" });
  const refuse = { type: "refuse", reason: "no", job: null } as const;
  finished.coordinator.send({ ...refuse, code: "stale", fatal: false });
  finished.coordinator.send({ type: "finish", reason: "done" });
  assert.deepEqual(await finished.connection.ended, { kind: "finished", reason: "done" });
  assert.deepEqual(finished.said.slice(1), ["notice you are a spare", "refused stale"]);

  const early = await scene();
  early.coordinator.send({ type: "finish", reason: "done" });
  assert.deepEqual(await early.connection.ended, { kind: "finished", reason: "done" }, "before it is ready");

  const over = await readyScene();
  over.coordinator.send({ ...refuse, code: "run_over", fatal: true });
  assert.deepEqual(await over.connection.ended, { kind: "finished", reason: "no" });

  const refused = await readyScene();
  refused.coordinator.send({ ...refuse, code: "numeric_class", fatal: true });
  const end = await refused.connection.ended;
  assert.deepEqual([end.kind, end.kind === "refused" && end.refusal.code], ["refused", "numeric_class"]);

  const left = await readyScene();
  left.connection.leave("enough");
  assert.equal((await left.coordinator.next("leave")).message.reason, "enough");
  assert.deepEqual(await left.connection.ended, { kind: "left" });
});

Deno.test("a coordinator's frames may be as large as what it has to send, before the training and in it", async () => {
  const HEADER_BYTES = 65_536;
  const { coordinator, mayReceive } = await scene();
  const largest = Math.max(...run.welcome.artifacts.map(({ bytes }) => bytes));
  assert.equal(mayReceive(), largest + HEADER_BYTES);
  await coordinator.setUp();
  const weights = 4 *
    (Math.max(run.weights.critic.length, run.weights.generator.length) + run.statistics.length);
  assert.equal(mayReceive(), weights + 64 * 1024 * 1024 + HEADER_BYTES);
});
