import assert from "node:assert/strict";
import { Shaper } from "../../../bench/far/shaper.ts";

const PLAIN = { rate_bps: 8e6, burst_bytes: 0, delay_ms: 0, jitter_ms: 0 };
const zero = () => 0;

Deno.test("bytes take their time at the rate, after those before them", () => {
  const shaper = new Shaper({ ...PLAIN, delay_ms: 20 }, zero);
  assert.deepEqual(shaper.offer(1_000, 100), { sent_ms: 101, arrives_ms: 121 });
  assert.deepEqual(shaper.offer(5_000, 100), { sent_ms: 106, arrives_ms: 126 });
  assert.deepEqual(
    shaper.offer(1_000, 200),
    { sent_ms: 201, arrives_ms: 221 },
    "a rest saves nothing without a bucket",
  );
});

Deno.test("a bucket lets so much pass at once after a rest, and no more for a longer one", () => {
  const shaper = new Shaper({ ...PLAIN, burst_bytes: 2_000 }, zero);
  const sent = (count: number, now_ms: number) => shaper.offer(count, now_ms).sent_ms;
  assert.deepEqual([sent(1_000, 0), sent(1_000, 0), sent(1_000, 0)], [0, 0, 1]);
  // Of 1 ms, until 2, the bucket has saved 1,000 bytes.
  assert.deepEqual([sent(1_000, 2), sent(1_000, 2)], [2, 3]);
  assert.deepEqual([sent(2_000, 1e6), sent(1_000, 1e6)], [1e6, 1e6 + 1]);
});

Deno.test("jitter is added to the delay and changes no order", () => {
  const draws = [1, 0, 0.5];
  const shaper = new Shaper({ ...PLAIN, delay_ms: 10, jitter_ms: 8 }, () => draws.shift()!);
  const arrivals = [0, 1, 9].map((now_ms) => shaper.offer(1_000, now_ms).arrives_ms);
  assert.deepEqual(arrivals, [1 + 10 + 8, 19, 10 + 10 + 4]);
});

Deno.test("over any pieces, a rate is kept to the byte", () => {
  const whole = new Shaper(PLAIN, zero).offer(2_100_000, 0).sent_ms;
  const pieces = new Shaper(PLAIN, zero);
  let last_ms = 0;
  for (let left = 2_100_000, i = 0; left > 0; i++) {
    const count = Math.min(left, 1 + (i * 7_919) % 16_384);
    last_ms = pieces.offer(count, 0).sent_ms;
    left -= count;
  }
  assert.equal(whole, 2_100);
  assert.ok(Math.abs(last_ms - whole) < 1e-6, `${last_ms}`);
});
