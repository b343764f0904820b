import assert from "node:assert/strict";
import { writeRendezvous } from "../../common/process/rendezvous.ts";
import { SYSTEM_CLOCK } from "../../wire/clock.ts";
import { encodeFrame } from "../../wire/frame.ts";
import { type Message, PROTOCOL_VERSION } from "../../wire/messages.ts";
import type { Socket } from "../../wire/socket.ts";
import { listen, type Listener } from "../../wire/ws_socket.ts";
import { TestCoordinator } from "./test_coordinator.ts";
import { MICRO_BATCH, RUN_ID, testRun, TOKEN } from "./test_run.ts";
import { WorkerProcess } from "./worker_process.ts";

const run = await testRun();

/** Listens on a free port (or this one); sockets come one after another. */
async function server(port = 0): Promise<Listener & { url: string; next: () => Promise<Socket> }> {
  const waiting: ((socket: Socket) => void)[] = [];
  const arrived: Socket[] = [];
  const onsocket = (socket: Socket) => {
    const waiter = waiting.shift();
    if (waiter) waiter(socket);
    else arrived.push(socket);
  };
  const listener = await listen({ host: "127.0.0.1", port, onsocket });
  const next = () =>
    new Promise<Socket>((resolve) => {
      const socket = arrived.shift();
      if (socket) resolve(socket);
      else waiting.push(resolve);
    });
  return { ...listener, url: `ws://127.0.0.1:${listener.port}`, next };
}

async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function startWorker(folder: string, args: readonly string[], token = TOKEN): WorkerProcess {
  return new WorkerProcess(args, { WAGON_TOKEN: token, WAGON_STATE_DIR: folder });
}

Deno.test("a worker process joins, holds shards, computes, comes back after a loss and ends with the run", async () => {
  await withFolder(async (folder) => {
    const first = await server();
    const worker = startWorker(folder, ["--coordinator", first.url, "--threads", "2", "--name", "w1"]);
    let coordinator = await TestCoordinator.admit(await first.next(), run, SYSTEM_CLOCK);
    assert.equal(coordinator.hello.name, "w1");
    assert.equal(coordinator.hello.threads, 2);
    assert.equal(coordinator.hello.provider, "cpu");
    assert.match(coordinator.hello.platform, /deno .*, onnxruntime 1\.30\.0$/);
    const { numeric_class } = await coordinator.setUp();
    coordinator.sendShard(1);
    assert.equal((await coordinator.next("shard_held")).message.shard, 1);
    coordinator.send(coordinator.work(0, 2, { inline: [0] }), run.shards[0]!.slice(0, 10 * MICRO_BATCH));
    const before = await coordinator.next("result");
    assert.equal(before.payload.length, 4 * run.manifest.graphs.critic_training_model.size);
    await first.close();

    const second = await server(first.port);
    coordinator = await TestCoordinator.admit(await second.next(), run, SYSTEM_CLOCK, { incarnation: 2 });
    assert.equal((await coordinator.setUp()).numeric_class, numeric_class);
    assert.equal((await coordinator.next("shard_held")).message.shard, 1);
    coordinator.send(coordinator.work(0, 2, { inline: [0] }), run.shards[0]!.slice(0, 10 * MICRO_BATCH));
    const after = await coordinator.next("result");
    assert.deepEqual(after.payload, before.payload);
    assert.equal(after.message.incarnation, 2);
    coordinator.send({ type: "finish", reason: "20 steps are done" });
    assert.deepEqual(await worker.end(), { code: 0, errors: "" });
    assert.equal(worker.lines.at(-1), "The run is over: 20 steps are done");
    await second.close();
  });
});

