/** The promise of the project: the same weights to the bit, whoever computes them. */
import assert from "node:assert/strict";
import type { RecordOf, RunRecord } from "../../runlog/records.ts";
import type { Summary } from "../../runlog/summary/summary.ts";
import { lastStep, logged, ofType, recordsOf } from "./log.ts";
import { trainHere } from "./train_here.ts";
import { SMALL, Workplace } from "./workplace.ts";

interface Crew {
  readonly workers: number;
  /** Compute threads of each worker. */
  readonly threads: number;
}

const STEPS = 30;
/** An epoch is 6 steps, and a generator step follows every second one. */
const SIXTEEN_SHARDS = ["--shards", "16", "--batch", "32"];
const AVERAGED = ["--ema-half-life", "300"];
/** About half of the norms are above it. */
const BOUNDED = ["--clip-grad-norm", "0.02", "--lr-generator", "0.0001"];

/** Trains with separate processes: a coordinator and a crew, all of which must end well. */
async function trainWith({ workers, threads }: Crew, args: readonly string[]): Promise<Summary> {
  await using place = await Workplace.open();
  const run = place.path("run");
  const coordinator = place.coordinate(run, ["--steps", `${STEPS}`, "--min-workers", `${workers}`, ...args]);
  const crew = Array.from({ length: workers }, () => place.start("worker", ["--threads", `${threads}`]));
  assert.equal((await coordinator.end()).code, 0, coordinator.said);
  for (const worker of crew) assert.equal((await worker.end()).code, 0, worker.said);
  return await place.inspect(run);
}

/** Asserts that the whole crew computed, and that the run is complete. */
function checkRun(summary: Summary, { workers, threads }: Crew): void {
  const { shards, batch } = summary.config as { shards: number; batch: number };
  assert.equal(summary.state, "finished");
  assert.equal(summary.steps, STEPS);
  assert.equal(summary.examples_used, STEPS * batch);
  assert.equal(summary.bits, "exact");
  assert.deepEqual(summary.workers.map((worker) => worker.threads), Array(workers).fill(threads));
  for (const { name, shards_computed } of summary.workers) {
    assert.ok(shards_computed > 0, `${name} computed nothing`);
  }
  const computed = summary.workers.reduce((sum, worker) => sum + worker.shards_computed, 0);
  assert.equal(computed, shards * (STEPS + summary.generator_steps));
}

/** Trains once with each crew; the weights must be the same. */
async function compare(crews: readonly Crew[], args: readonly string[]): Promise<Summary> {
  const summaries: Summary[] = [];
  for (const crew of crews) {
    const summary = await trainWith(crew, args);
    checkRun(summary, crew);
    summaries.push(summary);
  }
  const hashes = summaries.map((summary) => summary.weights_sha256);
  assert.deepEqual(hashes, crews.map(() => hashes[0]));
  const averaged = summaries.map(({ averaged_sha256 }) => averaged_sha256);
  assert.deepEqual(averaged, crews.map(() => averaged[0]));
  return summaries[0]!;
}

