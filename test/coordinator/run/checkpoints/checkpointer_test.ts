import assert from "node:assert/strict";
import {
  CHECKPOINT_MS,
  Checkpointer,
  type CheckpointerOptions,
  FIRST_CHECKPOINT_MS,
} from "../../../../coordinator/run/checkpoints/checkpointer.ts";
import type { CheckpointInfo } from "../../../../coordinator/run/checkpoints/checkpoint_info.ts";
import { weightsSha256 } from "../../../../coordinator/training/model_state.ts";
import type { RunRecord } from "../../../../runlog/records.ts";
import { FakeClock } from "../../../wire/fake_clock.ts";
import { stateAt } from "../../training/small_state.ts";

function scene(options: Partial<CheckpointerOptions> = {}) {
  const clock = new FakeClock();
  const state = stateAt(0);
  const done: string[] = [];
  const records: RunRecord[] = [];
  const note = (what: string) => () => {
    done.push(what);
    return Promise.resolve();
  };
  const checkpointer = new Checkpointer({
    every: null,
    evaluate_every: 0,
    saved_step: null,
    state,
    log: {
      append: (record) => {
        done.push("record");
        records.push(record);
      },
    },
    clock,
    checkOwner: note("check"),
    syncLog: note("sync"),
    write: () => {
      done.push(`write ${state.step}`);
      const { step } = state;
      return Promise.resolve(
        { step, file: `step-${step}.safetensors`, sha256: "ab", bytes: 9 } as CheckpointInfo,
      );
    },
    ...options,
  });
  const commit = async (step: number, num_steps?: number) => {
    state.commit(step);
    await checkpointer.committed(step, num_steps);
  };
  /** The steps that were saved since the last call. */
  const saved = () => records.splice(0).map((record) => record.type === "checkpoint" && record.step);
  return { clock, state, done, records, checkpointer, commit, saved };
}

Deno.test("a checkpoint: the owner is checked, the log is on the medium, then the state, then the record", async () => {
  const { state, done, records, checkpointer } = scene();
  state.commit(5);
  await checkpointer.save();
  assert.deepEqual(done, ["check", "sync", "write 5", "record"]);
  const weights_sha256 = weightsSha256(state);
  const file = "checkpoints/step-5.safetensors";
  assert.deepEqual(records, [{ type: "checkpoint", step: 5, file, sha256: "ab", bytes: 9, weights_sha256 }]);
});

Deno.test("a step is saved once, also one that the run goes on from; the owner is checked in any case", async () => {
  const { state, done, checkpointer, saved } = scene({ saved_step: 5 });
  state.commit(5);
  await checkpointer.save();
  assert.deepEqual(done, ["check"]);
  state.commit(6);
  await checkpointer.save();
  await checkpointer.save();
  assert.deepEqual(saved(), [6]);
});

Deno.test("by default a checkpoint is made once a minute, counted from the last one or the first step", async () => {
  const { clock, state, checkpointer, commit, saved } = scene({ saved_step: 0 });
  await clock.advance(2 * CHECKPOINT_MS);
  await commit(1);
  assert.deepEqual(saved(), [], "time that went by before the first step");
  await clock.advance(CHECKPOINT_MS - 1);
  await commit(2);
  assert.deepEqual(saved(), []);
  await clock.advance(1);
  await commit(3);
  await commit(4);
  assert.deepEqual(saved(), [3]);
  await clock.advance(CHECKPOINT_MS / 2);
  state.commit(5);
  await checkpointer.save();
  await clock.advance(CHECKPOINT_MS - 1);
  await commit(6);
  assert.deepEqual(saved(), [5]);
  await clock.advance(1);
  await commit(7);
  assert.deepEqual(saved(), [7]);
});

Deno.test("the first checkpoint of a run is made after five seconds of training", async () => {
  const { clock, commit, saved } = scene();
  await clock.advance(CHECKPOINT_MS);
  await commit(1);
  await clock.advance(FIRST_CHECKPOINT_MS - 1);
  await commit(2);
  assert.deepEqual(saved(), []);
  await clock.advance(1);
  await commit(3);
  assert.deepEqual(saved(), [3]);
  await clock.advance(CHECKPOINT_MS - 1);
  await commit(4);
  assert.deepEqual(saved(), []);
  await clock.advance(1);
  await commit(5);
  assert.deepEqual(saved(), [5]);
});

Deno.test("with an interval in steps time does not matter; 0 is never", async () => {
  for (const [every, steps] of [[2, [2, 4]], [0, []]] as const) {
    const { clock, commit, saved } = scene({ every });
    for (const step of [1, 2, 3, 4]) {
      await clock.advance(2 * CHECKPOINT_MS);
      await commit(step);
    }
    assert.deepEqual(saved(), steps);
  }
});

Deno.test("an interval that ends within a round is due at its end", async () => {
  const { commit, saved } = scene({ every: 12 });
  for (const step of [5, 10, 15, 20, 25, 30]) await commit(step, 5);
  assert.deepEqual(saved(), [15, 25]);
});

Deno.test("where the folder is another's nothing is written; a step that failed to be saved is tried again", async () => {
  const lost = () => Promise.reject(new Error("lost"));
  const foreign = scene({ checkOwner: lost });
  foreign.state.commit(1);
  await assert.rejects(foreign.checkpointer.save(), { message: "lost" });
  assert.deepEqual(foreign.done, []);
  const full = scene({ write: () => Promise.reject(new Error("disk full")) });
  full.state.commit(1);
  for (let i = 0; i < 2; i++) await assert.rejects(full.checkpointer.save(), { message: "disk full" });
  assert.deepEqual(full.records, []);
});

Deno.test("states that are evaluated are saved, if the best is kept", async () => {
  const { commit, saved } = scene({ every: 0, evaluate_every: 10 });
  for (const step of [9, 10, 11, 19]) await commit(step);
  // Local steps pass over a multiple.
  await commit(24, 5);
  assert.deepEqual(saved(), [10, 24]);
});
