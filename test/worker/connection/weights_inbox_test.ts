import assert from "node:assert/strict";
import type { WireFormat } from "../../../common/wire_format.ts";
import { chunksOf, cutChunk } from "../../../kernels/chunks.ts";
import { checksumBytes } from "../../../kernels/kernels.ts";
import { roundedBytes } from "../../../kernels/rounding.ts";
import { buildLayout } from "../../../models/layout.ts";
import type { Manifest } from "../../../models/manifest.ts";
import { bytesOf } from "../../../wire/frame.ts";
import type { MessageOf } from "../../../wire/messages.ts";
import { Refusal } from "../../../wire/refusal.ts";
import { WeightsInbox } from "../../../worker/connection/weights_inbox.ts";

const SIZE = 700;
const FENCE = { run: "r", incarnation: 0, generation: 0 };

const manifest = {
  layouts: {
    critic: buildLayout([{ name: "critic.0.weight", shape: [SIZE] }]),
    generator: buildLayout([{ name: "generator.0.weight", shape: [300] }]),
  },
  graphs: { critic_training_model: { tail_offset: SIZE }, generator_training_model: { tail_offset: 300 } },
} as unknown as Manifest;

function open(format: WireFormat = "float32", of = manifest) {
  const given: { network: string; weights: Float32Array; is_difference: boolean }[] = [];
  const pool = {
    setWeights: (network: string, weights: Float32Array, is_difference = false) =>
      void given.push({ network, weights: weights.slice(), is_difference }),
  };
  const welcome = { wire: { format, group_shards: null }, chunk_floats: 256 };
  return { inbox: new WeightsInbox(welcome, of, pool), given };
}

const weightsOf = (tag: number, size = SIZE) => Float32Array.from({ length: size }, (_, i) => tag + i);

function chunk(weights: Float32Array, index: number, step: number) {
  const bytes = cutChunk("float32", bytesOf(weights), SIZE, chunksOf(weights.length, 256)[index]!);
  const message = {
    type: "weights_chunk",
    state: "critic",
    step,
    index,
    checksum: checksumBytes(bytes),
  } as const;
  return [message, new Uint8Array(bytes)] as const;
}

function end(weights: Float32Array, step: number, from: string | null = null): MessageOf<"weights_end"> {
  return {
    type: "weights_end",
    ...FENCE,
    state: "critic",
    step,
    checksum: checksumBytes(bytesOf(weights)),
    from,
  };
}

function refused(call: () => void): string {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof Refusal, `${error}`);
    return `${error.code}: ${error.message}`;
  }
  return "taken";
}

Deno.test("chunks in any order become the weights when their end is told, and not before", () => {
  const { inbox, given } = open();
  const weights = weightsOf(1);
  for (const index of [2, 0, 1]) inbox.takeChunk(...chunk(weights, index, 5));
  assert.deepEqual([given.length, inbox.held.critic], [0, null]);
  inbox.end(end(weights, 5));
  assert.deepEqual(given, [{ network: "critic", weights, is_difference: false }]);
  assert.equal(inbox.held.critic, checksumBytes(bytesOf(weights)));
});

Deno.test("a chunk that comes again takes the place of the first; those of another step take that of all", () => {
  const { inbox, given } = open();
  const [wrong, weights] = [weightsOf(1), weightsOf(2)];
  for (const index of [0, 1, 2]) inbox.takeChunk(...chunk(wrong, index, 5));
  for (const index of [0, 1, 2]) inbox.takeChunk(...chunk(weights, index, 5));
  inbox.end(end(weights, 5));
  assert.deepEqual(given.at(-1)!.weights, weights);
  for (const index of [0, 1, 2]) inbox.takeChunk(...chunk(wrong, index, 6));
  for (const index of [0, 1]) inbox.takeChunk(...chunk(weights, index, 7));
  assert.match(refused(() => inbox.end(end(wrong, 6))), /^stale: All 3 chunks of step 6 .* found 0$/);
  assert.match(refused(() => inbox.end(end(weights, 7))), /^stale: All 3 chunks of step 7 .* found 2$/);
  assert.equal(inbox.held.critic, checksumBytes(bytesOf(weights)));
});

