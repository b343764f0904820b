import assert from "node:assert/strict";
import { fillClassLabels } from "../../random/class_labels.ts";
import { Stream, type StreamKey } from "../../random/philox.ts";

const KEY: StreamKey = { seed: 3, purpose: "label", counter: 5, shard: 2 };

function draw(count: number, counts: readonly number[], skip = 0): number[] {
  const out = new Float32Array(count);
  fillClassLabels(out, counts, KEY, skip);
  return [...out];
}

Deno.test("class labels: a word draws an example of those sorted by class, and its class is the label", () => {
  const counts = [2, 0, 5, 1], sorted = counts.flatMap((count, label) => Array<number>(count).fill(label));
  const stream = new Stream(KEY);
  const expected = Array.from({ length: 200 }, () => sorted[Math.floor(stream.nextUint32() / 2 ** 32 * 8)]);
  assert.deepEqual(draw(200, counts), expected);
});

Deno.test("class labels: come as often as their examples, and classes without examples never", () => {
  const counts = [100, 0, 300, 600], total = 20_000;
  const found = counts.map((_, label) => draw(total, counts).filter((drawn) => drawn === label).length);
  assert.equal(found[1], 0);
  // Four standard deviations of a share of 0.3 are 260.
  for (const i of [0, 2, 3]) assert.ok(Math.abs(found[i]! - counts[i]! * 20) < 260, `${found}`);
});

Deno.test("class labels: parts of a stream are the stream", () => {
  const counts = [3, 4, 5];
  assert.deepEqual([...draw(7, counts), ...draw(9, counts, 7)], draw(16, counts));
});
