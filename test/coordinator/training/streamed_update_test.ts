/** An update chunk by chunk has the bits of one in a single pass, and is nothing until it is taken over. */
import assert from "node:assert/strict";
import { UserError } from "../../../common/errors.ts";
import { WIRE_FORMATS, type WireFormat } from "../../../common/wire_format.ts";
import { ADAM_OF_GANS, type Optimizer, RMSPROP } from "../../../algorithm/optimizers.ts";
import { ChunkMemory } from "../../../coordinator/fleet/memory/chunk_memory.ts";
import type { WeightsChunk } from "../../../coordinator/fleet/streaming/weights_stream.ts";
import { TreeSum } from "../../../coordinator/training/averaging.ts";
import { ModelState } from "../../../coordinator/training/model_state.ts";
import { DamagedState } from "../../../algorithm/optimizer.ts";
import { StreamedUpdate } from "../../../coordinator/training/streamed_update.ts";
import { updateRoomBytes } from "../../../coordinator/training/update_room.ts";
import { chunksOf, cutChunk, placeChunk, travelBytes } from "../../../kernels/chunks.ts";
import { Kernels } from "../../../kernels/kernels.ts";
import { addDifference, expand, roundByChance } from "../../../kernels/rounding.ts";
import { buildLayout } from "../../../models/layout.ts";
import type { Manifest } from "../../../models/manifest.ts";
import { bytesOf } from "../../../wire/frame.ts";

const SHARDS = 3;
const CHUNK = 256;
/** [rows, columns] of the critic's weight: 1,000 parameters, then 20 + 50 numbers of u and v. */
const SHAPE = [20, 50];
const GRADIENTS = 1_000;

const manifest = {
  spectral_norm: ["critic.0.weight"],
  layouts: {
    critic: buildLayout([
      { name: "critic.0.weight", shape: SHAPE },
      { name: "critic.0.weight.u", shape: [20] },
      { name: "critic.0.weight.v", shape: [50] },
    ]),
    generator: buildLayout([{ name: "generator.0.weight", shape: [GRADIENTS] }]),
    statistics: buildLayout([]),
  },
} as unknown as Manifest;

function openState(optimizer: Optimizer, format: WireFormat) {
  const room = ModelState.bytesNeeded(manifest, optimizer, format) +
    TreeSum.bytesNeeded(SHARDS, GRADIENTS) + SHARDS * (4 * GRADIENTS + 64) +
    4 * (travelBytes(format, GRADIENTS) + 64);
  const kernels = Kernels.create(room);
  const state = new ModelState(kernels, manifest, optimizer, format);
  for (const { weights, square_average, average } of [state.critic, state.generator]) {
    weights.forEach((_, i) => weights[i] = Math.sin(i) / 8);
    square_average.forEach((_, i) => square_average[i] = (i % 7) / 1_000);
    average?.forEach((_, i) => average[i] = Math.cos(i) / 100);
  }
  state.giveWhole();
  state.refreshChecksums();
  return { kernels, state };
}

const contents = ({ critic, generator }: ModelState) =>
  [critic, generator].map(({ weights, square_average, average, given, checksum }) => [
    ...[weights, square_average, average ?? new Float32Array(), given].map((buffer) => buffer.slice()),
    checksum,
  ]);

/** A result's gradients as they travel: rounded, if the run's are. */
function travelling(kernels: Kernels, format: WireFormat, gradients: Float32Array): Uint8Array {
  if (format === "float32") return bytesOf(gradients);
  const values = kernels.allocate(GRADIENTS);
  values.set(gradients);
  const rounded = bytesOf(kernels.allocate(travelBytes(format, GRADIENTS) / 4));
  roundByChance(kernels, format, values, rounded, {
    seed: 1,
    purpose: "critic_wire",
    counter: 1,
    shard: 1,
  });
  return rounded;
}

interface Scene {
  readonly optimizer: Optimizer;
  readonly format: WireFormat;
  readonly kind: "critic" | "generator";
}

/** A streamed update over this state, and what it sends. */
function openUpdate(state: ModelState, { optimizer, format }: Scene, memory?: ChunkMemory) {
  const sent: WeightsChunk[] = [];
  const sizes = { manifest, optimizer, format, shards: SHARDS, chunk_floats: CHUNK };
  const update = new StreamedUpdate({
    config: { shards: SHARDS, accumulate: 1 },
    manifest,
    state,
    fleet: { chunk_floats: CHUNK, sendChunk: (chunk) => void sent.push(chunk) },
    memory: memory ?? new ChunkMemory(0, updateRoomBytes(sizes)),
    now_ms: () => 0,
  });
  return { update, sent };
}

const OPTIONS = { lr: 0.01, clip: 0.2, update: 5 };
const gradientsOf = (shard: number) =>
  Float32Array.from({ length: GRADIENTS }, (_, i) => Math.sin(i * shard + 1));

/** Takes all chunks of these results, in an order of its own. */
function takeAll(update: StreamedUpdate, format: WireFormat, results: readonly Uint8Array[]): void {
  const chunks = chunksOf(GRADIENTS, CHUNK);
  for (const index of [2, 0, 3, 1]) {
    update.take(
      index,
      results.map((whole, shard) => ({
        begin: shard,
        end: shard + 1,
        payload: cutChunk(format, whole, GRADIENTS, chunks[index]!),
      })),
    );
  }
}

