/** What goes through a relay: weights in whatever way they come, rounded sums, states of learners, jobs. */
import assert from "node:assert/strict";
import { LearnerLayout } from "../../algorithm/learner_layout.ts";
import { innerSteps, type LocalSteps } from "../../algorithm/local_steps.ts";
import { checksumBytes, Kernels } from "../../kernels/kernels.ts";
import { packResult, payloadSize, roundingKey } from "../../kernels/result_payload.ts";
import { roundDifference, roundedBytes } from "../../kernels/rounding.ts";
import { bytesOf } from "../../wire/frame.ts";
import type { ScriptedWorker } from "../coordinator/fleet/scripted_worker.ts";
import { settled } from "../wire/fake_clock.ts";
import type { TestCoordinator } from "../worker/test_coordinator.ts";
import { SEED, testRun } from "../worker/test_run.ts";
import { answerAll, ask, ready, RelayScene, run, runWith, sumOf, treeSum } from "./relay_scene.ts";

const SEVENTHS = (shard: number) => (shard + 1) / 7;

/** The weights that a worker was sent last, as [checksum, whether they have it]. */
function lastWeights(worker: ScriptedWorker, state: "critic" | "generator") {
  const { message, payload } = worker.weights.findLast(({ message }) => message.state === state)!;
  return [message.checksum, checksumBytes(payload) === message.checksum, message.difference];
}

Deno.test("weights go on to each worker once, and to who comes later", async () => {
  const { scene, coordinator, workers: [worker] } = await ready(1);
  await using _ = scene;
  ask(coordinator, 0, 1);
  await settled();
  await answerAll([worker!]);
  ask(coordinator, 0, 1, { kind: "generator", noise_purpose: "generator_noise", inline: [] });
  await settled();
  assert.equal(worker!.weights.length, 2);
  const { critic, generator } = run.checksums;
  assert.deepEqual(lastWeights(worker!, "critic"), [critic, true, null]);
  assert.deepEqual(lastWeights(worker!, "generator"), [generator, true, null]);
  const late = await scene.join("late");
  await worker!.die();
  ask(coordinator, 0, 1, { step: 2 });
  await settled();
  assert.deepEqual(lastWeights(late, "critic"), [critic, true, null]);
});

/** A coordinator's weights in int8: what its workers hold, and how they learn of the next ones. */
class RoundedWeights {
  readonly #kernels = Kernels.create(1 << 20);
  readonly #held = this.#kernels.allocate(run.weights.critic.length);
  readonly #rounded = this.#kernels.allocate(roundedBytes("int8", this.#held.length) / 4);

  constructor() {
    this.#held.set(run.weights.critic);
  }

  get held(): Float32Array {
    return this.#held;
  }