Deno.test("a worker that is told to stop says goodbye and ends with 0", async () => {
  await withFolder(async (folder) => {
    const listener = await server();
    await Deno.writeTextFile(`${folder}/token`, `${TOKEN}\n`);
    const worker = new WorkerProcess(
      ["--coordinator", listener.url, "--token-file", `${folder}/token`],
      { WAGON_STATE_DIR: folder, WAGON_TOKEN: "not this one" },
    );
    const coordinator = await TestCoordinator.admit(await listener.next(), run, SYSTEM_CLOCK);
    await coordinator.setUp();
    worker.kill("SIGINT");
    assert.equal((await coordinator.next("leave")).message.reason, "Stopped by its user");
    assert.deepEqual(await worker.end(), { code: 0, errors: "" });
    assert.equal(worker.lines.at(-1), "Left the run");
    await listener.close();
  });
});

Deno.test({
  name: "with --fail-when-stopped a signal makes a worker end with 143, and the end of the run with 0",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const listener = await server();
      const ends = async (end: (worker: WorkerProcess, coordinator: TestCoordinator) => void) => {
        const args = ["--coordinator", listener.url, "--threads", "1", "--fail-when-stopped"];
        const worker = startWorker(folder, args);
        const coordinator = await TestCoordinator.admit(await listener.next(), run, SYSTEM_CLOCK);
        await worker.line("Joined");
        end(worker, coordinator);
        return await worker.end();
      };
      assert.deepEqual(await ends((worker) => worker.kill("SIGTERM")), { code: 143, errors: "" });
      const over = await ends((_, coordinator) => coordinator.send({ type: "finish", reason: "done" }));
      assert.deepEqual(over, { code: 0, errors: "" });
      await listener.close();
    }),
});

Deno.test({
  name: "a worker says goodbye at each signal of terminals and schedulers, and ends with 0",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const listener = await server();
      const says = async (signal: Deno.Signal) => {
        const worker = startWorker(folder, ["--coordinator", listener.url, "--threads", "1"]);
        const coordinator = await TestCoordinator.admit(await listener.next(), run, SYSTEM_CLOCK);
        await worker.line("Joined");
        worker.kill(signal);
        assert.equal((await coordinator.next("leave")).message.reason, "Stopped by its user", signal);
        assert.deepEqual(await worker.end(), { code: 0, errors: "" }, signal);
        assert.equal(worker.lines.at(-1), "Left the run", signal);
      };
      // One after another: each tells by its signal who has left.
      for (const signal of ["SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const) {
        await says(signal);
      }
      await listener.close();
    }),
});

Deno.test("a token may come by standard input", async () => {
  await withFolder(async (folder) => {
    const listener = await server();
    const worker = new WorkerProcess(
      ["--coordinator", listener.url, "--token-file", "-"],
      { WAGON_STATE_DIR: folder, WAGON_TOKEN: "not this one" },
      `${TOKEN}\n`,
    );
    const coordinator = await TestCoordinator.admit(await listener.next(), run, SYSTEM_CLOCK);
    // It stays although its standard input has ended.
    await coordinator.setUp();
    coordinator.send({ type: "finish", reason: "enough" });
    assert.deepEqual(await worker.end(), { code: 0, errors: "" });
    await listener.close();
  });
});

Deno.test("without arguments a worker waits for the coordinator of this machine and finds it", async () => {
  await withFolder(async (folder) => {
    const worker = new WorkerProcess([], { WAGON_STATE_DIR: folder, WAGON_TOKEN: "" });
    assert.equal(
      await worker.line("Waiting"),
      "Waiting for a coordinator on this machine (start one with: deno task coordinator)",
    );
    const listener = await server();
    const state_folder = Deno.env.get("WAGON_STATE_DIR");
    Deno.env.set("WAGON_STATE_DIR", folder);
    await writeRendezvous({ url: listener.url, token: TOKEN, run: "runs/test" });
    if (state_folder === undefined) Deno.env.delete("WAGON_STATE_DIR");
    else Deno.env.set("WAGON_STATE_DIR", state_folder);
    const coordinator = await TestCoordinator.admit(await listener.next(), run, SYSTEM_CLOCK);
    coordinator.send({ type: "finish", reason: "enough" });
    assert.equal((await worker.end()).code, 0);
    await listener.close();
  });
});

