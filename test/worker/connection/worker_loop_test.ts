import assert from "node:assert/strict";
import { encodeFrame } from "../../../wire/frame.ts";
import { PROTOCOL_VERSION } from "../../../wire/messages.ts";
import { RunOver } from "../../../wire/connecting/run_over.ts";
import type { Socket } from "../../../wire/socket.ts";
import { sha256 } from "../../../common/sha256.ts";
import { WorkerConsole } from "../../../worker/console.ts";
import { CPU } from "../../../worker/runtime/device.ts";
import { openNothing, type OpenShared } from "../../../worker/compute/shared_memory.ts";
import { ShardStore } from "../../../worker/connection/shard_store.ts";
import type { Located } from "../../../worker/connection/locator.ts";
import { runWorker } from "../../../worker/connection/worker_loop.ts";
import { ThreadPoolCache } from "../../../worker/compute/pools/thread_pool_cache.ts";
import { FakeClock, settled } from "../../wire/fake_clock.ts";
import { MemorySocket } from "../../wire/memory_socket.ts";
import { TestCoordinator } from "../test_coordinator.ts";
import { testRun, TOKEN } from "../test_run.ts";

const run = await testRun();
const URL = "ws://here:1";
const LOST = "Cannot connect to ws://here:1: refused";

/** A worker whose coordinator answers when `answering`, and whose clock is turned by hand. */
function worker(
  { place = { url: URL, token: TOKEN } as Located, openShared = openNothing }: {
    place?: Located;
    openShared?: OpenShared;
  } = {},
) {
  const clock = new FakeClock();
  const [controller, stuck] = [new AbortController(), new AbortController()];
  const written: string[] = [];
  const sockets: MemorySocket[] = [];
  const state = { answering: false, place, attempts: [] as number[], failure: new Error(LOST) };
  const connect = (): Promise<Socket> => {
    state.attempts.push(clock.now_ms());
    if (!state.answering) return Promise.reject(state.failure);
    const [ours, theirs] = MemorySocket.pair();
    sockets.push(ours);
    return Promise.resolve(theirs);
  };
  const probes = [{ numeric_class: "ab".repeat(32), shard_ms: 1 }];
  const nothing = () => {};
  const pool = {
    probes,
    onbroken: null,
    setWeights: nothing,
    share: () => Promise.resolve(),
    makeAhead: nothing,
    recycle: nothing,
    terminate: nothing,
    sum: () => Promise.reject(new Error("never asked")),
    learn: () => Promise.reject(new Error("never asked")),
    job: () => Promise.reject(new Error("never asked")),
  };
  const ended = runWorker({
    locate: () => Promise.resolve(state.place),
    connect,
    hello: { name: "w", threads: 1, provider: "cpu", device: "", platform: "test" },
    thread_pools: new ThreadPoolCache([CPU], () => Promise.resolve(pool)),
    store: new ShardStore(0, null),
    openShared,
    console: new WorkerConsole({
      interactive: false,
      unicode: true,
      columns: () => Infinity,
      write: (text) => written.push(text),
    }, () => clock.now_ms()),
    clock,
    wall_ms: () => 0,
    random: () => 1,
    stop: controller.signal,
    stuck: stuck.signal,
  });
  return {
    clock,
    state,
    written,
    sockets,
    ended,
    stop: () => controller.abort(),
    stick: (why: string) => stuck.abort(why),
  };
}

Deno.test("attempts come ever later, up to every 10 s, and are told once and then every 30 s", async () => {
  const { clock, state, written, stop, ended } = worker();
  await settled();
  await clock.advance(60_000);
  const waits = state.attempts.slice(1).map((at, i) => at - state.attempts[i]!);
  assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000, 10_000]);
  assert.deepEqual(written, [`${LOST}; trying again\n`, `${LOST}; trying again\n`]);
  stop();
  await ended;
  assert.equal(written.at(-1), "Stopped while waiting for a run\n");
  assert.equal(clock.num_timers, 0);
});

Deno.test("a lost connection is taken up again at once, and waiting begins anew", async () => {
  const { clock, state, sockets, written, ended } = worker();
  await settled();
  await clock.advance(20_000);
  state.answering = true;
  await clock.advance(10_000);
  const first = await TestCoordinator.admit(sockets[0]!, run, clock);
  await first.setUp();
  first.channel.close("restarting");
  await settled();
  const lost_at = clock.now_ms();
  await clock.advance(300);
  assert.equal(state.attempts.at(-1)! - lost_at, 250);
  const second = await TestCoordinator.admit(sockets[1]!, run, clock, { incarnation: 2 });
  second.send({ type: "finish", reason: "done" });
  await ended;
  assert.deepEqual(written, [
    `${LOST}; trying again\n`,
    "Joined run test-run at ws://here:1 as worker 1\n",
    "Ready: 1.0 ms for a shard on one thread\n",
    "restarting; trying again\n",
    "Joined run test-run at ws://here:1 as worker 1\n",
    "The run is over: done\n",
  ]);
});

Deno.test("without a coordinator on this machine a worker waits for one", async () => {
  const { clock, state, written, sockets, ended } = worker({
    place: { waiting: "Waiting for a coordinator of mine" },
  });
  await settled();
  await clock.advance(3000);
  assert.deepEqual(state.attempts, []);
  assert.deepEqual(written, [
    "Waiting for a coordinator of mine\n",
  ]);
  state.place = { url: URL, token: TOKEN };
  state.answering = true;
  await clock.advance(2000);
  const coordinator = await TestCoordinator.admit(sockets[0]!, run, clock);
  coordinator.send({ type: "finish", reason: "done" });
  await ended;
});

