/** The promise of the project: the same weights to the bit, whoever computes them. */
import assert from "node:assert/strict";
import type { RecordOf, RunRecord } from "../../runlog/records.ts";
import type { Summary } from "../../runlog/summary/summary.ts";
import { lastStep, logged, ofType, recordsOf } from "./log.ts";
import { trainHere } from "./train_here.ts";
import { SMALL, Workplace } from "./workplace.ts";

const STEPS = 30;
/** An epoch is 6 steps, and a generator step follows every second one. */
const SIXTEEN_SHARDS = ["--shards", "16", "--batch", "32"];
const AVERAGED = ["--ema-half-life", "300"];
/** About half of the norms are above it. */
const BOUNDED = ["--clip-grad-norm", "0.02", "--lr-generator", "0.0001"];

/** Trains with separate processes: a coordinator and a worker for each list of options, all of which must end well. */
async function trainApart(
  place: Workplace,
  name: string,
  args: readonly string[],
  crew: readonly (readonly string[])[],
): Promise<Summary> {
  const coordinator = place.coordinate(place.path(name), [...args, "--min-workers", `${crew.length}`]);
  const workers = crew.map((options) => place.start("worker", options));
  assert.equal((await coordinator.end()).code, 0, coordinator.said);
  for (const worker of workers) assert.equal((await worker.end()).code, 0, worker.said);
  return await place.inspect(place.path(name));
}

/** Asserts that all workers computed, and that the run is complete. */
function checkRun(summary: Summary, num_workers: number): void {
  const { shards, batch } = summary.config as { shards: number; batch: number };
  assert.deepEqual([summary.state, summary.steps, summary.bits], ["finished", STEPS, "exact"]);
  assert.equal(summary.examples_used, STEPS * batch);
  assert.equal(summary.workers.length, num_workers);
  for (const { name, shards_computed } of summary.workers) {
    assert.ok(shards_computed > 0, `${name} computed nothing`);
  }
  const computed = summary.workers.reduce((sum, worker) => sum + worker.shards_computed, 0);
  assert.equal(computed, shards * (STEPS + summary.generator_steps));
}

Deno.test("1, 2, 3 and 4 workers, with 1 to 8 threads, in one process and in several, train the same weights", async () => {
  await using place = await Workplace.open();
  const args = ["--steps", `${STEPS}`, ...SIXTEEN_SHARDS, ...AVERAGED];
  const summaries: Summary[] = [];
  for (const workers of [1, 2, 4]) {
    summaries.push(await place.train(`${workers}`, [...args, "--workers", `${workers}`]));
  }
  summaries.push(
    await trainApart(place, "apart", args, [8, 2, 1].map((threads) => ["--threads", `${threads}`])),
  );
  for (const [i, num_workers] of [1, 2, 4, 3].entries()) checkRun(summaries[i]!, num_workers);
  assert.deepEqual(summaries.at(-1)!.workers.map(({ threads }) => threads).sort(), [1, 2, 8]);
  const [{ generator_steps, epoch, weights_sha256, averaged_sha256 }] = summaries as [Summary];
  assert.match(averaged_sha256!, /^[0-9a-f]{64}$/);
  assert.deepEqual({ generator_steps, epoch }, { generator_steps: STEPS / 2, epoch: STEPS / 6 });
  for (const summary of summaries) {
    assert.deepEqual([summary.weights_sha256, summary.averaged_sha256], [weights_sha256, averaged_sha256]);
  }
});

/** Trains in this process, by so many workers each time; the weights must be the same. */
async function compareHere(args: readonly string[], crews: readonly number[]): Promise<Summary> {
  await using place = await Workplace.open();
  const summaries: Summary[] = [];
  for (const workers of crews) {
    const more = ["--steps", `${STEPS}`, "--workers", `${workers}`, ...args];
    summaries.push(await place.train(`${workers}`, more));
    assert.ok(summaries.at(-1)!.workers.every(({ shards_computed }) => shards_computed > 0));
  }
  assert.equal(new Set(summaries.map(({ weights_sha256 }) => weights_sha256)).size, 1);
  return summaries[0]!;
}