Deno.test("1, 2, 3 and 4 workers with 8, 4, 2 and 1 threads train the same weights", async () => {
  const crews = [
    { workers: 4, threads: 1 },
    { workers: 1, threads: 8 },
    { workers: 2, threads: 4 },
    { workers: 3, threads: 2 },
  ];
  const { generator_steps, epoch, averaged_sha256 } = await compare(crews, [...SIXTEEN_SHARDS, ...AVERAGED]);
  assert.match(averaged_sha256!, /^[0-9a-f]{64}$/);
  assert.deepEqual({ generator_steps, epoch }, { generator_steps: STEPS / 2, epoch: STEPS / 6 });
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

/** Bytes that the coordinator sent in its steps, the median, in weights of the critic. */
function criticsSent(records: readonly RunRecord[]): number {
  // On a busy machine a worker over the socket may be left out later on.
  const shared = ofType(records, "step").filter(({ workers }) => Object.keys(workers).length === 2);
  const sent = shared.map(({ bytes_out }) => bytes_out).sort((a, b) => a - b);
  const [{ num_parameters }] = ofType(records, "run") as [RecordOf<"run">];
  return sent[sent.length >> 1]! / (4 * num_parameters.critic);
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
  const crews = { file: [[], []], socket: [[], ["--no-share"]] };
  for (const [name, crew] of Object.entries(crews)) {
    const coordinator = place.coordinate(place.path(name), [...length, "--min-workers", "2"]);
    const workers = crew.map((args) => place.start("worker", ["--threads", "1", ...args]));
    assert.equal((await coordinator.end()).code, 0, coordinator.said);
    for (const worker of workers) assert.equal((await worker.end()).code, 0, worker.said);
  }
  const runs = ["memory", "file", "socket"].map((name) => place.path(name));
  const summaries = await Promise.all(runs.map((run) => place.inspect(run)));
  assert.deepEqual(summaries.map(({ workers }) => workers.filter((w) => w.shards_computed > 0).length), [
    2,
    2,
    2,
  ]);
  assert.equal(new Set(summaries.map(({ weights_sha256 }) => weights_sha256)).size, 1);
  const sent = await Promise.all(runs.map(async (run) => criticsSent(await recordsOf(run))));
  assert.ok(sent[0]! < 0.1 && sent[1]! < 0.1 && sent[2]! > 1, `weights sent: ${sent}`);
});

Deno.test("int8: workers in memory, over the socket, with threads, and after a resume: the same bits", async () => {
  await using place = await Workplace.open();
  const wire = ["--wire", "int8", "--wire-groups", "4"];
  const shards = ["--shards", "8", "--batch", "16"];
  const train = (name: string, steps: number, workers: number, args: readonly string[]) =>
    place.train(name, [...shards, ...args, "--steps", `${steps}`, "--workers", `${workers}`]);
  const { weights_sha256 } = await train("whole", 12, 1, wire);
  await train("parted", 5, 3, wire);
  const resumed = await trainHere(["--resume", place.path("parted"), "--steps", "12", "--workers", "2"]);
  const coordinator = place.coordinate(place.path("mixed"), [
    ...shards,
    ...wire,
    ...["--steps", "12", "--min-workers", "2"],
  ]);
  const crew = [["--threads", "2"], ["--threads", "1", "--no-share"]];
  const workers = crew.map((args) => place.start("worker", args));
  assert.equal((await coordinator.end()).code, 0, coordinator.said);
  for (const worker of workers) assert.equal((await worker.end()).code, 0, worker.said);
  const mixed = await place.inspect(place.path("mixed"));
  assert.deepEqual([resumed.weights_sha256, mixed.weights_sha256], [weights_sha256, weights_sha256]);
  assert.ok(mixed.workers.every(({ shards_computed }) => shards_computed > 0));
  const float32 = await train("float32", 12, 1, []);
  assert.notEqual(float32.weights_sha256, weights_sha256);
});

Deno.test("pairs and lazy penalties: workers in memory, over the socket, and after a resume: the same bits", async () => {
  await using place = await Workplace.open();
  const losses = [
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
  const run = ["--dataset", "strokes", "--shards", "4", "--batch", "16", ...losses];
  const train = (name: string, steps: number, workers: number) =>
    trainHere([...run, "--steps", `${steps}`, "--workers", `${workers}`, "--out", place.path(name)]);
  const { weights_sha256, workers } = await train("whole", 9, 1);
  await train("parted", 5, 3);
  const resumed = await trainHere(["--resume", place.path("parted"), "--steps", "9", "--workers", "2"]);
  const args = [...run, "--steps", "9", "--min-workers", "2", "--port", "0", "--out", place.path("mixed")];
  const coordinator = place.start("coordinator", args);
  const crew = [["--threads", "2"], ["--threads", "1", "--no-share"]].map((args) =>
    place.start("worker", args)
  );
  assert.equal((await coordinator.end()).code, 0, coordinator.said);
  for (const worker of crew) assert.equal((await worker.end()).code, 0, worker.said);
  const mixed = await place.inspect(place.path("mixed"));
  assert.deepEqual([resumed.weights_sha256, mixed.weights_sha256], [weights_sha256, weights_sha256]);
  assert.deepEqual([workers.length, mixed.workers.length], [1, 2]);
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
