import assert from "node:assert/strict";
import { healthAnswer } from "../../../coordinator/live/health.ts";

Deno.test("probes: a process that answers is healthy, one that lets workers in is ready", () => {
  const statusOf = (target: string, open: boolean, method = "GET") =>
    healthAnswer(method, target, open)?.status ?? null;
  assert.deepEqual([statusOf("/healthz", false), statusOf("/healthz", true)], [200, 200]);
  assert.deepEqual([statusOf("/readyz", false), statusOf("/readyz", true)], [503, 200]);
  assert.equal(statusOf("/readyz?verbose", true, "HEAD"), 200);
  assert.equal(statusOf("/healthz", true, "POST"), 405);
  for (const target of ["/", "/metrics", "/healthz/", "/healthzz", "/x/readyz", ""]) {
    assert.equal(statusOf(target, true), null, target);
  }
});