/** What a worker process says on standard error when all its coordinator does is `talk`. */
async function refusedBy(talk: (socket: Socket) => Promise<unknown>) {
  return await withFolder(async (folder) => {
    const listener = await server();
    const worker = startWorker(folder, ["--coordinator", listener.url]);
    await talk(await listener.next());
    const { code, errors } = await worker.end();
    await listener.close();
    return { code, errors: errors.replaceAll(listener.url, "URL") };
  });
}

Deno.test("the wrong token ends a worker with one line and exit code 2", async () => {
  const found = await refusedBy((socket) =>
    assert.rejects(TestCoordinator.admit(socket, run, SYSTEM_CLOCK, { token: "another" }))
  );
  assert.deepEqual(found, {
    code: 2,
    errors: "Cannot join URL: the token is not that of this run; get the " +
      "current one from the coordinator, which makes a new one at each start unless --token-file is given\n",
  });
});

Deno.test("another protocol version ends a worker with one line and exit code 2", async () => {
  const challenge = {
    type: "challenge",
    version: 99,
    run: RUN_ID,
    incarnation: 1,
    nonce: "00".repeat(16),
  } as Message;
  const found = await refusedBy((socket) => {
    socket.onmessage = () => {};
    socket.send([encodeFrame(challenge).head], () => {});
    return Promise.resolve();
  });
  assert.deepEqual(found, {
    code: 2,
    errors: "Cannot work for URL (version_mismatch): " +
      `Protocol version must be ${PROTOCOL_VERSION}: found 99; use the same wagon on both sides\n`,
  });
});

Deno.test("a numeric class that the run does not take ends a worker with one line and exit code 2", async () => {
  const found = await refusedBy(async (socket) => {
    const coordinator = await TestCoordinator.admit(socket, run, SYSTEM_CLOCK);
    coordinator.sendArtifacts();
    await coordinator.next("ready");
    const reason = "this run takes only workers of class 0123";
    coordinator.send({ type: "refuse", code: "numeric_class", reason, fatal: true, job: null });
  });
  assert.deepEqual(found, {
    code: 2,
    errors: "Cannot work for URL (numeric_class): this run takes only workers of class 0123\n",
  });
});

/** Runs a worker that ends by itself. */
async function said(args: readonly string[], env: Record<string, string> = {}) {
  return await withFolder(async (folder) => {
    const worker = new WorkerProcess(args, { WAGON_STATE_DIR: folder, WAGON_TOKEN: "", ...env });
    const { code, errors } = await worker.end();
    return { code, errors: errors.replaceAll(folder, "FOLDER"), lines: worker.lines };
  });
}

Deno.test("bad input: one line and exit code 2", async () => {
  const bad: [string[], string][] = [
    [
      ["--coordinator", "10.0.0.1"],
      'Option --coordinator must be an address such as ws://HOST:PORT: found "10.0.0.1"',
    ],
    [
      ["--coordinator", "ws://127.0.0.1:1"],
      "Cannot join ws://127.0.0.1:1 without its token: give --token-file PATH or set WAGON_TOKEN " +
      "(the coordinator prints the line to use)",
    ],
    [["--cpu", "--gpu", "0"], "Option --cpu excludes --gpu: give one"],
    [
      ["--gpu", "first"],
      'Option --gpu must be "all" or distinct device numbers, counted from 0, e.g. 0 or 0,1: found "first"',
    ],
    [["--threads", "0"], 'Option --threads must be an integer from 1 to 1024 (threads): found "0"'],
  ];
  const answers = await Promise.all(bad.map(([args]) => said(args)));
  answers.forEach(({ code, errors }, i) =>
    assert.deepEqual({ code, errors }, { code: 2, errors: `${bad[i]![1]}\n` })
  );
});

Deno.test("--require-gpu where no GPU works: all reasons, exit code 2", async () => {
  const { code, errors } = await said(["--require-gpu", "--gpu", "7"]);
  const line = errors.split("\n").find((text) => text.startsWith("Cannot use a GPU"));
  assert.equal(code, 2);
  assert.match(line ?? errors, /WebGPU: it cannot select a device, so only number 0 is available/);
  assert.match(line ?? errors, /; for an NVIDIA GPU run: deno task setup-gpu$/);
});