Deno.test("shards that are no power of two, and schedule post, keep the promise", async () => {
  const paper = await compareHere(["--shards", "11", "--batch", "22"], [1, 2]);
  assert.equal(paper.generator_steps, STEPS / 2);
  await compareHere(["--shards", "3", "--batch", "6"], [1, 3]);
  // Epochs of 7 steps: a generator step at batches 0, 2, 4 and 6 of each, and two steps of a fifth epoch.
  const post = await compareHere(["--shards", "13", "--batch", "26", "--schedule", "post"], [1, 3]);
  assert.deepEqual([post.epoch_steps, post.generator_steps], [7, 4 * 4 + 1]);
});

/** Bytes that the coordinator sent in each step, in weights of the critic, the least first. */
function criticsSent(records: readonly RunRecord[]): number[] {
  // On a busy machine a worker over the socket may be left out later on.
  const shared = ofType(records, "step").filter(({ workers }) => Object.keys(workers).length === 2);
  const [{ num_parameters }] = ofType(records, "run") as [RecordOf<"run">];
  return shared.map(({ bytes_out }) => bytes_out / (4 * num_parameters.critic)).sort((a, b) => a - b);
}

Deno.test("weights in memory that all have, in a file, or over the socket: the same bits", async () => {
  await using place = await Workplace.open();
  const length = ["--steps", `${STEPS}`, ...BOUNDED];
  const memory = [
    "--data",
    place.images,
    ...SMALL,
    ...length,
    "--workers",
    "2",
    "--out",
    place.path("memory"),
  ];
  const trained = await place.run("train", memory);
  assert.equal(trained.code, 0, trained.stderr);
  const one_thread = ["--threads", "1"];
  await trainApart(place, "file", length, [one_thread, one_thread]);
  await trainApart(place, "socket", length, [one_thread, [...one_thread, "--no-share"]]);
  const runs = ["memory", "file", "socket"].map((name) => place.path(name));
  const summaries = await Promise.all(runs.map((run) => place.inspect(run)));
  assert.deepEqual(summaries.map(({ workers }) => workers.filter((w) => w.shards_computed > 0).length), [
    2,
    2,
    2,
  ]);
  assert.equal(new Set(summaries.map(({ weights_sha256 }) => weights_sha256)).size, 1);
  const [memory_sent, file, socket] = await Promise.all(
    runs.map(async (run) => criticsSent(await recordsOf(run))),
  );
  // Pictures are drawn beside some steps, by weights that are always sent.
  assert.ok(memory_sent![0]! < 0.1 && file![0]! < 0.1, `weights sent: ${memory_sent}; ${file}`);
  assert.ok(socket![socket!.length >> 1]! > 1, `weights sent: ${socket}`);
});

/** Pairs of a real and a fake example, and penalties of every third step: what is more than gradients in a result. */
const PAIRS = [
  "--preset",
  "gan",
  "--objective",
  "rpgan",
  "--r1",
  "0.5",
  "--r2",
  "0.2",
  "--lazy-penalty",
  "3",
];

Deno.test("int8, pairs and lazy penalties: workers in memory, over the socket, with threads, and after a resume: the same bits", async () => {
  await using place = await Workplace.open();
  const wire = ["--wire", "int8", "--wire-groups", "4"];
  const shape = ["--shards", "8", "--batch", "16", ...PAIRS];
  const train = (name: string, steps: number, workers: number) =>
    place.train(name, [...shape, ...wire, "--steps", `${steps}`, "--workers", `${workers}`]);
  const { weights_sha256 } = await train("whole", 9, 1);
  await train("parted", 5, 3);
  const resumed = await trainHere(["--resume", place.path("parted"), "--steps", "9", "--workers", "2"]);
  const crew = [["--threads", "2"], ["--threads", "1", "--no-share"]];
  const mixed = await trainApart(place, "mixed", [...shape, ...wire, "--steps", "9"], crew);
  assert.deepEqual([resumed.weights_sha256, mixed.weights_sha256], [weights_sha256, weights_sha256]);
  assert.equal(mixed.workers.length, 2);
  assert.ok(mixed.workers.every(({ shards_computed }) => shards_computed > 0));
});

