import assert from "node:assert/strict";
import { EvaluationSchedule } from "../../../coordinator/run/evaluation_schedule.ts";
import { FirstError } from "../../../coordinator/run/first_error.ts";
import { Recorder } from "../../../coordinator/run/recorder.ts";
import { RunLog } from "../../../coordinator/run/records/run_log.ts";
import type { StepReport } from "../../../coordinator/training/train.ts";
import type { RunRecord } from "../../../runlog/records.ts";
import { FakeClock } from "../../wire/fake_clock.ts";
import { stateAt } from "../training/small_state.ts";

const FLAT = { rule: "stop-when-flat", decision: "Stopped", reason: "It was flat", numbers: {} } as const;
const RAISED = { rule: "auto-critic", decision: "Raised", reason: "It was far", numbers: {} } as const;

function report(step: number, steered: StepReport["steered"] = []): StepReport {
  return {
    ...{
      step,
      generator_step: 0,
      epoch: 0,
      batch: step - 1,
      loss_critic: -0.5,
      mean_real: 0.5,
      mean_fake: 0,
    },
    ...{ critic_checksum: "", steered, shares: new Map() },
    ms: { total: 1, wait: 1, sum: 0, update: 0, send: 0 },
  };
}

/** A recorder of three steps, with samples at each second, that notes what it has done. */
function scene(more: { fails?: Error } = {}) {
  const clock = new FakeClock();
  const state = stateAt(0);
  const done: string[] = [];
  const records: RunRecord[] = [];
  const note = (what: string) => () => void done.push(what);
  const later = (what: string) => () => {
    done.push(what);
    return Promise.resolve();
  };
  const failure = new FirstError();
  const fleet = { bytes: { in: 0, out: 0 }, classes: new Set<string>() };
  const sink = (record: RunRecord) => {
    done.push(record.type);
    records.push(record);
  };
  const recorder = new Recorder({
    config: { batch: 4, steps: 3, stop_when_flat: true },
    ...{ state, batches: 10, estimates_distance: true, fleet, clock, failure },
    elapsed_ms: () => clock.now_ms(),
    console: { progressLine: ({ step }) => void done.push(`progress ${step}`) },
    log: new RunLog([{ record: sink }]),
    file: { close: later("close") },
    jobs: { ended: later("jobs ended"), close: note("jobs closed") },
    schedule: new EvaluationSchedule({ sample_every: 2, evaluate_every: 0 }, {
      ...{
        vitals: note("look"),
        sample: note("draw"),
        evaluate: note("measure"),
        scoreHeldOut: note("score"),
      },
    }),
    checkpointer: {
      committed: (step, num_steps = 1) => {
        done.push(`save? ${step}${num_steps === 1 ? "" : ` of ${num_steps}`}`);
        return more.fails ? Promise.reject(more.fails) : Promise.resolve();
      },
      save: later("save"),
    },
  });
  const commit = async (step: number, steered: StepReport["steered"] = []) => {
    state.commit(step);
    await recorder.committed(report(step, steered));
    return done.splice(0);
  };
  return { clock, state, done, records, fleet, failure, recorder, commit };
}

Deno.test("a run from its start to its end, in order", async () => {
  const { clock, done, records, fleet, recorder, commit } = scene();
  await clock.advance(1_000);
  recorder.start();
  assert.deepEqual(done.splice(0), ["draw", "measure"]);
  fleet.bytes = { in: 5, out: 7 };
  assert.deepEqual(await commit(1), ["step", "save? 1"]);
  fleet.bytes = { in: 15, out: 27 };
  assert.deepEqual(await commit(2, [RAISED]), [
    ...["step", "steered", "look", "draw", "score", "progress 2", "save? 2"],
  ]);
  assert.deepEqual(records.flatMap((r) => r.type === "step" ? [[r.bytes_in, r.bytes_out]] : []), [[5, 7], [
    10,
    20,
  ]]);
  assert.deepEqual(await commit(3), ["step"]);
  await recorder.finish();
  assert.deepEqual(done.splice(0), ["look", "draw", "measure", "jobs ended"]);
  await recorder.save();
  await clock.advance(2_000);
  const { seconds, images_per_second, examples_used } = await recorder.end("finished", "");
  assert.deepEqual(done, ["save", "end", "jobs closed", "close"]);
  assert.deepEqual([seconds, images_per_second, examples_used], [3, 6, 12]);
  assert.equal(recorder.stopped, null);
});

Deno.test("of a round all steps are logged, then the round; what is due comes at its end, as does a failure", async () => {
  const { clock, state, done, records, fleet, failure, recorder } = scene();
  await clock.advance(1_000);
  recorder.start();
  done.splice(0);
  await clock.advance(100);
  fleet.bytes = { in: 5, out: 8 };
  state.commit(2);
  const end = { learners: 4, critic_checksum: "c", generator_checksum: "d" };
  const commit = async (step: number) => {
    const round = { index: step - 1, steps: 2, end: step === 2 ? end : null };
    await recorder.committed({ ...report(step, []), round });
    return done.splice(0);
  };
  failure.set(new Error("disk full"));
  assert.deepEqual(await commit(1), ["step"]);
  await assert.rejects(commit(2), { message: "disk full" });
  assert.deepEqual(done, ["step", "round", "look", "draw", "score", "progress 2", "save? 2 of 2"]);
  const steps = records.flatMap((r) => r.type === "step" ? [[r.time_ms, r.bytes_in, r.bytes_out]] : []);
  assert.deepEqual(steps, [[1_050, 2, 4], [1_100, 3, 4]]);
  assert.deepEqual(records.at(-1), { type: "round", step: 2, steps: 2, ...end });
});

Deno.test("a run that was not started ends with a record, too", async () => {
  const { clock, recorder } = scene();
  await clock.advance(500);
  const { seconds, images_per_second } = await recorder.end("interrupted", "");
  assert.deepEqual([seconds, images_per_second], [0.5, 0]);
});

Deno.test("a run that stops by its own rule says why, and leaves samples and checkpoint to the end", async () => {
  const { state, recorder, commit } = scene();
  state.run_control = { ...state.run_control, flat_at: 2 };
  assert.deepEqual(await commit(2, [FLAT]), ["step", "steered"]);
  assert.equal(recorder.stopped, "Stopped. It was flat");
});

Deno.test("the run stops after the step in which something failed, with all that belongs to the step", async () => {
  const { done, failure, commit } = scene();
  failure.set(new Error("disk full"));
  await assert.rejects(commit(1), { message: "disk full" });
  assert.deepEqual(done, ["step", "save? 1"]);
  await assert.rejects(scene({ fails: new Error("no room") }).commit(1), { message: "no room" });
});
