/** A training by a fleet in which one worker sends what is not right: the same bits as without it. */
import assert from "node:assert/strict";
import { UserError } from "../../../common/errors.ts";
import { TreeSum } from "../../../coordinator/training/averaging.ts";
import type { RunConfig } from "../../../coordinator/config/config.ts";
import { Fleet } from "../../../coordinator/fleet/fleet.ts";
import { ResultMemory } from "../../../coordinator/fleet/memory/result_memory.ts";
import { writeCheckpoint } from "../../../coordinator/run/checkpoints/checkpoint.ts";
import { ModelState, weightsSha256 } from "../../../coordinator/training/model_state.ts";
import { RMSPROP } from "../../../algorithm/optimizers.ts";
import { publishAll, train } from "../../../coordinator/training/train.ts";
import { Kernels } from "../../../kernels/kernels.ts";
import type { MessageOf } from "../../../wire/messages.ts";
import { FakeClock, settled } from "../../wire/fake_clock.ts";
import { READ_TOKEN, ScriptedWorker, TOKEN } from "../fleet/scripted_worker.ts";
import { MemoryDisk } from "../run/memory_disk.ts";
import { SETTINGS, SHARDS, smallData, smallManifest } from "./small_training.ts";

const STEPS = 6;
const manifest = smallManifest({ critic: 70, generator: 3 });
const CONFIG = { ...SETTINGS, steps: STEPS } as RunConfig;

/** Small whole numbers, whose sums are exact: so a node's sum does not hang on the tree here. */
function sumOf({ kind, step, begin, end }: MessageOf<"work">): Float32Array<ArrayBuffer> {
  const sum = new Float32Array(manifest.graphs[`${kind}_training_model`].size);
  for (let shard = begin; shard < end; shard++) {
    for (let i = 0; i < sum.length; i++) sum[i]! += (step * 7 + shard * 3 + i) % 11;
  }
  return sum;
}

type Spoil = (sum: Float32Array, work: MessageOf<"work">) => void;

/** As where workers share memory, and say that they have looked. */
class BelievingMemory extends ResultMemory {
  override largest(): number {
    return 0;
  }
}

/** As where a worker writes over what it gave in the third step, before all of it is used. */
class OverwrittenMemory extends ResultMemory {
  #rounds = 0;

  override beginRound(): void {
    this.#rounds++;
    super.beginRound();
  }

  /** Steps 1 and 2 take three rounds. */
  override readonly areWhole = () => this.#rounds < 4;
}

/** Trains with two workers, the first of which, or `who` says all, spoils its sums. */
async function trainWith(spoil: Spoil, who: "first" | "all" = "first", Memory = ResultMemory) {
  const clock = new FakeClock();
  const told: string[] = [];
  const facts = { run: "run-1", incarnation: 0, seed: 1, manifest, files: [] };
  const size = manifest.graphs.critic_training_model.size;
  const kernels = Kernels.create(
    ModelState.bytesNeeded(manifest, RMSPROP) + TreeSum.bytesNeeded(SHARDS, size) +
      ResultMemory.bytesNeeded(SHARDS, size),
  );
  const memory = new Memory(kernels, SHARDS, size);
  const options = {
    token: TOKEN,
    read_token: READ_TOKEN,
    clock,
    exact: true,
    classes: ["a".repeat(64)],
    shared_memory: null,
    memory,
  };
  const fleet = new Fleet(facts, await smallData(), options, {
    joined: () => {},
    relayed: () => {},
    left: () => {},
    fault: ({ what }) => told.push(what),
    refused: () => {},
  });
  const state = new ModelState(kernels, manifest, RMSPROP);
  state.refreshChecksums();
  publishAll(state, fleet);
  const workers = [
    await ScriptedWorker.join(fleet, clock, { name: "first" }),
    await ScriptedWorker.join(fleet, clock, { name: "second" }),
  ];
  let ended = false;
  const training = train({
    config: CONFIG,
    manifest,
    state,
    fleet,
    tree: new TreeSum(kernels, SHARDS, size),
    epoch_steps: 2,
    now_ms: () => clock.now_ms(),
    committed: () => true,
  }).finally(() => ended = true);
  training.catch(() => {});
  while (!ended) {
    await settled();
    for (const [i, worker] of workers.entries()) {
      if (worker.work.length === 0 || worker.closed !== null) continue;
      const sum = sumOf(worker.work[0]!);
      if (i === 0 || who === "all") spoil(sum, worker.work[0]!);
      await worker.answer(sum);
    }
  }
  const error = await training.then(() => null, (error: unknown) => error);
  await fleet.finish("test over");
  return { state, told, workers, error, sha256: weightsSha256(state) };
}

