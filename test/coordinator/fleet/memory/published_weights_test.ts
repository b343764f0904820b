import assert from "node:assert/strict";
import { PublishedWeights } from "../../../../coordinator/fleet/memory/published_weights.ts";
import { bytesOf } from "../../../../wire/frame.ts";

Deno.test("a frame keeps the weights that were published, though they change before a socket has read it", () => {
  const published = new PublishedWeights({ run: "run-1", incarnation: 0 });
  const live = Float32Array.of(1, 2);
  published.set("critic", 1, "c".repeat(16), live);
  const frame = published.frame("critic", 1);
  live.fill(9);
  assert.deepEqual(frame.payload, bytesOf(Float32Array.of(1, 2)));
});

Deno.test("weights are copied and encoded once for all, and only their head again for another generation", () => {
  const published = new PublishedWeights({ run: "run-1", incarnation: 0 });
  published.set("generator", 3, "d".repeat(16), Float32Array.of(1));
  const [one, again, later] = [1, 1, 2].map((generation) => published.frame("generator", generation));
  assert.equal(one, again);
  assert.equal(later!.payload, one!.payload);
  assert.deepEqual([one!, later!].map(({ message }) => message.type === "weights" && message.generation), [
    1,
    2,
  ]);
});
