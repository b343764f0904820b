import assert from "node:assert/strict";
import { JoinLimits } from "../../../../coordinator/fleet/admission/join_limits.ts";

Deno.test("nobody of a host that flooded is let in for a minute; other hosts are", () => {
  const clock = { ms: 5, now_ms: () => clock.ms };
  const keeper = new JoinLimits(clock);
  keeper.flooded("a");
  assert.deepEqual([keeper.isBarred("a"), keeper.isBarred("b")], [true, false]);
  clock.ms += 59_999;
  assert.equal(keeper.isBarred("a"), true);
  clock.ms += 1;
  assert.equal(keeper.isBarred("a"), false);
});

Deno.test("workers of a host may join 256 at once, then four in a second; each host by itself", () => {
  const clock = { ms: 0, now_ms: () => clock.ms };
  const keeper = new JoinLimits(clock);
  const joined = (host: string, count: number) =>
    Array.from({ length: count }, () => keeper.join(host)).filter((why) => why === null).length;
  assert.deepEqual([joined("a", 1_000), joined("b", 10)], [256, 10]);
  clock.ms = 2_000;
  assert.equal(joined("a", 100), 8);
  assert.match(keeper.join("a")!, /^Workers of this address join too often/);
});

Deno.test("no more hosts are remembered than there is room for", () => {
  const keeper = new JoinLimits({ now_ms: () => 0 });
  keeper.flooded("a");
  for (let i = 0; i < 1024; i++) keeper.join(`host ${i}`);
  assert.equal(keeper.isBarred("a"), false);
});
