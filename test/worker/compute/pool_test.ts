import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { treeNodes } from "../../kernels/tree_nodes.ts";
import { Kernels } from "../../../kernels/kernels.ts";
import { roundDifference, roundedBytes } from "../../../kernels/rounding.ts";
import { bytesOf } from "../../../wire/frame.ts";
import { NETWORKS } from "../../../common/network_name.ts";
import type { PayloadRef } from "../../../wire/payload_ref.ts";
import { packResult, payloadSize, roundingKey } from "../../../kernels/result_payload.ts";
import { RingReader, RingWriter } from "../../../wire/shared_ring.ts";
import { weightsOffsets, WeightsWriter } from "../../../wire/shared_weights.ts";
import { CPU } from "../../../worker/runtime/device.ts";
import type { SumTask } from "../../../worker/compute/sum_task.ts";
import { ComputeError } from "../../../worker/compute/thread_client.ts";
import { Pool, subtrees } from "../../../worker/compute/pool.ts";
import type { SharedFiles } from "../../../worker/compute/shared_memory.ts";
import { EXAMPLE_BYTES, exampleBytes, MICRO_BATCH, SEED, testRun } from "../test_run.ts";

const NUM_SHARDS = 7;
const run = await testRun(NUM_SHARDS);

function startPool(threads: number): Promise<Pool> {
  const options = { seed: SEED, encoding: "uint8", num_shards: NUM_SHARDS } as const;
  return Pool.create(Array(threads).fill(CPU), { manifest: run.manifest, graphs: run.graphs, options });
}

function task(kind: "critic" | "generator", begin: number, end: number, noise_counter = 1): SumTask {
  const leaves = Array.from({ length: end - begin }, (_, i) => ({
    shard: begin + i,
    examples: kind === "critic" ? exampleBytes(MICRO_BATCH * 10, begin + i) : null,
  }));
  return { kind, node: { begin, end }, leaves, noise_purpose: `${kind}_noise`, noise_counter };
}

Deno.test("subtrees are nodes, in order, at most as many as asked for, and as many as there can be", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 16 }), (leaves, parts) => {
      const cut = subtrees({ begin: 0, end: leaves }, parts);
      assert.ok(cut.length <= parts && cut.length >= Math.min(2, leaves, parts));
      assert.equal(cut[0]!.begin, 0);
      assert.equal(cut.at(-1)!.end, leaves);
      cut.slice(1).forEach(({ begin }, i) => assert.equal(begin, cut[i]!.end));
      const nodes = new Set(treeNodes(leaves).map(({ begin, end }) => `${begin} ${end}`));
      assert.ok(cut.every(({ begin, end }) => nodes.has(`${begin} ${end}`)));
    }),
    { seed: 20261124 },
  );
  assert.deepEqual(
    subtrees({ begin: 0, end: 4 }, 3),
    [[0, 1], [1, 2], [2, 4]].map(([begin, end]) => ({ begin, end })),
  );
});

Deno.test("1, 2 and 4 threads give the same bits and the same class, fakes made ahead or not", async () => {
  const sums = new Map<string, Float32Array>();
  const classes = new Set<string>();
  for (const threads of [1, 2, 4]) {
    const pool = await startPool(threads);
    pool.setWeights("critic", run.weights.critic);
    pool.setWeights("generator", run.weights.generator);
    for (const { numeric_class } of pool.probes) classes.add(numeric_class);
    for (const made_ahead of [false, true]) {
      for (const [kind, begin, end] of [["critic", 0, 7], ["critic", 4, 6], ["generator", 0, 7]] as const) {
        if (made_ahead) pool.makeAhead({ begin, end }, { noise_purpose: "critic_noise", noise_counter: 1 });
        const { sum } = await pool.sum(task(kind, begin, end));
        const key = `${kind} ${begin} ${end}`;
        if (sums.has(key)) assert.deepEqual(sum, sums.get(key), `${threads} threads, ${key}`);
        else sums.set(key, sum!);
      }
    }
    pool.terminate();
  }
  assert.equal(sums.size, 3);
  assert.equal(classes.size, 1);
});

const { critic_training_model, generator_training_model } = run.manifest.graphs;
const SUM_BYTES = 4 * Math.max(critic_training_model.size, generator_training_model.size);

interface TestFiles {
  readonly weights: WeightsWriter;
  readonly sums: RingWriter;
  readonly reader: RingReader;
}

