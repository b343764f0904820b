/** Processes that come and go: who finds whom, who waits, and that nobody stays behind. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Child } from "./child.ts";
import { lastStep, logged } from "./log.ts";
import { childrenOf, ended } from "./processes.ts";
import { SMALL, Workplace } from "./workplace.ts";

const SHAPE = ["--shards", "4", "--batch", "16"];
const ENDLESS = [...SHAPE, "--steps", "1000000", "--checkpoint-every", "10"];

/** The text of every file under a folder. */
async function textsIn(folder: string): Promise<string> {
  let all = "";
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    all += isDirectory ? await textsIn(path) : new TextDecoder("latin1").decode(await Deno.readFile(path));
  }
  return all;
}

/** Permissions of a file, as in `chmod`. */
async function modeOf(path: string): Promise<string> {
  return ((await Deno.stat(path)).mode! & 0o777).toString(8);
}

/** The run folder that a coordinator names. */
async function runFolderOf(coordinator: Child): Promise<string> {
  return (await coordinator.line(/run folder (\S+)\n/))[1]!;
}

Deno.test("worker, coordinator and inspect find each other, whoever starts first, and after a crash", async () => {
  await using place = await Workplace.open();
  const worker = place.start("worker", []);
  await worker.line(/^Waiting for a coordinator on this machine \(start one with: deno task coordinator\)\n/);

  const args = ["--port", "0", "--data", place.images, ...SMALL, ...ENDLESS];
  const first = place.start("coordinator", args);
  await worker.line(/\nHas the data of 4 shards\n/);
  assert.equal(await modeOf(place.path("state")), "700");
  assert.equal(await modeOf(await place.rendezvousPath()), "600");
  const { token, url } = await place.rendezvous();
  await first.line(new RegExp(`\nListening on ${url}; on this machine: deno task worker\n`));
  const run = place.path(await runFolderOf(first));
  assert.match(run, /\/runs\/\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_strokes$/);
  const before = lastStep(await logged(run, "step 20", (records) => lastStep(records) >= 20));
  await first.kill();

  const second = place.start("coordinator", ["--resume", run, "--port", "0"]);
  // The same process, with the shards that it holds and another token.
  await worker.line(/\nReady: .*, has the data of 4 shards\n/);
  const next = await place.rendezvous();
  assert.notDeepEqual([next.url, next.token], [url, token]);
  await logged(run, "20 steps more", (records) => lastStep(records) >= before + 20);
  second.signal("SIGINT");
  assert.equal((await second.end()).code, 130, second.said);
  const { code, stdout, stderr } = await worker.end();
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /\nThe run is over: interrupted at step [\d,]+\n$/);
  await assert.rejects(place.rendezvous(), Deno.errors.NotFound);

  const said = [first.said, second.said, worker.said, await textsIn(run)].join("\n");
  for (const secret of [token, next.token]) assert.ok(!said.includes(secret));

  const list = await place.run("inspect", []);
  const name = run.split("/").at(-1)!;
  assert.deepEqual([list.code, list.stderr], [0, ""]);
  assert.match(list.stdout, new RegExp(`\n${name} `));
  const latest = await place.run("inspect", ["latest", "--json"]);
  assert.deepEqual([latest.code, latest.stderr], [0, ""]);
  const { folder, verdict, best_sample, findings, ...summary } = JSON.parse(latest.stdout);
  assert.deepEqual([folder, Array.isArray(findings)], [`runs/${name}`, true]);
  // The first evaluation may have ended before the run was stopped.
  assert.ok(best_sample === null || best_sample.step === 0, JSON.stringify(best_sample));
  assert.notEqual(verdict.sentence, "");
  assert.deepEqual(summary, await place.inspect(run));
  assert.deepEqual([summary.state, summary.incarnations, summary.bits], ["interrupted", 2, "exact"]);
});

Deno.test("a coordinator for other machines never writes its token to what is no terminal, and gives up when told", async () => {
  await using place = await Workplace.open();
  const token = "a token that must stay secret";
  const args = [
    "--host",
    "0.0.0.0",
    "--port",
    "0",
    "--out",
    "run",
    "--data",
    place.images,
    ...SMALL,
    ...SHAPE,
  ];
  const { code, stdout, stderr } = await place.run("coordinator", [...args, "--give-up-after", "0.3"], {
    WAGON_TOKEN: token,
  });
  assert.deepEqual([code, stdout], [2, ""]);
  const lines = stderr.trimEnd().split("\n");
  assert.match(
    stderr,
    /\nOn another machine: deno task worker --coordinator ws:\/\/\S+:\d+ --token-file FILE, where FILE holds the token that --token-file or WAGON_TOKEN gives it\n/,
  );
  assert.equal(
    lines.at(-1),
    "Gave up: 1 worker must join within 0.3 s (--give-up-after), found 0; start one with deno task worker. " +
      "Run folder: run",
  );
  assert.ok(!(stderr + await textsIn(place.path("run"))).includes(token));
  const summary = await place.inspect("run");
  assert.deepEqual([summary.state, summary.steps], ["failed", 0]);
});

Deno.test("Ctrl-C in a terminal reaches train and its workers alike: the step is finished, and nobody is lost", async () => {
  await using place = await Workplace.open();
  const run = place.path("run");
  const train = place.start("train", ["--data", place.images, ...SMALL, ...ENDLESS, "--out", run]);
  await train.line(/Worker 2 joined/);
  await logged(run, "step 10", (records) => lastStep(records) >= 10);
  for (const pid of [...await childrenOf(train.pid), train.pid]) Deno.kill(pid, "SIGINT");
  assert.equal((await train.end()).code, 130, train.said);
  const { state, workers, faults } = await place.inspect(run);
  assert.deepEqual([state, workers.map(({ left }) => left)], ["interrupted", [null, null]]);
  // An evaluation may be under way, and is left out.
  assert.deepEqual(faults.filter(({ what }) => what !== "evaluation failed"), []);
});

Deno.test("workers of train end with it, also when it is killed", async () => {
  await using place = await Workplace.open();
  const run = place.path("run");
  const args = ["--data", place.images, ...SMALL, ...ENDLESS, "--out", run, "--workers", "2"];
  const train = place.start("train", args);
  await train.line(/Worker 2 joined/);
  await logged(run, "step 10", (records) => lastStep(records) >= 10);
  const workers = await childrenOf(train.pid);
  assert.equal(workers.length, 2);
  await train.kill();
  await Promise.all(workers.map(ended));
});
