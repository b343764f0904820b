/** Results and weights in chunks: the bits of whole ones, whatever comes in whatever order, and whoever dies where. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { WIRE_FORMATS, type WireFormat } from "../../../common/wire_format.ts";
import { type ModelState, weightsSha256 } from "../../../coordinator/training/model_state.ts";
import { type Course, openState, trainTo } from "./wire_scene.ts";

const STEPS = 4;
/** The critic has 5 chunks of this, the generator 10; the last ones are shorter. */
const CHUNK = 4_096;
const SEED = 17;

const bitsOf = (state: ModelState) => [weightsSha256(state), state.critic.checksum, state.generator.checksum];

async function trained(format: WireFormat, num_workers: number, course: Course = {}, steps = STEPS) {
  const run = openState(format);
  return { ...await trainTo(run, steps, num_workers, course), bits: bitsOf(run.state) };
}

for (const format of WIRE_FORMATS) {
  Deno.test(`${format}: in chunks of any length, with any number of workers, the bits are those of whole results`, async () => {
    const { bits, num_ahead } = await trained(format, 1);
    assert.equal(num_ahead, 0);
    for (const chunk_floats of [256, CHUNK, 20_224, 20_480]) {
      const one = await trained(format, 1, { chunk_floats });
      assert.deepEqual(one.bits, bits, `chunks of ${chunk_floats}`);
      assert.deepEqual(one.told, []);
      // Both networks as the run begins; where a network is one chunk long, its updates, too.
      assert.equal(one.num_whole > 2, chunk_floats > 20_300, `chunks of ${chunk_floats}: ${one.num_whole}`);
    }
    for (const num_workers of [2, 3, 4]) {
      assert.deepEqual((await trained(format, num_workers, { chunk_floats: CHUNK })).bits, bits);
    }
  });

  Deno.test(`${format}: the same bits, whoever sends next, and where a worker is killed`, async () => {
    const { bits } = await trained(format, 1);
    const courses = fc.record({
      num_workers: fc.integer({ min: 2, max: 4 }),
      picks: fc.infiniteStream(fc.nat(1_000)),
      kill: fc.option(fc.record({ step: fc.integer({ min: 1, max: STEPS }), after: fc.nat(14) })),
    });
    await fc.assert(
      fc.asyncProperty(courses, async ({ num_workers, picks, kill }) => {
        const pick = (n: number) => picks.next().value! % n;
        const course = { chunk_floats: CHUNK, pick, ...kill && { kill } };
        const found = await trained(format, num_workers, course);
        assert.deepEqual(found.bits, bits);
        assert.ok(found.told.every((what) => what === "worker lost in mid-step"), found.told.join());
      }),
      { seed: SEED, numRuns: 12 },
    );
  });
}

Deno.test("a worker alone gets chunks of new weights while it sends its result", async () => {
  const { num_ahead } = await trained("float32", 1, { chunk_floats: CHUNK }, 1);
  // All five but the last.
  assert.equal(num_ahead, 4);
});

Deno.test("chunk by chunk: a worker that dies in the middle of any chunk leaves the weights, and the bits, as they are", async () => {
  const { bits } = await trained("float32", 1);
  for (let after = 0; after <= 6; after++) {
    const course = { chunk_floats: CHUNK, kill: { step: 3, after } };
    for (const num_workers of [1, 2]) {
      const found = await trained("float32", num_workers, course);
      assert.deepEqual(found.bits, bits, `${num_workers} workers, after ${after} messages`);
    }
  }
});

Deno.test("a damaged chunk closes its worker's connection, and another computes the node, to the same bits", async () => {
  const { bits } = await trained("float32", 1);
  for (const index of [0, 2, 4]) {
    let is_done = false;
    const damage: Course["damage"] = (message, payload) => {
      if (is_done || message.type !== "result_chunk" || message.index !== index) return undefined;
      is_done = true;
      payload[5]! ^= 1;
      return payload;
    };
    const found = await trained("float32", 2, { chunk_floats: CHUNK, damage });
    assert.deepEqual(found.told, ["damaged result"]);
    assert.deepEqual(found.bits, bits, `chunk ${index}`);
  }
});

Deno.test("numbers that are none, in any chunk or in the tail: another computes the node, to the same bits", async () => {
  for (const format of ["float32", "int8"] as const) {
    const { bits } = await trained(format, 1);
    // Of int8 the first numbers are scales, 16 for each chunk.
    for (const place of format === "int8" ? [0, 30, 79] : [0, 10_000, 20_299]) {
      const found = await trained(format, 2, {
        chunk_floats: CHUNK,
        spoil: (payload, { step }) => step === 3 && (payload[place] = NaN),
      });
      assert.deepEqual([...new Set(found.told)], ["bad result", "wrong result"], `${format} ${place}`);
      assert.deepEqual(found.bits, bits, `${format} ${place}`);
    }
    const found = await trained(format, 2, {
      chunk_floats: CHUNK,
      spoil: (payload, { step }) => step === 3 && (payload[payload.length - 1] = Infinity),
    });
    assert.deepEqual([...new Set(found.told)], ["bad result", "wrong result"], format);
    assert.deepEqual(found.bits, bits, format);
  }
});

Deno.test("wrong first chunks of a result that turns out bad are summed and sent again, as another computes them", async () => {
  for (const format of ["float32", "int8"] as const) {
    const { bits } = await trained(format, 1);
    for (const num_workers of [2, 4]) {
      const spoil: Course["spoil"] = (payload, { step }) => {
        if (step !== 2) return;
        // In the first chunk, or its scales; and in the tail, which says that the result is bad.
        payload.subarray(0, 16).fill(0.5);
        payload[payload.length - 1] = NaN;
      };
      // The first worker is the last to send: its chunks are all that is missing.
      const pick = (num_ready: number) => num_ready - 1;
      const found = await trained(format, num_workers, { chunk_floats: CHUNK, spoil, pick });
      assert.deepEqual([...new Set(found.told)], ["bad result", "wrong result"]);
      assert.deepEqual(found.bits, bits, `${format}, ${num_workers} workers`);
      assert.equal(found.num_whole, 2 * num_workers);
    }
  }
});

Deno.test("a step that fails in its last chunk leaves the weights as they were", async () => {
  for (const kind of ["critic", "generator"] as const) {
    const run = openState("float32");
    const failing = trainTo(run, STEPS, 1, {
      chunk_floats: CHUNK,
      spoil: (payload, work) =>
        work.kind === kind && work.step === STEPS && (payload[payload.length - 4] = NaN),
    });
    await assert.rejects(failing, new RegExp(`the ${kind}'s gradients must be finite, found NaN at step 4`));
    assert.deepEqual(bitsOf(run.state), (await trained("float32", 1, {}, STEPS - 1)).bits, kind);
  }
});