Deno.test("a coordinator that does not know the token is not worked for", async () => {
  const { clock, state, sockets, ended } = worker();
  state.answering = true;
  const refused = assert.rejects(ended, {
    name: "UserError",
    message: "Cannot join ws://here:1: the coordinator does not know the token: " +
      "another coordinator answers there, or another program",
  });
  await clock.advance(250);
  impostor(sockets[0]!);
  await refused;
});

/** Welcomes whoever comes, with a proof of another token. */
function impostor(socket: MemorySocket): void {
  const send = (message: Parameters<typeof encodeFrame>[0]) =>
    socket.send([encodeFrame(message).head], () => {});
  socket.onmessage = () => {
    socket.onmessage = () => {};
    send({ type: "welcome", run: "r", incarnation: 1, proof: "0".repeat(64), ...run.welcome });
  };
  send({ type: "challenge", version: PROTOCOL_VERSION, run: "r", incarnation: 1, nonce: "0".repeat(32) });
}

Deno.test("graphs that a worker does not run end it with the reason", async () => {
  const { clock, state, sockets, ended } = worker();
  const files = new Map(run.files);
  const manifest = JSON.parse(new TextDecoder().decode(files.get("artifacts.json")));
  manifest.opset = "many";
  files.set("artifacts.json", new TextEncoder().encode(JSON.stringify(manifest)));
  const artifacts = [...files].map(([file, bytes]) => ({ file, sha256: sha256(bytes), bytes: bytes.length }));
  state.answering = true;
  const refused = assert.rejects(ended, {
    name: "UserError",
    message:
      /^Cannot work for ws:\/\/here:1 \(unsupported_graph\): Cannot read artifacts.json: opset must be /,
  });
  await clock.advance(250);
  const coordinator = await TestCoordinator.admit(
    sockets[0]!,
    { ...run, files, welcome: { ...run.welcome, artifacts } },
    clock,
  );
  coordinator.sendArtifacts();
  assert.equal((await coordinator.next("refuse")).message.code, "unsupported_graph");
  await refused;
});

Deno.test("a worker whose computation does not end tells its coordinator, and ends", async () => {
  const { clock, state, sockets, ended, stick } = worker();
  state.answering = true;
  await clock.advance(300);
  const coordinator = await TestCoordinator.admit(sockets[0]!, run, clock);
  await coordinator.setUp();
  const over = assert.rejects(ended, { name: "Stuck", message: "It hangs" });
  stick("It hangs");
  const { message } = await coordinator.next("refuse");
  assert.deepEqual([message.code, message.reason], ["compute_failed", "It hangs"]);
  await over;
});

Deno.test("it ends, too, where the coordinator has gone and it waits for another", async () => {
  const { clock, ended, stick, state } = worker();
  await settled();
  await clock.advance(20_000);
  const over = assert.rejects(ended, { name: "Stuck", message: "It hangs" });
  const attempts = state.attempts.length;
  stick("It hangs");
  await over;
  assert.deepEqual([state.attempts.length, clock.num_timers], [attempts, 0]);
});

Deno.test("a coordinator that lets a worker in and drops it again and again does not fill the terminal", async () => {
  const { clock, state, sockets, written, stop, ended } = worker();
  state.answering = true;
  const began_ms = clock.now_ms();
  for (let i = 0; i < 40; i++) {
    while (sockets.length <= i) await clock.advance(50);
    const coordinator = await TestCoordinator.admit(sockets[i]!, run, clock, { incarnation: i });
    await coordinator.setUp();
    coordinator.channel.close(`reason ${i}`);
    await settled();
  }
  const periods = (clock.now_ms() - began_ms) / 10_000;
  assert.ok(written.length <= 20 * (1 + periods), `${written.length} lines in ${periods} periods`);
  stop();
  await ended;
  assert.equal(written.at(-1), "Stopped while waiting for a run\n");
});

Deno.test("files are shared only with a coordinator that is reached over loopback", async () => {
  for (const [url, asked] of [["ws://127.0.0.1:1", 1], ["ws://10.0.0.5:1", 0], ["ws://here:1", 0]] as const) {
    let count = 0;
    const openShared = () => {
      count++;
      return null;
    };
    const { state, sockets, clock, stop, ended } = worker({ place: { url, token: TOKEN }, openShared });
    state.answering = true;
    await settled();
    await clock.advance(250);
    const coordinator = await TestCoordinator.admit(sockets[0]!, run, clock);
    coordinator.sendArtifacts();
    await coordinator.next("ready");
    assert.equal(count, asked, url);
    stop();
    await ended;
  }
});

Deno.test("a worker that comes after the end of the run ends, too", async () => {
  const { clock, state, written, ended } = worker();
  state.failure = new RunOver();
  await clock.advance(300);
  assert.equal(await ended, "over");
  assert.deepEqual([written, clock.num_timers], [[
    "The run is over: it had ended before this worker connected\n",
  ], 0]);
});

Deno.test("a worker that is stopped says so to who waits for it", async () => {
  const { stop, ended } = worker();
  stop();
  assert.equal(await ended, "stopped");
});
