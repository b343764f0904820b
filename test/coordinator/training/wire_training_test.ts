/** Sums and weights that travel rounded: the same bits whoever computes, fewer bytes, a bounded error. */
import assert from "node:assert/strict";
import { checksumBytes } from "../../../kernels/kernels.ts";
import type { RoundedFormat } from "../../../kernels/rounding.ts";
import { bytesOf } from "../../../wire/frame.ts";
import { loadNewest, writeCheckpoint } from "../../../coordinator/run/checkpoints/checkpoint.ts";
import { type ModelState, weightsSha256 } from "../../../coordinator/training/model_state.ts";
import { MemoryDisk } from "../run/memory_disk.ts";
import { SHARDS } from "./small_training.ts";
import { type OpenState, openState, type Spoil, trainTo, WIRE_MANIFEST } from "./wire_scene.ts";

const STEPS = 8;
const ABOUT = { run: "run-1", run_record_sha256: "5a".repeat(32), numeric_classes: ["abc"], seconds: 1 };

/** Of the weights, and of what the workers hold. */
const bitsOf = (state: ModelState) => [weightsSha256(state), state.critic.checksum, state.generator.checksum];

async function trained(format: RoundedFormat, num_workers: number, upset: number | null = null) {
  const run = openState(format);
  const { groups } = await trainTo(run, STEPS, num_workers, { upset });
  return { bits: bitsOf(run.state), groups, run };
}

for (const format of ["bfloat16", "int8"] as const) {
  Deno.test(`${format}: 1, 2, 3 and 4 workers, and a kill and a join in mid-step, give the same bits`, async () => {
    const one = await trained(format, 1);
    for (const num_workers of [2, 3, 4]) {
      assert.deepEqual((await trained(format, num_workers)).bits, one.bits, `${num_workers} workers`);
    }
    assert.deepEqual((await trained(format, 2, 3)).bits, one.bits, "killed and joined");
    const { bits: other } = await trained(format === "int8" ? "bfloat16" : "int8", 1);
    assert.notDeepEqual(other, one.bits);
  });

  Deno.test(`${format}: scales and numbers that are none, or huge, are found: another computes them, to the same bits`, async () => {
    const { bits } = await trained(format, 2);
    for (const value of [NaN, Infinity, 2 ** 100]) {
      const run = openState(format);
      // The first scale, or the upper half of the second number.
      const { told } = await trainTo(run, STEPS, 2, {
        spoil: (payload, { step }) => step === 4 && (payload[0] = value),
      });
      assert.deepEqual([...new Set(told)], ["bad result", "wrong result"], `${value}`);
      assert.deepEqual(bitsOf(run.state), bits, `${value}`);
    }
  });

  Deno.test(`${format}: a step that fails half-way leaves the weights, and what the workers hold, as they were`, async () => {
    const run = openState(format);
    const spoil: Spoil = (payload, { kind, step }) =>
      kind === "generator" && step === 4 && (payload[0] = NaN);
    await assert.rejects(trainTo(run, STEPS, 1, { spoil }), /the generator's gradients must be finite/);
    const before = openState(format);
    await trainTo(before, 3, 1);
    assert.deepEqual(bitsOf(run.state), bitsOf(before.state));
    const held = ({ state }: OpenState) => checksumBytes(bytesOf(state.critic.given));
    assert.equal(held(run), held(before));
  });

  Deno.test(`${format}: a run that goes on from a checkpoint ends in the same bits`, async () => {
    const { bits } = await trained(format, 2);
    const disk = new MemoryDisk();
    const first = openState(format);
    await trainTo(first, 5, 3);
    await writeCheckpoint("c", first.state, WIRE_MANIFEST, ABOUT, disk);
    const resumed = openState(format);
    assert.equal((await loadNewest("c", "run-1", resumed.state, WIRE_MANIFEST, [], disk))!.step, 5);
    await trainTo(resumed, STEPS, 1);
    assert.deepEqual(bitsOf(resumed.state), bits);
  });

  Deno.test(`${format}: a checkpoint without what the workers hold is passed over, naming the tensor`, async () => {
    const disk = new MemoryDisk();
    await writeCheckpoint("c", openState("float32").state, WIRE_MANIFEST, ABOUT, disk);
    const passed_over: { file: string; reason: string }[] = [];
    const { state } = openState(format);
    assert.equal(await loadNewest("c", "run-1", state, WIRE_MANIFEST, passed_over, disk), null);
    assert.match(passed_over[0]!.reason, /^tensor given\.critic\.0\.weight must have 20300 float32 values$/);
  });

  Deno.test(`${format}: each wire group is asked for by itself, of whoever computes`, async () => {
    for (const num_workers of [1, 3]) {
      const { groups } = await trained(format, num_workers);
      assert.deepEqual([...new Set(groups)].sort(), ["0-1", "1-2", "2-3", "3-4"]);
    }
  });

  Deno.test(`${format}: what the workers hold is no further from the weights than half of what was rounded last`, async () => {
    const { run: { state } } = await trained(format, 2);
    // An update moves a weight by lr / sqrt(1 - alpha) at most, and what was left out before comes on top.
    const most = 0.01 / Math.sqrt(1 - 0.99);
    for (const { weights, given } of [state.critic, state.generator]) {
      const off = weights.reduce((worst, value, i) => Math.max(worst, Math.abs(value - given[i]!)), 0);
      const part = format === "int8" ? 254 : 256;
      assert.ok(off > 0 && off <= most * 1.01 / part, `${off}`);
    }
  });

  Deno.test(`${format}: training comes as far as with float32`, async () => {
    const [exact, rounded] = [openState("float32"), openState(format)];
    await trainTo(exact, 30, 1);
    await trainTo(rounded, 30, 1);
    const moved = distance(exact, openState("float32"));
    assert.ok(distance(exact, rounded) < 0.05 * moved, `${distance(exact, rounded)} of ${moved}`);
  });
}

function distance(a: OpenState, b: OpenState): number {
  const { weights } = b.state.critic;
  return Math.sqrt(a.state.critic.weights.reduce((sum, value, i) => sum + (value - weights[i]!) ** 2, 0));
}

Deno.test("bytes of a step, each group with a worker of its own: int8 at most 0.27 of float32's, bfloat16 0.52", async () => {
  const perStep = async (format: RoundedFormat | "float32") => {
    const total = async (steps: number) => (await trainTo(openState(format), steps, SHARDS)).bytes;
    // The first step brings whole weights to all.
    const [few, many] = [await total(4), await total(12)];
    return { in: many.in - few.in, out: many.out - few.out };
  };
  const whole = await perStep("float32");
  for (const [format, most] of [["int8", 0.27], ["bfloat16", 0.52]] as const) {
    const bytes = await perStep(format);
    for (const way of ["in", "out"] as const) {
      const part = bytes[way] / whole[way];
      assert.ok(part <= most && part > most / 1.2, `${format} ${way}: ${part}`);
    }
  }
});
