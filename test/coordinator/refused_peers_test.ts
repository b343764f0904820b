import assert from "node:assert/strict";
import { RefusedPeers } from "../../coordinator/refused_peers.ts";

Deno.test("a peer that is refused again and again is told of once in 30 s, with how often it came", () => {
  const refused = new RefusedPeers();
  const said: [number, string][] = [];
  for (let now_ms = 0; now_ms <= 60_000; now_ms += 250) {
    const line = refused.line(`10.0.0.7:${40_000 + now_ms / 250}`, "Token is wrong", now_ms);
    if (line !== null) said.push([now_ms, line]);
  }
  const line = (port: number, more: string) =>
    `A connection from 10.0.0.7:${port} did not become a worker: Token is wrong${more}`;
  assert.deepEqual(said, [
    [0, line(40_000, "")],
    [30_000, line(40_120, " (and 119 more since 30 s ago)")],
    [60_000, line(40_240, " (and 119 more since 30 s ago)")],
  ]);
});

Deno.test("another host and another reason are news", () => {
  const refused = new RefusedPeers();
  const news = [["a:1", "x"], ["a:2", "x"], ["b:1", "x"], ["a:3", "y"], ["b:2", "x"]].map(([peer, reason]) =>
    refused.line(peer!, reason!, 5) !== null
  );
  assert.deepEqual(news, [true, false, true, true, false]);
});

Deno.test("what is remembered has a bound", () => {
  const refused = new RefusedPeers();
  for (let i = 0; i < 100; i++) refused.line("a:1", `reason ${i}`, 0);
  assert.notEqual(refused.line("a:1", "reason 0", 1), null);
  assert.equal(refused.line("a:1", "reason 99", 1), null);
});
