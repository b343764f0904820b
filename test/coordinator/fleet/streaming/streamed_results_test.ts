/** Results in chunks as a fleet takes them: what counts, what is refused, and what of it nobody waits for. */
import assert from "node:assert/strict";
import { settled } from "../../../wire/fake_clock.ts";
import { NUM_GRADIENTS, open, outcome, REQUEST, values } from "../fleet_scene.ts";
import type { ScriptedWorker } from "../scripted_worker.ts";

const refusals = (worker: ScriptedWorker) =>
  worker.messages("refuse").map(({ code, reason }) => `${code}: ${reason}`);

Deno.test("a result in chunks counts as if it had come whole, beside whole ones", async () => {
  const { fleet, join } = await open();
  const [one, two] = [await join("one"), await join("two")];
  const round = fleet.round(REQUEST);
  await settled();
  await one.answerInChunks(values(1), NUM_GRADIENTS);
  await two.answer(values(2));
  assert.deepEqual(await outcome(round), ["0-2: 1", "2-4: 2"]);
  const { results } = await round;
  assert.deepEqual([...results[0]!.values], [...values(1)]);
  await fleet.finish("test over");
});

Deno.test("chunks are handed on when all shards have them, and tails are left", async () => {
  const { fleet, join } = await open();
  const [one, two] = [await join("one"), await join("two")];
  const taken: string[] = [];
  const round = fleet.round(REQUEST, (index, parts) => {
    const floats = ({ payload }: { payload: Uint8Array }) => new Float32Array(payload.slice().buffer)[0];
    taken.push(`${index}: ${parts.map((part) => `${part.begin}-${part.end} ${floats(part)}`)}`);
  });
  await settled();
  await one.answerInChunks(values(1), NUM_GRADIENTS);
  assert.deepEqual(taken, []);
  await two.answerInChunks(values(2), NUM_GRADIENTS);
  const { results, streamed } = await round;
  assert.deepEqual([taken, streamed], [["0: 0-2 1,2-4 2"], true]);
  assert.deepEqual(results.map(({ values }) => [...values]), [[1, 1, 1], [2, 2, 2]]);
  await fleet.finish("test over");
});

Deno.test("a round that began in chunks and ends in whole results only is none of chunks", async () => {
  const { fleet, join } = await open();
  const [one, two] = [await join("one"), await join("two")];
  const round = fleet.round(REQUEST, () => {});
  await settled();
  const { start, tail } = one.inChunks(values(1), NUM_GRADIENTS);
  one.send(start, tail);
  await settled();
  await one.die();
  while (two.work.length > 0) await two.answer(values(2));
  assert.equal((await round).streamed, false);
  await fleet.finish("test over");
});

Deno.test("chunks out of turn are refused by code, and the connection goes on", async () => {
  const { fleet, join } = await open();
  const worker = await join("one");
  const round = fleet.round(REQUEST);
  await settled();
  const { start, tail, chunk, gradients } = worker.inChunks(values(1), NUM_GRADIENTS);
  worker.send(chunk, gradients);
  worker.send(start, tail.subarray(4));
  worker.send(start, tail);
  worker.send(start, tail);
  worker.send({ ...chunk, index: 1 }, gradients);
  worker.send(chunk, gradients.subarray(4));
  await settled();
  assert.deepEqual(refusals(worker), [
    "unexpected_message: A chunk of a result must follow its start",
    "bad_message: Payload must have 3 float32 values (12 bytes): found 8 bytes",
    "unexpected_message: A result must not start before the last one is whole",
    "bad_message: Chunks must come in order, now 0: found 1",
    "bad_message: Chunk 0 must have 8 bytes: found 4",
  ]);
  worker.send(chunk, gradients);
  await settled();
  assert.deepEqual(await outcome(round), ["0-4: 1"]);
  await fleet.finish("test over");
});

Deno.test("a tail or a chunk that was damaged closes the connection; nothing of it counts", async () => {
  for (const what of ["tail", "chunk"]) {
    const { fleet, join, told } = await open();
    const [one, two] = [await join("one"), await join("two")];
    const round = fleet.round(REQUEST);
    await settled();
    const { start, tail, chunk, gradients } = one.inChunks(values(1), NUM_GRADIENTS);
    const damaged = (bytes: Uint8Array, is_damaged: boolean) =>
      bytes.map((byte, i) => is_damaged && i === 1 ? byte ^ 8 : byte);
    one.send(start, damaged(tail, what === "tail"));
    one.send(chunk, damaged(gradients, what === "chunk"));
    await settled();
    assert.match(refusals(one)[0]!, /^hash_mismatch: /, what);
    assert.ok(told.some((line) => line.startsWith("damaged result")), told.join());
    while (two.work.length > 0) await two.answerInChunks(values(2), NUM_GRADIENTS);
    assert.deepEqual(await outcome(round), ["0-2: 2", "2-4: 2"], what);
    await fleet.finish("test over");
  }
});

Deno.test("a result of a step that is over is refused as stale when it is whole, and not before", async () => {
  const { fleet, join } = await open();
  const worker = await join("one");
  const first = fleet.round(REQUEST);
  await settled();
  const late = worker.inChunks(values(1), NUM_GRADIENTS);
  worker.send(late.start, late.tail);
  worker.send(late.chunk, late.gradients);
  await first;
  worker.send(late.start, late.tail);
  await settled();
  assert.deepEqual(refusals(worker), []);
  worker.send(late.chunk, late.gradients);
  await settled();
  assert.match(refusals(worker).join(), /^stale: Result must belong to the open round, .*: no step is open$/);
  assert.equal(worker.closed, null);
  const second = fleet.round({ ...REQUEST, step: 2 });
  await settled();
  await worker.answerInChunks(values(3), NUM_GRADIENTS);
  assert.deepEqual(await outcome(second), ["0-4: 3"]);
  await fleet.finish("test over");
});

Deno.test("numbers that are none are judged as those of a whole result", async () => {
  const { fleet, join, told } = await open();
  const worker = await join("one");
  const round = fleet.round(REQUEST, () => {});
  round.catch(() => {});
  const bad = values(1);
  bad[1] = NaN;
  for (let i = 0; i < 2; i++) {
    await settled();
    await worker.answerInChunks(bad, NUM_GRADIENTS);
  }
  await assert.rejects(
    round,
    /Shards 0 to 3 have no good result. Its gradients must be finite, found NaN in critic/,
  );
  assert.ok(told.some((line) => line.startsWith("bad result")));
  await fleet.finish("test over");
});