const undisturbed = await trainWith(() => {});

for (const kind of ["critic", "generator"] as const) {
  for (const [where, index] of [["gradients", 1], ["tail", -1]] as const) {
    for (const value of [NaN, Infinity, 3e38]) {
      Deno.test(`one worker sends ${value} in a ${kind}'s ${where}: the other computes it, to the same bits`, async () => {
        const { sha256, error, told, workers } = await trainWith((sum, { kind: asked, step }) => {
          if (asked === kind && step >= 4) sum[(index + sum.length) % sum.length] = value;
        });
        assert.equal(error, null);
        assert.equal(sha256, undisturbed.sha256);
        assert.deepEqual(told, ["bad result", "wrong result"]);
        assert.equal(workers[0]!.messages("refuse").at(-1)!.code, "wrong_result");
      });
    }
  }
}

Deno.test("one bad result by chance: another worker computes it, and who was wrong has to go, to the same bits", async () => {
  let left = 1;
  const { sha256, error, told, workers } = await trainWith((sum, { step }) => {
    if (step === 3 && left-- > 0) sum[5] = NaN;
  });
  assert.equal(error, null);
  assert.equal(sha256, undisturbed.sha256);
  assert.deepEqual(told, ["bad result", "wrong result"]);
  assert.equal(workers[0]!.messages("refuse").at(-1)!.code, "wrong_result");
});

Deno.test("gradients that are huge, whoever computes them, end the training with the state of the step before", async () => {
  const { state, error } = await trainWith((sum, { step }) => {
    if (step === 4) sum[0] = 2 ** 63;
  }, "all");
  assert.ok(error instanceof UserError);
  assert.match(
    error.message,
    /^Training cannot continue: the critic's gradients must be below 2\^63 in magnitude, .* at step 4 /,
  );
  assert.equal(state.step, 3);
  assert.ok(
    [state.critic, state.generator].every(({ weights, square_average }) =>
      [...weights, ...square_average].every(Number.isFinite)
    ),
  );
});

for (const kind of ["critic", "generator"] as const) {
  for (
    const [part, index, what, state] of [
      [
        "gradient",
        1,
        "gradients",
        "the state in memory is lost. Continue from the last checkpoint with --resume",
      ],
      [
        "loss",
        null,
        "losses, means and statistics",
        "the state before this step is kept. Continue with --resume",
      ],
    ] as const
  ) {
    Deno.test(`a ${kind}'s ${part} that is no number, and was one when it was looked at, ends the training`, async () => {
      const { error } = await trainWith(
        (sum, work) => {
          const { tail_offset } = manifest.graphs[`${kind}_training_model`];
          if (work.kind === kind && work.step === 4) sum[index ?? tail_offset] = NaN;
        },
        "first",
        BelievingMemory,
      );
      assert.ok(error instanceof UserError);
      assert.equal(
        error.message,
        `Training cannot continue: the ${kind}'s ${what} of step 4 must not change in shared memory after workers ` +
          `have written them, but an infinity or NaN was found there; ${state}, and check this machine's memory if it happens again`,
      );
    });
  }
}

Deno.test("a result that its worker writes over while it is used ends the training, and leaves no state to save", async () => {
  const { error, state } = await trainWith(() => {}, "first", OverwrittenMemory);
  assert.ok(error instanceof UserError);
  assert.equal(
    error.message,
    "Training cannot continue: the critic's results of step 3 must stay in shared memory until they are used, and a " +
      "worker wrote over one; the state in memory is lost. Continue from the last checkpoint with --resume, and with " +
      "worker --no-share if it happens again",
  );
  assert.equal(state.step, 2);
  const about = { run: "run-1", run_record_sha256: "5a".repeat(32), numeric_classes: [], seconds: 1 };
  await assert.rejects(
    writeCheckpoint("", state, manifest, about, new MemoryDisk()),
    /^UserError: Cannot save step 2: .* infinity or NaN in rmsprop\.square_average\.critic\.0\.weight; /,
  );
});
