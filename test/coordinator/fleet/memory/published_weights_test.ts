import assert from "node:assert/strict";
import { PublishedWeights } from "../../../../coordinator/fleet/memory/published_weights.ts";
import { checksumBytes } from "../../../../kernels/kernels.ts";
import { bytesOf } from "../../../../wire/frame.ts";

Deno.test("a frame keeps the weights that were published, though they change before a socket has read it", () => {
  const published = new PublishedWeights({ run: "run-1", incarnation: 0 });
  const live = Float32Array.of(1, 2);
  published.set("critic", 1, { checksum: "c".repeat(16), given: live, change: null });
  const frame = published.frame("critic", 1, "");
  live.fill(9);
  assert.deepEqual(frame.payload, bytesOf(Float32Array.of(1, 2)));
});

Deno.test("weights are copied and encoded once for all, and only their head again for another generation", () => {
  const published = new PublishedWeights({ run: "run-1", incarnation: 0 });
  published.set("generator", 3, { checksum: "d".repeat(16), given: Float32Array.of(1), change: null });
  const [one, again, later] = [1, 1, 2].map((generation) => published.frame("generator", generation, ""));
  assert.equal(one, again);
  assert.equal(later!.payload, one!.payload);
  assert.deepEqual([one!, later!].map(({ message }) => message.type === "weights" && message.generation), [
    1,
    2,
  ]);
});

Deno.test("who holds the weights before is sent what has changed, all others the whole", () => {
  const published = new PublishedWeights({ run: "run-1", incarnation: 0 });
  const [before, after] = ["c".repeat(16), "d".repeat(16)];
  const rounded = Uint8Array.of(1, 2, 3, 4);
  const given = Float32Array.of(5, 6);
  published.set("critic", 2, { checksum: after, given, change: { from: before, rounded } });
  const [change, whole] = [before, "e".repeat(16)].map((held) => published.frame("critic", 1, held));
  rounded.fill(9);
  assert.deepEqual(change!.payload, Uint8Array.of(1, 2, 3, 4), "a copy: sockets read on");
  assert.deepEqual(whole!.payload, bytesOf(given));
  const differences = [change!, whole!].map(({ message }) =>
    message.type === "weights" && message.difference
  );
  const checksum = checksumBytes(Uint8Array.of(1, 2, 3, 4));
  assert.deepEqual(differences, [{ from: before, checksum }, null]);
  for (const { message } of [change!, whole!]) {
    assert.equal(message.type === "weights" && message.checksum, after);
  }
  assert.equal(published.frame("critic", 1, before), change);
});
