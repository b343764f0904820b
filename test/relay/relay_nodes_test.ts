/** Nodes that a relay is asked for: computed by its workers, and answered as one sum each. */
import assert from "node:assert/strict";
import { answerAll, ask, inlineOf, ready, run, shown, sumOf, treeSum } from "./relay_scene.ts";
import { settled } from "../wire/fake_clock.ts";

/** Numbers whose float32 sum depends on the order. */
const uneven = (shard: number) => [1e8, 1, -1e8, 1, 3, 1e-3, 1e7, -7][shard]!;

Deno.test("a relay spreads a node over its workers, and answers with one sum in the order of the tree", async () => {
  const { scene, coordinator, workers } = await ready(3);
  await using _ = scene;
  ask(coordinator, 0, 8);
  await settled();
  const nodes = workers.flatMap((worker) => worker.nodes);
  assert.equal(new Set(nodes).size, nodes.length);
  assert.deepEqual(workers.map(({ work }) => work.length > 0), [true, true, true]);
  await answerAll(workers.toReversed(), (begin, end) => treeSum(begin, end, uneven));
  const sum = treeSum(0, 8, uneven);
  assert.notEqual(sum, [0, 1, 2, 3, 4, 5, 6, 7].reduce((sum, shard) => Math.fround(sum + uneven(shard)), 0));
  const result = await coordinator.next("result");
  assert.deepEqual(shown(result), [0, 8, sum, true]);
  assert.equal(result.payload.length, 4 * sumOf(0).length);
  // The worker's own words of each node: its shards.
  assert.equal(result.message.compute_ms, 8);
});

Deno.test("nodes that are asked for apart are answered apart, each as soon as it is there", async () => {
  const { scene, coordinator, workers: [a, b] } = await ready(2);
  await using _ = scene;
  ask(coordinator, 0, 2);
  ask(coordinator, 2, 4);
  await settled();
  // The four shards are a node of the tree, and two that somebody waits for.
  assert.deepEqual([...a!.nodes, ...b!.nodes].sort(), ["0-1", "1-2", "2-3", "3-4"]);
  await answerAll([a!, b!]);
  assert.deepEqual(shown(await coordinator.next("result")), [0, 2, 1, true]);
  assert.deepEqual(shown(await coordinator.next("result")), [2, 4, 5, true]);
  // And once more in mid-round, by when the others have been answered.
  ask(coordinator, 4, 5);
  await settled();
  await answerAll([a!, b!]);
  assert.deepEqual(shown(await coordinator.next("result")), [4, 5, 4, true]);
});

Deno.test("two rounds later the workers keep to the shards that the relay is asked for", async () => {
  const { scene, coordinator, workers } = await ready(2);
  await using _ = scene;
  for (let step = 1; step <= 4; step++) {
    for (const [begin, end] of [[4, 6], [6, 7]] as const) ask(coordinator, begin, end, { step });
    await settled();
    if (step === 4) assert.deepEqual(workers.map((worker) => worker.nodes), [["4-6"], ["6-7"]]);
    await answerAll(workers);
    const ends = [await coordinator.next("result"), await coordinator.next("result")];
    assert.deepEqual(ends.map(({ message: { end } }) => end).sort(), [6, 7]);
  }
});

Deno.test("rounds are answered in order, also one that is late", async () => {
  const { scene, coordinator, workers } = await ready(1);
  await using _ = scene;
  ask(coordinator, 0, 1, { step: 1 });
  ask(coordinator, 0, 1, { step: 2, noise_counter: 2 });
  await settled();
  assert.deepEqual(workers[0]!.work.map(({ step }) => step), [1]);
  await answerAll(workers);
  await answerAll(workers);
  assert.equal((await coordinator.next("result")).message.step, 1);
  const { message } = await coordinator.next("result");
  assert.deepEqual([message.step, message.noise_counter, message.noise_purpose], [2, 2, "critic_noise"]);
});

