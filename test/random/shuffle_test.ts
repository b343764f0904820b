import assert from "node:assert/strict";
import { permutation } from "../../random/philox.ts";
import { ShardOrder } from "../../random/shuffle.ts";

Deno.test("micro-batches cut the epoch's permutation in order", () => {
  const order = new ShardOrder(9, 3, 23);
  for (const epoch of [0, 1, 0]) {
    const whole = permutation(23, { seed: 9, purpose: "shuffle", counter: epoch, shard: 3 });
    for (let batch = 0; batch < 5; batch++) {
      assert.deepEqual(order.batchIndices(epoch, batch, 4), whole.subarray(4 * batch, 4 * batch + 4));
    }
    assert.deepEqual(order.ofEpoch(epoch), whole);
  }
});

Deno.test("epochs, shards and seeds have orders of their own", () => {
  const text = (seed: number, shard: number, epoch: number) =>
    new ShardOrder(seed, shard, 50).ofEpoch(epoch).join();
  assert.equal(new Set([text(1, 0, 0), text(1, 0, 1), text(1, 1, 0), text(2, 0, 0)]).size, 4);
});

Deno.test("a micro-batch past the end of the shard is refused", () => {
  assert.throws(() => new ShardOrder(9, 3, 23).batchIndices(0, 5, 4), {
    name: "RangeError",
    message: "Micro-batch 5 of 4 examples must lie within the shard's 23 examples",
  });
});
