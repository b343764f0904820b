import assert from "node:assert/strict";
import { RefusedPeers } from "../../../coordinator/terminal/refused_peers.ts";

Deno.test("a peer that is refused again and again is told of once in 30 s, with how often it came", () => {
  const refused = new RefusedPeers();
  const said: [number, string][] = [];
  for (let now_ms = 0; now_ms <= 60_000; now_ms += 250) {
    const line = refused.line(`10.0.0.7:${40_000 + now_ms / 250}`, "Token is wrong", now_ms);
    if (line !== null) said.push([now_ms, line]);
  }
  const line = (port: number, more: string) =>
    `A connection from 10.0.0.7:${port} was not accepted as a worker: Token is wrong${more}`;
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

Deno.test("whatever a host says, it gets four lines in 30 s", () => {
  const refused = new RefusedPeers();
  const lines = Array.from({ length: 1_000 }, (_, i) => refused.line(`a:${i}`, `reason ${i}`, 4 * i))
    .filter((line) => line !== null);
  assert.equal(lines.length, 4);
  assert.match(refused.line("a:1", "reason 0", 60_000)!, /reason 0 \(and 996 more since 60 s ago\)$/);
});

Deno.test("a thousand hosts with a kilobyte to say each write less than eight", () => {
  const refused = new RefusedPeers();
  const lines = Array.from(
    { length: 1_000 },
    (_, i) => refused.line(`10.0.${i >> 8}.${i & 255}:4000`, `${i} ${"x".repeat(1_000)}`, 4.5 * i),
  ).filter((line) => line !== null);
  const bytes = lines.reduce((sum, line) => sum + line.length, 0);
  assert.ok(lines.length >= 10 && bytes < 8_000, `${lines.length} lines, ${bytes} bytes`);
});

Deno.test("a stranger's words stay in their line", () => {
  const line = new RefusedPeers().line("a:1", "\x1b[2Jno\nWorker 1 joined: \u202eevil", 0);
  assert.equal(
    line,
    "A connection from a:1 was not accepted as a worker: \ufffd[2Jno Worker 1 joined: \ufffdevil",
  );
});