/** Has a pool share files of a new folder, and removes what is there at the end. */
async function withFiles(name: string, test: (made: TestFiles, files: SharedFiles) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: `wagon-test-${name}-` });
  const paths = { weights: join(folder, "weights"), sums: join(folder, "sums") };
  try {
    const sizes = { critic: run.weights.critic.length, generator: run.weights.generator.length };
    using weights = WeightsWriter.create(paths.weights, sizes);
    using sums = RingWriter.create(paths.sums, SUM_BYTES, 3);
    using reader = RingReader.open(paths.sums);
    const weights_offsets = weightsOffsets(sizes);
    await test({ weights, sums, reader }, { ...paths, weights_offsets, slot_offsets: sums.slot_offsets });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Sums of both networks, of nodes and leaves, with the bits that they must have. */
const TASKS = [task("critic", 0, 7), task("generator", 0, 7), task("critic", 4, 7), task("critic", 2, 3)];

async function rightSums(pool: Pool): Promise<Uint8Array[]> {
  for (const network of NETWORKS) pool.setWeights(network, run.weights[network]);
  const sums: Uint8Array[] = [];
  for (const task of TASKS) sums.push(bytesOf((await pool.sum(task)).sum!).slice());
  for (const network of NETWORKS) pool.setWeights(network, new Float32Array(run.weights[network].length));
  return sums;
}

/** Has the threads compute and make fakes ahead with weights of zeros, by other names than the right ones. */
async function workWithZeros(pool: Pool, { weights, sums }: TestFiles, name: string): Promise<void> {
  for (const network of NETWORKS) weights.write(network, new Uint8Array(4 * run.weights[network].length));
  await pool.sum(TASKS[0]!, { weights: { critic: name, generator: name }, parcel: sums.reserve() });
  const { noise_purpose, noise_counter } = TASKS[0]!;
  pool.makeAhead({ begin: 0, end: 7 }, { noise_purpose, noise_counter });
  // Begun after what was made ahead.
  const { statistics: input, weights: { generator } } = run;
  await pool.job({ kind: "sample", count: 1, noise_counter: 0, weights: generator, input });
}

for (const [threads, mapped] of [[1, true], [3, true], [1, false], [3, false]] as const) {
  const how = `${threads} threads, ${mapped ? "mapped" : "read"}`;
  Deno.test(`weights out of a shared file and sums into one have the same bits: ${how}`, async () => {
    const pool = await startPool(threads);
    const right = await rightSums(pool);
    // A second coordinator's files take the place of the first's.
    for (const name of ["first", "second"]) {
      await withFiles(name, async (made, files) => {
        // What does not fill its last page is not mapped.
        if (!mapped) {
          await Deno.truncate(
            files.weights,
            files.weights_offsets.generator + 4 * run.weights.generator.length,
          );
        }
        await pool.share(files);
        for (const turn of [0, 1]) {
          await workWithZeros(pool, made, `zeros ${turn}`);
          for (const network of NETWORKS) made.weights.write(network, bytesOf(run.weights[network]));
          // More sums than slots: each slot takes sums of both networks.
          for (const [i, task] of TASKS.entries()) {
            const parcel = made.sums.reserve();
            const { sum, largest, compute_ms } = await pool.sum(task, { weights: run.checksums, parcel });
            assert.equal(sum, null);
            const numbers = new Float32Array(right[i]!.slice().buffer);
            assert.equal(largest, numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
            assert.ok(compute_ms > 0);
            const found = new Uint8Array(right[i]!.length);
            assert.ok(made.reader.read(parcel, found));
            assert.deepEqual(found, right[i], `${name} files, turn ${turn}, task ${i}`);
          }
        }
        if (Deno.build.os === "linux") {
          const maps = await Deno.readTextFile("/proc/self/maps");
          assert.ok(maps.includes(files.sums), "Sums must be computed right in the file");
          assert.equal(maps.includes(files.weights), mapped, "Weights must be read right in the file");
        }
      });
    }
    pool.terminate();
  });
}

Deno.test("a sum that fails leaves nothing in its slot that can be taken", async () => {
  const pool = await startPool(1);
  pool.setWeights("critic", run.weights.critic);
  pool.setWeights("generator", run.weights.generator);
  await withFiles("failing", async ({ sums, reader }, files) => {
    await pool.share(files);
    const good = task("generator", 0, 7);
    const parcels = [sums.reserve(), sums.reserve(), sums.reserve(), sums.reserve()];
    const share = (parcel: PayloadRef) => ({ weights: run.checksums, parcel });
    await pool.sum(good, share(parcels[0]!));
    assert.ok(reader.has(parcels[0]!));
    const bad = { ...task("critic", 0, 2), leaves: [] };
    await assert.rejects(pool.sum(bad, share(parcels[3]!)), ComputeError);
    for (const parcel of [parcels[0]!, parcels[3]!]) assert.ok(!reader.has(parcel));
  });
  pool.terminate();
});

Deno.test("weights come before the work that follows them, however much is under way", async () => {
  const pool = await startPool(2);
  const halves = run.weights.critic.map((value) => value / 2);
  const compute = (weights: Float32Array) => {
    pool.setWeights("critic", weights);
    return pool.sum(task("critic", 0, 7));
  };
  pool.setWeights("generator", run.weights.generator);
  const alone = [(await compute(run.weights.critic)).sum, (await compute(halves)).sum];
  assert.notDeepEqual(alone[0], alone[1]);
  const together = await Promise.all([run.weights.critic, halves, run.weights.critic, halves].map(compute));
  assert.deepEqual(together.map(({ sum }) => sum), [...alone, ...alone]);
  pool.terminate();
});

Deno.test("jobs run between pieces of work, with the weights that they bring, and a failed one harms nothing", async () => {
  const pool = await startPool(1);
  const scores = (count: number) =>
    pool.job({
      kind: "score",
      count,
      noise_counter: 0,
      weights: run.weights.critic,
      input: Float32Array.from(exampleBytes(count * EXAMPLE_BYTES, 5), (value) => value / 100 - 1),
    });
  pool.setWeights("critic", run.weights.critic);
  pool.setWeights("generator", run.weights.generator);
  const alone = await scores(150);
  const sum = await pool.sum(task("critic", 0, 7));
  const job = scores(150);
  pool.setWeights("critic", run.weights.critic.map((value) => value / 2));
  const among = await pool.sum(task("critic", 0, 7));
  assert.notDeepEqual(among.sum, sum.sum);
  assert.deepEqual(await job, alone);
  const none = new Float32Array(0);
  const short = { kind: "sample", count: 1, noise_counter: 0, weights: none, input: run.statistics } as const;
  await assert.rejects(pool.job(short), {
    name: "ComputeError",
    message: /^A tensor of \d+ elements at 0 must lie within the 0 elements of its buffer$/,
  });
  pool.recycle(among.sum!);
  pool.setWeights("critic", run.weights.critic);
  assert.deepEqual((await pool.sum(task("critic", 0, 7))).sum, sum.sum);
  pool.terminate();
});

Deno.test("a thread that ends fails its calls and tells once", async () => {
  const pool = await startPool(1);
  const told: string[] = [];
  pool.onbroken = (reason) => told.push(reason);
  const sum = pool.sum(task("critic", 0, 1));
  const failed = assert.rejects(sum, { name: "ComputeError", message: "Compute thread was ended" });
  await Promise.resolve();
  pool.terminate();
  await failed;
  await assert.rejects(pool.sum(task("critic", 0, 1)), { message: "Compute thread was ended" });
  assert.deepEqual(told, ["Compute thread was ended"]);
});

Deno.test("a graph that does not compile fails the start with ONNX Runtime's reason", async () => {
  const graphs = { ...run.graphs, sampler_model: new Uint8Array([1, 2, 3]) };
  const options = { seed: SEED, encoding: "uint8", num_shards: NUM_SHARDS } as const;
  await assert.rejects(Pool.create([CPU], { manifest: run.manifest, graphs, options }), {
    name: "ComputeError",
    message: /protobuf parsing failed/i,
  });
});

Deno.test("wire groups are rounded once, whole, to the same bits with 1 and 3 threads; differences reach each", async () => {
  const payloads: Uint8Array[][] = [];
  for (const threads of [1, 3]) {
    const options = { seed: SEED, encoding: "uint8", num_shards: NUM_SHARDS, wire: "int8" } as const;
    const pool = await Pool.create(Array(threads).fill(CPU), {
      manifest: run.manifest,
      graphs: run.graphs,
      options,
    });
    for (const network of NETWORKS) pool.setWeights(network, run.weights[network]);
    const rounded = { ...task("critic", 0, 4), rounding: { kind: "critic", step: 9, group: 0 } as const };
    const before = bytesOf((await pool.sum(rounded)).sum!).slice();
    const whole = (await pool.sum(task("critic", 0, 4))).sum!;
    assert.deepEqual(before, packed(whole));
    // To half of the weights: the sums of all threads are others then.
    pool.setWeights("critic", halving(run.weights.critic), true);
    const after = bytesOf((await pool.sum(rounded)).sum!).slice();
    payloads.push([before, after]);
    pool.terminate();
  }
  assert.deepEqual(payloads[1], payloads[0]);
  assert.notDeepEqual(payloads[0]![0], payloads[0]![1]);
});

/** What a sum of the critic's should travel as. */
function packed(sum: Float32Array): Uint8Array {
  const kernels = Kernels.create(8 * sum.length + 4096);
  const from = kernels.allocate(sum.length);
  from.set(sum);
  const { tail_offset } = critic_training_model;
  const payload = kernels.allocate(payloadSize("int8", critic_training_model));
  packResult(kernels, "int8", from, tail_offset, payload, roundingKey(SEED, "critic", 9, 0));
  return bytesOf(payload).slice();
}

/** The rounded difference from weights to half of them. */
function halving(weights: Float32Array): Float32Array {
  const kernels = Kernels.create(16 * weights.length + 4096);
  const [half, held] = [kernels.allocate(weights.length), kernels.allocate(weights.length)];
  held.set(weights);
  half.set(weights.map((value) => value / 2));
  const rounded = kernels.allocate(roundedBytes("int8", weights.length) / 4);
  roundDifference(kernels, "int8", half, held, bytesOf(rounded));
  return rounded;
}
