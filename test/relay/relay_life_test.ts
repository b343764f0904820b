/** A relay's life: workers that come and go, a coordinator that is lost and found again, the end of the run. */
import assert from "node:assert/strict";
import { UserError } from "../../common/errors.ts";
import { type KeyFile, ListedKeys } from "../../coordinator/fleet/admission/listed_keys.ts";
import { Refusal } from "../../wire/refusal.ts";
import { settled } from "../wire/fake_clock.ts";
import { testRun } from "../worker/test_run.ts";
import { answerAll, ask, CLASS, ready, RelayScene, runWith, shown } from "./relay_scene.ts";

const NO_KEYS: KeyFile = {
  read: () => Promise.resolve(""),
  version: () => Promise.resolve("1"),
  path: "keys",
};

Deno.test("a relay is ready when its first worker is, is of its class, and tells who is behind it", async () => {
  const scene = new RelayScene();
  await using _ = scene;
  const coordinator = await scene.admit();
  assert.deepEqual([coordinator.hello.name, coordinator.hello.provider, coordinator.hello.device], [
    "relay",
    "relay",
    "relay",
  ]);
  await scene.join("a", { shard_ms: 3 });
  const { message: ready } = await coordinator.next("ready");
  assert.deepEqual([ready.numeric_class, ready.shard_ms, ready.shared], [CLASS, 3, false]);
  const told = async () => {
    const { message: { num_workers, threads, workers } } = await coordinator.next("relayed");
    return [num_workers, threads, workers.map(({ name }) => name)];
  };
  assert.deepEqual(await told(), [1, 1, ["a"]]);
  const [b] = [await scene.join("b"), await scene.join("c")];
  await scene.clock.advance(1000);
  assert.deepEqual(await told(), [3, 3, ["a", "b", "c"]]);
  await b!.die();
  await scene.clock.advance(1000);
  assert.deepEqual(await told(), [2, 2, ["a", "c"]]);
});

Deno.test("a relay behind a relay is told of with the workers behind it", async () => {
  const { scene, coordinator, workers: [a] } = await ready(1);
  await using _ = scene;
  const workers = [{ name: "x", threads: 2 }, { name: "y", threads: 1 }];
  a!.send({ type: "relayed", num_workers: 2, threads: 3, workers });
  await settled();
  await scene.clock.advance(1000);
  const { message } = await coordinator.next("relayed");
  assert.deepEqual([message.num_workers, message.threads, message.workers], [2, 3, [
    { name: "w1/x", threads: 2 },
    { name: "w1/y", threads: 1 },
  ]]);
});

Deno.test("a worker of another numeric class is refused, in words that say what to do", async () => {
  const { scene } = await ready(1);
  await using _ = scene;
  const other = await scene.join("other", { numeric_class: "b".repeat(64) });
  const [refusal] = other.messages("refuse");
  assert.deepEqual([refusal?.code, refusal?.fatal], ["numeric_class", true]);
  assert.match(refusal!.reason, /connect this worker to the coordinator, or to another relay/);
});

Deno.test("without a run there is nothing to join: a worker is told so, and may try again", async () => {
  const scene = new RelayScene();
  await using _ = scene;
  const socket = scene.knock();
  const reason = await new Promise((resolve) => socket.onclose = resolve);
  assert.equal(reason, "The relay has not reached the run's coordinator yet");
});

Deno.test("a relay leaves when its last worker has gone, and comes back with the next one", async () => {
  const { scene, coordinator, workers: [worker] } = await ready(1);
  await using _ = scene;
  ask(coordinator, 0, 1);
  await settled();
  await worker!.die();
  await scene.clock.advance(1);
  assert.equal((await coordinator.next("leave")).message.reason, "Waiting for workers behind the relay");
  const again = await scene.admit();
  const next = await scene.join("next");
  await again.next("ready");
  again.sendWeights("critic");
  again.sendWeights("generator");
  ask(again, 0, 1);
  await settled();
  await answerAll([next]);
  await again.next("relayed");
  assert.deepEqual(shown(await again.next("result")), [0, 1, 0, true]);
});

Deno.test("workers stay while the coordinator is lost, also when it was started again", async () => {
  const { scene, coordinator, workers: [worker] } = await ready(1);
  await using _ = scene;
  ask(coordinator, 0, 2);
  await settled();
  coordinator.channel.close("The network failed");
  await settled();
  // Too late for who asked: it is of no use to anybody else.
  await answerAll([worker!]);
  assert.equal(worker!.messages("refuse").length, 0);
  const again = await scene.admit(undefined, 2);
  await again.next("ready");
  await again.next("relayed");
  again.sendWeights("critic");
  again.sendWeights("generator");
  ask(again, 0, 2);
  await settled();
  await answerAll([worker!]);
  const result = await again.next("result");
  assert.deepEqual([...shown(result), result.message.incarnation], [0, 2, 1, true, 2]);
  assert.equal(worker!.closed, null);
});

Deno.test("at another run's coordinator the workers are asked to come anew", async () => {
  const { scene, coordinator, workers: [worker] } = await ready(1);
  await using _ = scene;
  coordinator.channel.close("The network failed");
  await settled();
  const other = runWith({ seed: 99 }, await testRun(8));
  const again = await scene.admit(other);
  while (worker!.closed === null) await new Promise((resolve) => setTimeout(resolve, 1));
  const next = await scene.join("w1");
  await again.next("ready");
  assert.equal(worker!.closed, "The relay has left the run");
  assert.equal(worker!.messages("finish").length, 0);
  assert.equal(next.closed, null);
});

Deno.test("the end of the run is the end of the relay, and of its workers", async () => {
  const { scene, coordinator, workers: [worker] } = await ready(1);
  coordinator.send({ type: "finish", reason: "finished at step 9" });
  assert.equal(await scene.ended, "over");
  await settled();
  assert.deepEqual(worker!.messages("finish").map(({ reason }) => reason), ["finished at step 9"]);
  assert.ok(scene.said.includes("The run is over: finished at step 9"));
});

Deno.test("a relay that is stopped says goodbye, and its workers wait for another", async () => {
  const { scene, coordinator, workers: [worker] } = await ready(1);
  scene.stop();
  assert.equal(await scene.ended, "stopped");
  assert.equal((await coordinator.next("leave")).message.reason, "Stopped by its user");
  await settled();
  assert.deepEqual([worker!.messages("finish"), worker!.closed], [[], "The relay has left the run"]);
});

Deno.test("a relay that the coordinator refuses for good ends with its reason", async () => {
  const { scene, coordinator, workers: [worker] } = await ready(1);
  coordinator.send(new Refusal("wrong_result", "It was wrong twice", { fatal: true }).toMessage());
  await assert.rejects(
    scene.ended,
    new UserError("Cannot work for ws://up (wrong_result): It was wrong twice"),
  );
  await settled();
  assert.equal(worker!.closed, "The relay has left the run");
});

Deno.test("a relay with a list of keys lets nobody in without one of them", async () => {
  const scene = new RelayScene({ allowed_keys: await ListedKeys.open(NO_KEYS) });
  await using _ = scene;
  await scene.admit();
  await assert.rejects(scene.join("stranger"), /key/);
});
