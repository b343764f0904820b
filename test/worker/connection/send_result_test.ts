import assert from "node:assert/strict";
import { WIRE_FORMATS } from "../../../common/wire_format.ts";
import { chunksOf, placeChunk, travelBytes } from "../../../kernels/chunks.ts";
import { checksumBytes } from "../../../kernels/kernels.ts";
import type { Manifest } from "../../../models/manifest.ts";
import { bytesOf } from "../../../wire/frame.ts";
import type { Message } from "../../../wire/messages.ts";
import { type AboutResult, sendResult } from "../../../worker/connection/send_result.ts";

const GRADIENTS = 600;
const TAIL = 3;
const manifest = {
  graphs: { critic_training_model: { size: GRADIENTS + TAIL, tail_offset: GRADIENTS } },
} as unknown as Pick<Manifest, "graphs">;
const ABOUT: AboutResult = {
  ...{
    run: "r",
    incarnation: 0,
    generation: 0,
    kind: "critic",
    step: 1,
    begin: 0,
    end: 1,
    epoch: 0,
    batch: 0,
  },
  ...{ noise_purpose: "critic_noise", noise_counter: 1, compute_ms: 1, elapsed_ms: 2 },
  ...{ critic_checksum: "c".repeat(16), generator_checksum: "d".repeat(16) },
};

function sent(format: typeof WIRE_FORMATS[number], sum: Float32Array, chunk_floats: number) {
  const messages: [Message, Uint8Array][] = [];
  const send = (message: Message, payload?: Uint8Array) => void messages.push([message, payload!]);
  sendResult({ send }, { wire: { format, group_shards: null }, chunk_floats }, manifest, ABOUT, sum);
  return messages;
}

for (const format of WIRE_FORMATS) {
  Deno.test(`${format}: a sum goes out as its tail and its chunks, each with its checksum, or whole`, () => {
    const gradients_bytes = travelBytes(format, GRADIENTS);
    const sum = new Float32Array(gradients_bytes / 4 + TAIL);
    const whole = bytesOf(sum);
    whole.forEach((_, i) => whole[i] = i * 73 % 251);
    const [[start, tail], ...chunks] = sent(format, sum, 256) as [
      [Message, Uint8Array],
      ...[Message, Uint8Array][],
    ];
    assert.deepEqual(start, { type: "result_start", ...ABOUT, checksum: checksumBytes(tail) });
    assert.deepEqual(tail, whole.subarray(gradients_bytes));
    const joined = new Uint8Array(gradients_bytes);
    for (const [i, [message, payload]] of chunks.entries()) {
      assert.deepEqual(message, { type: "result_chunk", index: i, checksum: checksumBytes(payload) });
      placeChunk(format, joined, GRADIENTS, chunksOf(GRADIENTS, 256)[i]!, payload);
    }
    assert.equal(chunks.length, 3);
    assert.deepEqual(joined, new Uint8Array(whole.subarray(0, gradients_bytes)));
    const checksum = checksumBytes(whole);
    assert.deepEqual(sent(format, sum, 768), [[
      { type: "result", ...ABOUT, checksum, largest: null },
      whole,
    ]]);
  });
}