const SCENES: Scene[] = [RMSPROP, ADAM_OF_GANS].flatMap((optimizer) =>
  WIRE_FORMATS.flatMap((format) =>
    (["critic", "generator"] as const).map((kind) => ({ optimizer, format, kind }))
  )
);

for (const scene of SCENES) {
  const { optimizer, format, kind } = scene;
  Deno.test(`${optimizer.kind}, ${format}, ${kind}: chunks in any order, and what is sent, have the bits of one pass`, () => {
    const whole = openState(optimizer, format), parted = openState(optimizer, format);
    const results = [1, 2, 3].map((shard) => travelling(parted.kernels, format, gradientsOf(shard)));
    const tree = new TreeSum(whole.kernels, SHARDS, GRADIENTS);
    const values = results.map((result) => {
      const numbers = whole.kernels.allocate(GRADIENTS);
      if (format === "float32") bytesOf(numbers).set(result);
      else {
        const own = bytesOf(whole.kernels.allocate(result.length / 4));
        own.set(result);
        expand(whole.kernels, format, own, numbers);
      }
      return numbers;
    });
    const sum = tree.sum(values.map((values, begin) => ({ begin, end: begin + 1, values })), kind);
    assert.ok(whole.state.update(whole.state[kind], sum, 1 / SHARDS, OPTIONS));

    const before = contents(parted.state);
    const held = Kernels.create(1 << 16);
    const given = parted.state[kind].given;
    const arrived = held.allocate(given.length);
    arrived.set(given);
    const { update, sent } = openUpdate(parted.state, scene);
    update.begin(kind, OPTIONS);
    takeAll(update, format, results);
    // Twice, as where another's result takes the place of a first one.
    takeAll(update, format, results);
    assert.deepEqual(contents(parted.state), before);
    assert.ok(update.commit());
    assert.deepEqual(contents(parted.state), contents(whole.state));

    const last = new Map(sent.map((chunk) => [chunk.index, chunk]));
    assert.deepEqual([...last.keys()].sort(), [0, 1, 2, 3]);
    const payload = new Uint8Array(travelBytes(format, given.length));
    const chunks = chunksOf(GRADIENTS, CHUNK).map((chunk, i) =>
      i === 3 ? { ...chunk, end: given.length } : chunk
    );
    for (const [index, chunk] of last) {
      placeChunk(format, payload, given.length, chunks[index]!, chunk.payload);
    }
    if (format === "float32") bytesOf(arrived).set(payload);
    else {
      const own = bytesOf(held.allocate(payload.length / 4));
      own.set(payload);
      addDifference(held, format, own, arrived);
    }
    assert.deepEqual(arrived, given.slice());
    assert.equal(held.checksum(arrived), parted.state[kind].checksum);
    assert.equal(sent[0]!.from, format === "float32" ? null : before[kind === "critic" ? 0 : 1]![4]);
  });
}

Deno.test("memory that the system does not give ends the update in one line, and not within a message", () => {
  const scene: Scene = { optimizer: RMSPROP, format: "float32", kind: "critic" };
  const { state } = openState(RMSPROP, "float32");
  const before = contents(state);
  // More than a 32-bit memory can have.
  const memory = new ChunkMemory(0, 2 ** 32);
  const { update, sent } = openUpdate(state, scene, memory);
  const results = [1, 2, 3].map((shard) => bytesOf(gradientsOf(shard)));
  assert.equal(memory.keep(results[0]!), results[0], "chunks stay where the socket put them");
  update.begin("critic", OPTIONS);
  takeAll(update, "float32", results);
  assert.throws(
    () => update.commit(),
    new UserError(
      "Cannot update the networks while results of far workers arrive: that needs 1 MB of memory more than the run " +
        "has, and this machine does not have that much; free memory or use a machine with more, then continue with --resume",
    ),
  );
  assert.deepEqual([contents(state), sent], [before, []]);
});

Deno.test("a rate that makes weights overflow, in one chunk, leaves the state as it was", () => {
  const scene: Scene = { optimizer: RMSPROP, format: "float32", kind: "generator" };
  const { state } = openState(RMSPROP, "float32");
  const { update } = openUpdate(state, scene);
  const before = contents(state);
  const gradients = new Float32Array(GRADIENTS);
  gradients[600] = 1;
  update.begin("generator", { lr: 3e38, clip: null, update: 1 });
  const still = bytesOf(new Float32Array(GRADIENTS));
  takeAll(update, "float32", [still, bytesOf(gradients), still]);
  assert.equal(update.commit(), false);
  assert.deepEqual(contents(state), before);
});

Deno.test("a sum that is no number throws when it is taken over, unless its chunk came again", () => {
  const scene: Scene = { optimizer: RMSPROP, format: "float32", kind: "generator" };
  const { state } = openState(RMSPROP, "float32");
  const { update } = openUpdate(state, scene);
  const before = contents(state);
  const good = [1, 2, 3].map((shard) => bytesOf(gradientsOf(shard)));
  const bad = gradientsOf(2);
  bad[999] = NaN;
  update.begin("generator", OPTIONS);
  takeAll(update, "float32", [good[0]!, bytesOf(bad), good[2]!]);
  assert.throws(() => update.commit(), DamagedState);
  assert.deepEqual(contents(state), before);
  takeAll(update, "float32", good);
  assert.ok(update.commit());
});