  /** Sends the difference to weights that are a little larger. */
  next(coordinator: TestCoordinator): string {
    const wanted = this.#kernels.allocate(this.#held.length);
    wanted.set(this.#held.map((value, i) => value + 1e-3 * Math.sin(i)));
    const from = checksumBytes(bytesOf(this.#held));
    roundDifference(this.#kernels, "int8", wanted, this.#held, bytesOf(this.#rounded));
    const checksum = checksumBytes(bytesOf(this.#held));
    const payload = bytesOf(this.#rounded).slice();
    coordinator.send({
      ...{ type: "weights", ...coordinator.fence(), state: "critic", step: 1, checksum },
      difference: { from, checksum: checksumBytes(payload) },
    }, payload);
    return checksum;
  }
}

Deno.test("int8: differences become whole weights behind the relay, and sums of groups are rounded there", async () => {
  const of = runWith({ wire: { format: "int8", group_shards: 4 } });
  const { scene, coordinator, workers } = await ready(2, of);
  await using _ = scene;
  const weights = new RoundedWeights();
  weights.next(coordinator);
  const critic_checksum = weights.next(coordinator);
  ask(coordinator, 4, 8, { step: 3, critic_checksum });
  await settled();
  for (const worker of workers) {
    assert.deepEqual(lastWeights(worker, "critic"), [critic_checksum, true, null]);
    // A group may be parted: it is rounded when it has been added.
    assert.equal(worker.nodes.length, 1);
  }
  await answerAll(workers, (begin, end) => treeSum(begin, end, SEVENTHS));
  const { payload } = await coordinator.next("result");
  const graph = run.manifest.graphs.critic_training_model;
  const kernels = Kernels.create(1 << 20);
  const [sum, expected] = [kernels.allocate(graph.size), kernels.allocate(payloadSize("int8", graph))];
  sum.fill(treeSum(4, 8, SEVENTHS));
  packResult(kernels, "int8", sum, graph.tail_offset, expected, roundingKey(SEED, "critic", 3, 1));
  assert.deepEqual(new Uint8Array(payload), bytesOf(expected).slice());
});

Deno.test("weights whose difference leads elsewhere than the coordinator says are not computed with", async () => {
  const of = runWith({ wire: { format: "int8", group_shards: 1 } });
  const { scene, coordinator, workers: [worker] } = await ready(1, of);
  await using _ = scene;
  const weights = new RoundedWeights();
  const from = run.checksums.critic, wrong = "0".repeat(15) + "1";
  const payload = new Uint8Array(roundedBytes("int8", weights.held.length));
  const about = { ...coordinator.fence(), state: "critic", step: 1, checksum: wrong } as const;
  const difference = { from, checksum: checksumBytes(payload) };
  coordinator.send({ type: "weights", ...about, difference }, payload);
  ask(coordinator, 0, 1, { critic_checksum: wrong });
  await settled();
  assert.deepEqual(worker!.work, []);
  const { message } = await coordinator.next("refuse");
  assert.match(message.reason, /weights must have the checksum 0{15}1: found/);
});

const LARGE = await testRun(2);
/** Chunks of so few numbers that the critic has two. */
const CHUNK_FLOATS = 256;

Deno.test("chunks of weights go on before they count", async () => {
  // A critic of 10 x 8 + 8 + 8 + 1 weights is one chunk; a relay passes on as many as there are.
  const of = runWith({ chunk_floats: CHUNK_FLOATS }, LARGE);
  const { scene, coordinator, workers: [worker] } = await ready(1, of);
  await using _ = scene;
  ask(coordinator, 0, 1);
  await settled();
  await answerAll([worker!]);
  const next = LARGE.weights.critic.map((value) => value / 2), payload = bytesOf(next);
  const about = { state: "critic", step: 1 } as const;
  coordinator.send(
    { type: "weights_chunk", ...about, index: 0, checksum: checksumBytes(payload) },
    payload,
  );
  await settled();
  const [chunk] = worker!.messages("weights_chunk");
  assert.deepEqual([chunk?.step, chunk?.index, chunk?.checksum], [1, 0, checksumBytes(payload)]);
  const critic_checksum = checksumBytes(payload);
  coordinator.send({
    type: "weights_end",
    ...coordinator.fence(),
    ...about,
    checksum: critic_checksum,
    from: null,
  });
  ask(coordinator, 0, 1, { step: 2, critic_checksum });
  await settled();
  assert.deepEqual(worker!.messages("weights_end").map(({ checksum }) => checksum), [critic_checksum]);
  assert.equal(worker!.weights.filter(({ message }) => message.state === "critic").length, 1);
  assert.equal(worker!.work[0]!.critic_checksum, critic_checksum);
});

const LOCAL: LocalSteps = {
  ...{ learners: 4, steps: 2, epoch_steps: 2, schedule: "paper", n_critic: 2, warm_up: false },
  ...{ lr_critic: null, lr_generator: null, decay: "linear", clip_grad_norm: null },
  ...{ lr: 1e-3, decay_steps: 0, clip: 0.1, optimizer: { kind: "rmsprop", alpha: 0.9, eps: 1e-8 } },
};

Deno.test("learners' states and results go through as they are, with the examples of all steps", async () => {
  const scene = new RelayScene();
  await using _ = scene;
  const coordinator = await scene.admit(runWith({ local_steps: LOCAL }));
  const workers = [await scene.join("a"), await scene.join("b")];
  await coordinator.next("ready");
  await coordinator.next("relayed");
  const { state_sizes, size } = new LearnerLayout(run.manifest, "rmsprop", LOCAL.steps);
  const states = {
    critic: new Float32Array(state_sizes.critic).fill(0.5),
    generator: new Float32Array(state_sizes.generator).fill(0.25),
  };
  const checksums = {
    critic: checksumBytes(bytesOf(states.critic)),
    generator: checksumBytes(bytesOf(states.generator)),
  };
  for (const state of ["critic", "generator"] as const) {
    const about = { ...coordinator.fence(), state, step: 0, checksum: checksums[state], difference: null };
    coordinator.send({ type: "weights", ...about }, bytesOf(states[state]));
  }
  const steps = innerSteps(LOCAL, 1).length, bytes = run.manifest.micro_batch * run.welcome.example_bytes;
  for (const begin of [0, 2]) {
    const payload = new Uint8Array(2 * steps * bytes).map((_, i) => begin + i % 7);
    const named = { critic_checksum: checksums.critic, generator_checksum: checksums.generator };
    coordinator.send(coordinator.work(begin, begin + 2, { ...named, inline: [begin, begin + 1] }), payload);
  }
  await settled();
  assert.deepEqual(workers.map((worker) => worker.nodes), [["0-2"], ["2-4"]]);
  for (const [i, worker] of workers.entries()) {
    assert.deepEqual(lastWeights(worker, "critic"), [checksums.critic, true, null]);
    const examples = new Uint8Array(2 * steps * bytes).map((_, j) => 2 * i + j % 7);
    assert.deepEqual(new Uint8Array(worker.payloads.get("work")!), examples);
    await worker.answer(new Float32Array(size).fill(i + 1));
  }
  for (const value of [1, 2]) {
    const { payload } = await coordinator.next("result");
    assert.deepEqual(new Float32Array(payload.slice().buffer), new Float32Array(size).fill(value));
  }
});

Deno.test("a job is done by a worker behind the relay, or is refused with its number", async () => {
  const { scene, coordinator, workers: [worker] } = await ready(1);
  await using _ = scene;
  const { generator, statistics } = run.manifest.layouts;
  const input = new Float32Array(generator.size + statistics.size).fill(0.5);
  coordinator.send(coordinator.job("sample", 2, 7), bytesOf(input));
  await settled();
  const [job] = worker!.messages("job");
  assert.deepEqual([job?.kind, job?.count], ["sample", 2]);
  assert.deepEqual(new Uint8Array(worker!.payloads.get("job")!), bytesOf(input));
  const samples = new Float32Array(2 * 10).fill(0.75);
  worker!.send({ type: "job_result", run: "test-run", job: job!.job }, bytesOf(samples));
  const done = await coordinator.next("job_result");
  assert.deepEqual([done.message.job, new Float32Array(done.payload.slice().buffer)], [7, samples]);
  coordinator.send(coordinator.job("sample", 2, 8), bytesOf(input));
  await settled();
  worker!.send({
    ...{ type: "refuse", code: "compute_failed", reason: "no", fatal: false },
    job: worker!.messages("job")[1]!.job,
  });
  const { message } = await coordinator.next("refuse");
  assert.deepEqual([message.job, message.code], [8, "compute_failed"]);
});

Deno.test("a relay that has to compute for another step meanwhile gives the weights of each", async () => {
  const { scene, coordinator, workers: [worker] } = await ready(1);
  await using _ = scene;
  ask(coordinator, 0, 1);
  const next = run.weights.critic.map((value) => -value), checksum = checksumBytes(bytesOf(next));
  coordinator.send({
    ...{ type: "weights", ...coordinator.fence(), state: "critic", step: 1, checksum, difference: null },
  }, bytesOf(next));
  ask(coordinator, 0, 1, { step: 2, critic_checksum: checksum });
  await settled();
  // Not before the first is answered, or its answer would be stale.
  assert.deepEqual(lastWeights(worker!, "critic")[0], run.checksums.critic);
  await worker!.answer(sumOf(1));
  assert.deepEqual(lastWeights(worker!, "critic"), [checksum, true, null]);
  await worker!.answer(sumOf(2));
  assert.equal((await coordinator.next("result")).message.critic_checksum, run.checksums.critic);
  assert.equal((await coordinator.next("result")).message.critic_checksum, checksum);
});
