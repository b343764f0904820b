/** `deno task train` lets in workers of others where it is told to, to the same bits. */
import assert from "node:assert/strict";
import { logged, ofType } from "./log.ts";
import { childrenOf } from "./processes.ts";
import { SMALL, Workplace } from "./workplace.ts";

Deno.test("train with --port: a worker that was started elsewhere takes part, and no bit changes", async () => {
  await using place = await Workplace.open();
  const options = ["--data", place.images, ...SMALL, "--batch", "16", "--workers", "1"];
  const run = place.path("opened");
  const opened = place.start("train", [...options, "--steps", "1000000", "--out", run, "--port", "0"]);
  await opened.line(/Listening on ws:\/\/127\.0\.0\.1:\d+; on this machine: deno task worker/);
  const guest = place.start("worker", ["--threads", "1", "--name", "guest"]);
  await opened.line(/Worker \d joined: guest/);
  // Were steps shorter without the guest, it would be a spare worker as long as there is another.
  for (const pid of await childrenOf(opened.pid)) Deno.kill(pid, "SIGKILL");
  await logged(run, "a step with the guest", (records) => {
    const joined = ofType(records, "worker_joined").find(({ name }) => name === "guest");
    return joined !== undefined && ofType(records, "step").some(({ workers }) => joined.worker in workers);
  });
  opened.signal("SIGINT");
  assert.equal((await opened.end()).code, 130, opened.said);
  assert.equal((await guest.end()).code, 0, guest.said);
  const { steps, weights_sha256 } = await place.inspect(run);
  const alone = await place.run("train", [...options, "--steps", `${steps}`, "--out", "alone"]);
  assert.equal(alone.code, 0, alone.stderr);
  assert.doesNotMatch(alone.stderr, /Listening on/);
  assert.equal((await place.inspect("alone")).weights_sha256, weights_sha256);
});