Deno.test("a worker's death costs its nodes and no others", async () => {
  const { scene, coordinator, workers: [a, b] } = await ready(2);
  await using _ = scene;
  ask(coordinator, 0, 4);
  await settled();
  const [of_a, of_b] = [a!.nodes, b!.nodes];
  assert.deepEqual([of_a, of_b], [["0-2"], ["2-4"]]);
  await b!.die();
  assert.deepEqual(a!.nodes, ["0-2", "2-4"]);
  assert.ok(scene.said.some((line) => line.startsWith("worker lost in mid-step")), scene.said.join("\n"));
  await answerAll([a!]);
  assert.deepEqual(shown(await coordinator.next("result")), [0, 4, 6, true]);
});

Deno.test("examples that come with work go on with it, to whom they are for", async () => {
  const { scene, coordinator, workers } = await ready(2);
  await using _ = scene;
  ask(coordinator, 4, 8);
  await settled();
  for (const worker of workers) {
    const { begin, end, inline } = worker.work[0]!;
    assert.deepEqual(inline, inlineOf(begin, end).inline);
    assert.deepEqual(new Uint8Array(worker.payloads.get("work")!), inlineOf(begin, end).payload);
  }
});

Deno.test("a shard that has come whole is shipped on once to who computes it, and comes with no work from then on", async () => {
  const { scene, coordinator, workers: [worker] } = await ready(1);
  await using _ = scene;
  const round = async (step: number, inline: readonly number[]) => {
    const all = inlineOf(0, 1);
    const examples = inline.length > 0 ? all.payload : undefined;
    coordinator.send(coordinator.work(0, 1, { step, inline }), examples);
    await settled();
    const passed = worker!.work[0]!.inline;
    await answerAll([worker!]);
    await coordinator.next("result");
    return passed;
  };
  assert.deepEqual(await round(1, [0]), [0]);
  coordinator.sendShard(0);
  assert.deepEqual((await coordinator.next("shard_held")).message.shard, 0);
  await settled();
  const [chunk] = worker!.messages("shard_chunk");
  assert.deepEqual([chunk?.shard, chunk?.offset, chunk?.total], [0, 0, run.shards[0]!.length]);
  assert.deepEqual(new Uint8Array(worker!.payloads.get("shard_chunk")!), run.shards[0]);
  // Until the worker says that it holds it, the relay sends it the examples that it picks itself.
  assert.deepEqual(await round(2, []), [0]);
  worker!.send({ type: "shard_held", run: "test-run", shard: 0 });
  assert.deepEqual(await round(3, []), []);
  assert.equal(worker!.messages("shard_chunk").length, 1);
});

Deno.test("a bad result is computed by another worker, and a worker that was wrong has to go", async () => {
  const { scene, coordinator, workers: [a, b] } = await ready(2);
  await using _ = scene;
  ask(coordinator, 0, 2);
  await settled();
  await a!.answer(sumOf(NaN));
  assert.deepEqual(b!.nodes, ["1-2", "0-1"]);
  await answerAll([b!]);
  assert.deepEqual(shown(await coordinator.next("result")), [0, 2, 1, true]);
  assert.match(a!.closed!, /Results must be right/);
});

Deno.test("a result that is bad whoever computes it is passed on, for the run's coordinator to judge", async () => {
  const { scene, coordinator, workers: [a, b] } = await ready(2);
  await using _ = scene;
  ask(coordinator, 0, 2);
  await settled();
  await answerAll([a!, b!, a!, b!], (begin) => begin === 0 ? Infinity : 1);
  const result = await coordinator.next("result");
  assert.deepEqual(shown(result), [0, 2, Infinity, true]);
  assert.deepEqual([a!.closed, b!.closed], [null, null]);
});

Deno.test("work that the last worker refuses is refused with its reason, before the relay leaves", async () => {
  const { scene, coordinator, workers: [a, b] } = await ready(2);
  await using _ = scene;
  ask(coordinator, 0, 2);
  await settled();
  const refuse = {
    type: "refuse",
    code: "compute_failed",
    reason: "no memory",
    fatal: false,
    job: null,
  } as const;
  a!.send(refuse);
  await settled();
  assert.deepEqual(b!.nodes, ["1-2", "0-1"]);
  b!.send(refuse);
  await settled();
  await scene.clock.advance(1);
  const { message } = await coordinator.next("refuse");
  assert.deepEqual([message.code, message.job], ["compute_failed", null]);
  assert.equal(message.reason, "Cannot compute critic step 1: no memory");
  assert.equal((await coordinator.next("leave")).message.reason, "Waiting for workers behind the relay");
});
