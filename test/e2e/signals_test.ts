/** Signals of terminals and schedulers: a process saves and leaves, and no debugger answers. */
import assert from "node:assert/strict";
import { type Child, taskArgs } from "./child.ts";
import { lastStep, logged, ofType, recordsOf } from "./log.ts";
import { childrenOf, ended } from "./processes.ts";
import { SMALL, Workplace } from "./workplace.ts";

const ENDLESS = ["--shards", "2", "--batch", "16", "--steps", "1000000", "--checkpoint-every", "0"];
/** The address at which Deno opens V8's inspector after SIGUSR1. */
const INSPECTOR = { hostname: "127.0.0.1", port: 9229 };

/** Signals as Unix has them. */
const ignore = Deno.build.os === "windows";

const has_script = Deno.build.os === "linux" &&
  await new Deno.Command("script", { args: ["--version"] }).output().then(() => true, () => false);

/** True if the debugger of a process answers whoever looks. */
async function debuggerAnswers(pid: number): Promise<boolean> {
  const { hostname, port } = INSPECTOR;
  const answer = await fetch(`http://${hostname}:${port}/json`).then((found) => found.text(), () => "");
  return answer.includes(`[pid: ${pid}]`);
}

/** Looks until the process has ended, as often as it can; how often its debugger answered. */
async function watchInspector(process: Child): Promise<number> {
  let over = false;
  void process.end().finally(() => over = true);
  let answers = 0;
  while (!over) answers += Number(await debuggerAnswers(process.pid));
  return answers;
}

/** Sends a signal to a process that trains; it must save and leave, with nobody the wiser. */
async function leavesAt(signal: Deno.Signal, asked: Child, run: string, trained = asked): Promise<void> {
  await logged(run, "a step", (records) => lastStep(records) > 0);
  asked.signal(signal);
  const [{ code, stderr }, answers] = await Promise.all([trained.end(), watchInspector(trained)]);
  assert.deepEqual({ code, answers }, { code: 0, answers: 0 }, `${signal}: ${trained.said}`);
  assert.ok(!stderr.includes("Debugger"), stderr);
  const saved = Array.from(Deno.readDirSync(`${run}/checkpoints`), ({ name }) => name).sort();
  const step = Number(saved.at(-1)?.match(/^step-(\d+)\.safetensors$/)?.[1]);
  // No other checkpoint is due: what was saved is the step that was under way.
  const [end] = ofType(await recordsOf(run), "end");
  assert.deepEqual([end!.reason, end!.step, lastStep(await recordsOf(run))], ["interrupted", step, step]);
}

for (const signal of ["SIGUSR1", "SIGUSR2", "SIGHUP", "SIGQUIT", "SIGTERM"] as const) {
  Deno.test({
    name: `${signal}: train saves and leaves, and no debugger answers`,
    ignore,
    fn: async () => {
      await using place = await Workplace.open();
      const run = place.path("run");
      const train = place.start("train", [
        "--data",
        place.images,
        ...SMALL,
        ...ENDLESS,
        "--out",
        run,
        "--workers",
        "1",
      ]);
      await train.line(/Worker 1 joined/);
      await leavesAt(signal, train, run);
    },
  });
}

Deno.test({
  name: "SIGUSR1: coordinator and worker leave in order, and no debugger answers",
  ignore,
  fn: async () => {
    await using place = await Workplace.open();
    const run = place.path("run");
    const coordinator = place.coordinate(run, ENDLESS);
    const worker = place.start("worker", ["--threads", "1"]);
    await worker.line(/Ready/);
    await logged(run, "a step", (records) => lastStep(records) > 0);
    worker.signal("SIGUSR1");
    const [left, answers] = await Promise.all([worker.end(), watchInspector(worker)]);
    assert.deepEqual([left.code, answers], [0, 0], worker.said);
    assert.match(left.stdout, /\nLeft the run\n$/);
    await coordinator.line(/Worker 1 left: Stopped by its user/);
    await leavesAt("SIGUSR1", coordinator, run);
  },
});

Deno.test({
  name:
    "what a scheduler sends to all processes of a job reaches train alone: the step is finished, nobody is lost",
  ignore,
  fn: async () => {
    await using place = await Workplace.open();
    const run = place.path("run");
    const train = place.start("train", ["--data", place.images, ...SMALL, ...ENDLESS, "--out", run]);
    await train.line(/Worker 2 joined/);
    await logged(run, "a step", (records) => lastStep(records) > 0);
    for (const pid of [...await childrenOf(train.pid), train.pid]) Deno.kill(pid, "SIGUSR1");
    assert.equal((await train.end()).code, 0, train.said);
    const { state, workers } = await place.inspect(run);
    assert.deepEqual([state, workers.map(({ left }) => left)], ["interrupted", [null, null]]);
  },
});

Deno.test({
  name: "a terminal that is lost: train and its workers save and leave, and nobody is lost",
  ignore: !has_script,
  fn: async () => {
    await using place = await Workplace.open();
    const run = place.path("run");
    const words = [Deno.execPath(), ...taskArgs("train"), "--data", place.images, ...SMALL, ...ENDLESS];
    const command = [...words, "--out", run].map((word) => `'${word}'`).join(" ");
    const terminal = place.startCommand(["script", "-qec", `exec ${command}`, "/dev/null"], "terminal");
    await terminal.line(/Worker 2 joined/);
    await logged(run, "a step", (records) => lastStep(records) > 0);
    const [train] = await childrenOf(terminal.pid);
    const pids = [train!, ...await childrenOf(train!)];
    assert.equal(pids.length, 3);
    // The kernel tells all who run in it.
    await terminal.kill();
    await Promise.all(pids.map(ended));
    const { state, workers } = await place.inspect(run);
    assert.deepEqual([state, workers.map(({ left }) => left)], ["interrupted", [null, null]]);
  },
});

Deno.test({
  name: "nohup: a terminal that is closed ends nothing",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using place = await Workplace.open();
    const run = place.path("run");
    const args = ["--data", place.images, ...SMALL, ...ENDLESS, "--out", run, "--workers", "1"];
    const command = [Deno.execPath(), ...taskArgs("train"), ...args];
    const train = place.startCommand(["sh", "-c", 'trap "" HUP; exec "$@"', "sh", ...command], "train");
    await train.line(/Worker 1 joined/);
    const at = lastStep(await logged(run, "a step", (records) => lastStep(records) > 0));
    train.signal("SIGHUP");
    await logged(run, "20 steps more", (records) => lastStep(records) >= at + 20);
    train.signal("SIGTERM");
    assert.equal((await train.end()).code, 0, train.said);
  },
});
