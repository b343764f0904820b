/** A coordinator from start to end, with scripted workers, a clock that is turned by hand and a real run folder. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Ending } from "../../coordinator/coordinate.ts";
import { describeEnding } from "../../coordinator/run/ending.ts";
import { readRun } from "../../runlog/log/reader.ts";
import type { RecordOf, RunRecord } from "../../runlog/records.ts";
import { tinyImages } from "../e2e/images.ts";
import { inTempDir } from "../temp_dir.ts";
import { CoordinatorScene } from "./coordinator_scene.ts";
import { type Conduct, CountingWorker } from "./counting_worker.ts";

const STEPS = 12;
const SMALL = "--preset strokes --n-critic 2 --sample-every 0 --checkpoint-every 5";

interface Place {
  readonly run: string;
  /** The command line of a coordinator of the run. */
  readonly line: string;
}

function inPlace(test: (place: Place) => Promise<void>): Promise<void> {
  return inTempDir(async (folder) => {
    const data = join(folder, "images-idx3-ubyte"), run = join(folder, "run");
    await Deno.writeFile(data, tinyImages());
    await test({ run, line: `coordinator --data ${data} --out ${run} ${SMALL} --steps ${STEPS}` });
  });
}

/** Runs a coordinator to its end with one worker. */
async function withWorker(scene: CoordinatorScene, line: string, onWork?: Conduct["onWork"]) {
  const ending = scene.run(line);
  await Promise.race([scene.opened, ending]);
  const worker = await CountingWorker.join(scene, "first", onWork && { onWork });
  return { ending: await ending, worker };
}

async function recordsOf(run: string): Promise<RunRecord[]> {
  const records: RunRecord[] = [];
  for await (const record of readRun(run)) records.push(record);
  return records;
}

const ofType = <T extends RunRecord["type"]>(records: readonly RunRecord[], type: T) =>
  records.filter((record): record is RecordOf<T> => record.type === type);

const stepsOf = (records: readonly RunRecord[]) => ofType(records, "step").map(({ step }) => step);

/** Who came and went, by number. */
const comings = (records: readonly RunRecord[]) =>
  records.flatMap((record) =>
    record.type === "worker_joined" || record.type === "worker_left"
      ? [`${record.worker} ${record.type}`]
      : []
  );

const numbers = (begin: number, end: number) => Array.from({ length: end - begin + 1 }, (_, i) => begin + i);

/** The weights of a run that nothing happens to. */
async function undisturbed(): Promise<string> {
  let weights = "";
  await inPlace(async ({ line }) => {
    weights = (await withWorker(new CoordinatorScene(), line)).ending.record.weights_sha256;
  });
  return weights;
}

function assertFinished({ record, error }: Ending): void {
  assert.deepEqual({ reason: record.reason, step: record.step, error }, {
    reason: "finished",
    step: STEPS,
    error: null,
  });
}

Deno.test("a run begins, takes in a worker, takes its steps, saves and ends", () =>
  inPlace(async ({ run, line }) => {
    const scene = new CoordinatorScene();
    const { ending, worker } = await withWorker(scene, line);
    assertFinished(ending);
    const records = await recordsOf(run);
    assert.deepEqual(stepsOf(records), numbers(1, STEPS));
    assert.equal(records[0]!.type, "run");
    assert.equal(records.at(-1)!.type, "end");
    assert.deepEqual(ofType(records, "checkpoint").map(({ step }) => step), [5, 10, STEPS]);
    assert.deepEqual(comings(records), ["1 worker_joined"]);
    assert.deepEqual(ofType(records, "fault"), []);
    assert.deepEqual(ofType(records, "sample").map(({ step }) => step), [0, STEPS]);
    // At the start and at the end: for a picture, and for the distance to the data.
    assert.deepEqual(worker.jobs.map(({ kind }) => kind), Array(4).fill("sample"));
    assert.equal(worker.finished, `finished at step ${STEPS}`);
    assert.match(scene.said, /first/);
    assert.equal(scene.listens, false);
    assert.equal(scene.clock.num_timers, 0);
    assert.equal(describeEnding(ending, "coordinator", scene.interrupt.signal).exit_code, 0);
  }));

Deno.test("a run that was stopped goes on to the same weights", () =>
  inPlace(async ({ run, line }) => {
    const scene = new CoordinatorScene();
    const { ending, worker } = await withWorker(scene, line, ({ step, kind }) => {
      if (step === 7 && kind === "critic") scene.interrupt.abort();
    });
    assert.deepEqual([ending.record.reason, ending.error], ["interrupted", null]);
    // The seventh is taken if the sixth had been written down when it was asked to stop.
    const { step: last } = ending.record;
    assert.ok(last === 6 || last === 7, String(last));
    assert.equal(worker.finished, `interrupted at step ${last}`);
    assert.equal(describeEnding(ending, "coordinator", { reason: "SIGINT" }).exit_code, 130);

    const resumed = await withWorker(new CoordinatorScene(), `coordinator --resume ${run}`);
    assertFinished(resumed.ending);
    assert.equal(resumed.ending.record.weights_sha256, await undisturbed());
    assert.ok(resumed.worker.steps.every((step) => step > last), String(resumed.worker.steps));
    const records = await recordsOf(run);
    assert.deepEqual(stepsOf(records), numbers(1, STEPS));
    assert.deepEqual(ofType(records, "resume").map(({ step, incarnation }) => [step, incarnation]), [[
      last,
      1,
    ]]);
    assert.deepEqual(ofType(records, "end").map(({ reason }) => reason), ["interrupted", "finished"]);
  }));

