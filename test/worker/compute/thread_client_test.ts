import assert from "node:assert/strict";
import type { Answer, Call } from "../../../worker/compute/compute_calls.ts";
import { type Thread, ThreadClient } from "../../../worker/compute/thread_client.ts";
import { backoffMs } from "../../../worker/connection/backoff.ts";

/** A thread that answers when it is told to. */
class ScriptedThread implements Thread {
  onmessage: Thread["onmessage"] = null;
  onerror: Thread["onerror"] = null;
  readonly calls: Call[] = [];
  terminated = false;

  get names(): string[] {
    return this.calls.map((call) => call.name === "ahead" ? `ahead ${call.takes.shard}` : call.name);
  }

  postMessage(message: unknown): void {
    this.calls.push(message as Call);
  }

  terminate(): void {
    this.terminated = true;
  }

  answer(answer: Answer): void {
    this.onmessage?.(new MessageEvent("message", { data: answer }));
  }
}

const DONE: Answer = { ok: true, gives: null };
const step = { job: 1 };
const ahead = (shard: number) => ({ shard, noise_purpose: "critic_noise", noise_counter: 1 } as const);

Deno.test("answers belong to calls in order, failures to theirs", async () => {
  const thread = new ScriptedThread();
  const client = new ThreadClient(thread);
  const first = client.call("runtime", null);
  const second = client.call("step_job", step);
  assert.equal(client.load, 2);
  thread.answer({ ok: true, gives: "1.30.0" });
  thread.answer({ ok: false, error: "no such job" });
  assert.equal(await first, "1.30.0");
  await assert.rejects(second, { name: "ComputeError", message: "no such job" });
  assert.equal(client.load, 0);
});

Deno.test("background steps wait until the thread is idle and go one at a time", async () => {
  const thread = new ScriptedThread();
  const client = new ThreadClient(thread);
  const work = client.call("runtime", null);
  const steps = [0, 1].map((shard) => client.whenIdle("ahead", ahead(shard)));
  assert.deepEqual(thread.names, ["runtime"]);
  thread.answer(DONE);
  assert.deepEqual(thread.names, ["runtime", "ahead 0"]);
  const later = client.call("runtime", null);
  thread.answer(DONE);
  assert.deepEqual(thread.names, ["runtime", "ahead 0", "runtime"]);
  thread.answer(DONE);
  assert.deepEqual(thread.names, ["runtime", "ahead 0", "runtime", "ahead 1"]);
  thread.answer(DONE);
  await Promise.all([work, ...steps, later]);
});

Deno.test("fakes not begun are dropped, jobs are not", async () => {
  const thread = new ScriptedThread();
  const client = new ThreadClient(thread);
  const steps = [0, 1, 2].map((shard) => client.whenIdle("ahead", ahead(shard)));
  const job = client.whenIdle("step_job", step);
  client.dropAhead();
  await Promise.all(steps.slice(1));
  thread.answer(DONE);
  thread.answer({ ok: true, gives: new Float32Array([4]) });
  assert.deepEqual(thread.names, ["ahead 0", "step_job"]);
  assert.deepEqual(await job, new Float32Array([4]));
});

Deno.test("a thread that fails fails all that was asked and will be, and tells once", async () => {
  const thread = new ScriptedThread();
  const client = new ThreadClient(thread);
  const told: string[] = [];
  client.onbroken = (reason) => told.push(reason);
  const failures = [client.call("runtime", null), client.whenIdle("ahead", ahead(0))].map((call) =>
    assert.rejects(call, { message: "Compute thread failed: out of memory" })
  );
  const event = new ErrorEvent("error", { message: "out of memory", cancelable: true });
  thread.onerror?.(event);
  assert.ok(event.defaultPrevented);
  await Promise.all(failures);
  await assert.rejects(client.call("runtime", null), { message: "Compute thread failed: out of memory" });
  client.terminate();
  assert.ok(thread.terminated);
  assert.deepEqual(told, ["Compute thread failed: out of memory"]);
});

Deno.test("waiting times double from 250 ms to 10 s, the lower half by chance", () => {
  assert.deepEqual([0, 1, 5, 6, 1000].map((attempt) => backoffMs(attempt, () => 1)), [
    250,
    500,
    8000,
    10_000,
    10_000,
  ]);
  assert.deepEqual([0, 6].map((attempt) => backoffMs(attempt, () => 0)), [125, 5000]);
});

/** A client and the limits that are watched at the moment. */
function watchedClient() {
  const thread = new ScriptedThread();
  const watched: number[] = [];
  const client = new ThreadClient(thread, (limit_ms) => {
    watched.push(limit_ms);
    return () => void watched.splice(watched.indexOf(limit_ms), 1);
  });
  return { thread, client, watched };
}

Deno.test("the call that a thread is at is watched, from when it is begun, and no other", async () => {
  const { thread, client, watched } = watchedClient();
  const first = client.call("runtime", null);
  client.shard_ms = 20_000;
  const others = [client.call("step_job", step), client.whenIdle("ahead", ahead(0))];
  assert.deepEqual(watched, [300_000]);
  thread.answer({ ok: true, gives: "1.30.0" });
  assert.deepEqual(watched, [400_000]);
  thread.answer({ ok: false, error: "no such job" });
  assert.deepEqual(watched, [400_000]);
  thread.answer(DONE);
  assert.deepEqual(watched, []);
  await first;
  await Promise.allSettled(others);
});

Deno.test("a client that is of no use any more is watched until its thread comes back", async () => {
  const { thread, client, watched } = watchedClient();
  const call = assert.rejects(client.call("runtime", null));
  client.retire();
  await call;
  assert.deepEqual([watched.length, thread.terminated], [1, false]);
  thread.answer({ ok: true, gives: "1.30.0" });
  assert.deepEqual([watched.length, thread.terminated], [1, false]);
  thread.answer(DONE);
  assert.deepEqual([watched.length, thread.terminated], [0, true]);
});

Deno.test("a thread that failed is not waited for", async () => {
  const { thread, client, watched } = watchedClient();
  const call = assert.rejects(client.call("runtime", null));
  thread.onerror?.(new ErrorEvent("error", { message: "gone", cancelable: true }));
  await call;
  client.retire();
  assert.deepEqual([watched.length, thread.terminated], [0, true]);
});