/** Who came and went, in the log's order, and in brackets who computed the last step before that. */
function story(records: readonly RunRecord[]): string[] {
  const names = new Map(ofType(records, "worker_joined").map(({ worker, name }) => [worker, name]));
  const told: string[] = [];
  let crew = "";
  for (const record of records) {
    if (record.type === "step") {
      crew = Object.keys(record.workers).map((id) => names.get(Number(id))).sort().join();
    }
    if (record.type === "worker_joined") told.push(`(${crew}) ${record.name} joined`);
    if (record.type === "worker_left") told.push(`(${crew}) ${names.get(record.worker)} left`);
    if (record.type === "end") told.push(`(${crew}) ${record.reason}`);
  }
  return told;
}

Deno.test("workers killed in mid-run and another that joins and takes over change no bit", async () => {
  await using place = await Workplace.open();
  const run = place.path("run");
  // Far more steps than there will be: it is stopped when enough was seen. A checkpoint puts the log on the disk.
  const endless = ["--steps", "1000000", "--checkpoint-every", "10", "--min-workers", "2"];
  const coordinator = place.coordinate(run, [...SIXTEEN_SHARDS, ...endless]);
  const first = place.start("worker", ["--threads", "1", "--name", "first"]);
  await coordinator.line(/Worker 1 joined/);
  const second = place.start("worker", ["--threads", "2", "--name", "second"]);
  const at_kill = lastStep(await logged(run, "20 steps", (records) => lastStep(records) >= 20));
  await first.kill();
  await logged(run, "20 steps of one worker", (records) => {
    const left = records.findIndex((record) => record.type === "worker_left");
    return left >= 0 && ofType(records.slice(left), "step").length > 20;
  });
  // Where it would not make steps shorter it waits as a spare worker, until it is the only one.
  const third = place.start("worker", ["--threads", "1", "--name", "third"]);
  await coordinator.line(/Worker 3 joined/);
  await second.kill();
  const stepsOf = (worker: string) => (record: RunRecord) =>
    record.type === "step" && worker in record.workers;
  await logged(run, "20 steps of the third", (records) => records.filter(stepsOf("3")).length > 20);
  coordinator.signal("SIGINT");
  assert.equal((await coordinator.end()).code, 130, coordinator.said);
  assert.equal((await third.end()).code, 0, third.said);

  const told = story(await recordsOf(run));
  // Whether two had shards at once depends on their speeds: a worker that would lengthen a step is a spare one.
  const spared = (line: string) =>
    line.replace(/^\((first|second)\) first left/, "(first,second) first left")
      .replace("(second,third) second left", "(second) second left");
  assert.deepEqual(told.map(spared), [
    "() first joined",
    "() second joined",
    "(first,second) first left",
    "(second) third joined",
    "(second) second left",
    "(third) interrupted",
  ]);
  const summary = await place.inspect(run);
  const steps = summary.steps;
  assert.ok((summary.workers[0]!.last_step ?? 0) < steps - 40 && at_kill < steps - 40);
  assert.equal(summary.examples_used, 32 * steps);
  const undisturbed = await place.train("undisturbed", [...SIXTEEN_SHARDS, "--steps", `${steps}`]);
  assert.deepEqual([undisturbed.steps, undisturbed.state], [steps, "finished"]);
  assert.equal(summary.weights_sha256, undisturbed.weights_sha256);
});