Deno.test("a worker that dies in a step and one that comes later change no bit", () =>
  inPlace(async ({ run, line }) => {
    const scene = new CoordinatorScene();
    const ending = scene.run(line);
    await scene.opened;
    const later = Promise.withResolvers<CountingWorker>();
    const onWork: Conduct["onWork"] = ({ step }, worker) => {
      if (step < 4) return;
      worker.die();
      later.resolve(CountingWorker.join(scene, "second"));
      return false;
    };
    await CountingWorker.join(scene, "first", { onWork });
    assertFinished(await ending);
    assert.equal((await ending).record.weights_sha256, await undisturbed());
    assert.equal(Math.min(...(await later.promise).steps), 4);
    const records = await recordsOf(run);
    assert.deepEqual(stepsOf(records), numbers(1, STEPS));
    assert.deepEqual(comings(records), ["1 worker_joined", "1 worker_left", "2 worker_joined"]);
  }));

Deno.test("a coordinator is stopped while it waits for workers, and goes on later", () =>
  inPlace(async ({ run, line }) => {
    const scene = new CoordinatorScene();
    const waiting = scene.run(line);
    await scene.opened;
    scene.interrupt.abort();
    const { record, error } = await waiting;
    assert.deepEqual([record.reason, record.step, error], ["interrupted", 0, null]);
    assert.equal(scene.clock.num_timers, 0);
    assertFinished((await withWorker(new CoordinatorScene(), `coordinator --resume ${run}`)).ending);
  }));

Deno.test("a coordinator that is stopped before it lets workers in waits for none", () =>
  inPlace(async ({ line }) => {
    const scene = new CoordinatorScene();
    scene.interrupt.abort();
    const { record, error } = await scene.run(line);
    assert.deepEqual([record.reason, record.step, error], ["interrupted", 0, null]);
  }));

Deno.test("a coordinator without workers says so, and gives up when it was told to", () =>
  inPlace(async ({ run, line }) => {
    const scene = new CoordinatorScene();
    const waiting = scene.run(`${line} --give-up-after 40`);
    await scene.opened;
    await scene.clock.advance(39_000);
    assert.match(scene.said, /Waiting for .*worker/);
    await scene.clock.advance(2_000);
    const ending = await waiting;
    assert.equal(ending.record.reason, "failed");
    const gave_up =
      "Gave up: 1 worker must join within 40 s (--give-up-after), found 0; start one with deno task worker";
    assert.equal(ending.record.detail, gave_up);
    assert.throws(() => describeEnding(ending, "coordinator", scene.interrupt.signal), {
      name: "UserError",
      message: `${gave_up}. Run folder: ${run}`,
    });
  }));

Deno.test("a run that cannot be saved ends with the error, and goes on from what was saved before", () =>
  inPlace(async ({ run, line }) => {
    const scene = new CoordinatorScene(), checkpoints = join(run, "checkpoints");
    const { ending, worker } = await withWorker(scene, line, ({ step, kind }) => {
      if (step !== 8 || kind !== "critic") return;
      Deno.renameSync(checkpoints, `${checkpoints}-kept`);
      Deno.writeTextFileSync(checkpoints, "a file");
    });
    assert.deepEqual([ending.record.reason, ending.record.step], ["failed", 10]);
    assert.match(worker.finished!, /^failed at step 10: Cannot write .*step-000000010/);
    assert.throws(() => describeEnding(ending, "coordinator", scene.interrupt.signal), { name: "UserError" });

    await Deno.remove(checkpoints);
    await Deno.rename(`${checkpoints}-kept`, checkpoints);
    const resumed = await withWorker(new CoordinatorScene(), `coordinator --resume ${run}`);
    assertFinished(resumed.ending);
    assert.equal(Math.min(...resumed.worker.steps), 6);
    assert.equal(resumed.ending.record.weights_sha256, await undisturbed());
  }));

Deno.test("where the command fails that listens, the port is closed and the run can be had by another", () =>
  inPlace(async ({ run, line }) => {
    const scene = new CoordinatorScene();
    const failing = scene.run(line, () => {
      throw new Error("no workers can be started");
    });
    await assert.rejects(failing, { message: "no workers can be started" });
    assert.equal(scene.listens, false);
    assertFinished((await withWorker(new CoordinatorScene(), `coordinator --resume ${run}`)).ending);
  }));