Deno.test("chunks of two states are not the weights of either, and nothing is held then", () => {
  const { inbox } = open();
  const [one, other] = [weightsOf(1), weightsOf(2)];
  for (const [index, weights] of [one, other, one].entries()) inbox.takeChunk(...chunk(weights, index, 5));
  assert.match(refused(() => inbox.end(end(one, 5))), /^hash_mismatch: Weights of the critic must have/);
  assert.equal(inbox.held.critic, null);
});

Deno.test("a chunk that is damaged, too short, or none of the network's is refused", () => {
  const { inbox } = open();
  const [message, payload] = chunk(weightsOf(1), 0, 5);
  payload[3]! ^= 4;
  assert.match(
    refused(() => inbox.takeChunk(message, payload)),
    /^hash_mismatch: Chunk 0 of the critic's weights/,
  );
  assert.equal(
    refused(() => inbox.takeChunk(message, payload.subarray(0, 8))),
    "bad_message: Chunk 0 must have 1024 bytes: found 8",
  );
  assert.match(
    refused(() => inbox.takeChunk({ ...message, index: 3 }, payload)),
    /^bad_message: Chunk 3 must be one/,
  );
  assert.match(refused(() => inbox.end(end(weightsOf(1), 5))), /^stale: All 3 chunks of step 5 .* found 0$/);
});

Deno.test("rounded chunks are a difference to what is held, and to nothing else", () => {
  const { inbox, given } = open("int8");
  const whole = weightsOf(1);
  const checksum = checksumBytes(bytesOf(whole));
  inbox.take(
    { type: "weights", ...FENCE, state: "critic", step: 0, checksum, difference: null },
    bytesOf(whole),
  );
  const rounded = Uint8Array.from({ length: roundedBytes("int8", SIZE) }, (_, i) => i % 120);
  const send = () => {
    for (const [index, range] of chunksOf(SIZE, 256).entries()) {
      const bytes = cutChunk("int8", rounded, SIZE, range);
      inbox.takeChunk({
        type: "weights_chunk",
        state: "critic",
        step: 1,
        index,
        checksum: checksumBytes(bytes),
      }, bytes);
    }
  };
  send();
  const message = { ...end(whole, 1), checksum: "a".repeat(16) };
  assert.match(refused(() => inbox.end(message)), /^bad_message: Rounded chunks must be of a difference/);
  assert.match(
    refused(() => inbox.end({ ...message, from: "b".repeat(16) })),
    /^stale: A difference of weights must apply to/,
  );
  inbox.end({ ...message, from: checksum });
  assert.deepEqual(bytesOf(given.at(-1)!.weights), rounded);
  assert.equal(given.at(-1)!.is_difference, true);
  assert.equal(inbox.held.critic, "a".repeat(16));
});

Deno.test("vectors of spectral norms come with the last chunk", () => {
  const slots = [["w", 600], ["w_u", 60], ["w_v", 40]] as const;
  const layout = buildLayout(slots.map(([name, size]) => ({ name, shape: [size] })));
  const of = {
    layouts: { ...manifest.layouts, critic: layout },
    graphs: { critic_training_model: { tail_offset: 600 } },
  } as unknown as Manifest;
  const { inbox, given } = open("float32", of);
  const weights = weightsOf(3);
  for (const [index, [begin, stop]] of ([[0, 256], [256, 512], [512, 700]] as const).entries()) {
    const bytes = bytesOf(weights.slice(begin, stop));
    inbox.takeChunk({
      type: "weights_chunk",
      state: "critic",
      step: 1,
      index,
      checksum: checksumBytes(bytes),
    }, bytes);
  }
  inbox.end(end(weights, 1));
  assert.deepEqual(given.at(-1)!.weights, weights);
});
