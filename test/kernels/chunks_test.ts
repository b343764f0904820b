import assert from "node:assert/strict";
import { WIRE_FORMATS } from "../../common/wire_format.ts";
import { chunkFloats, chunksOf, cutChunk, placeChunk, travelBytes } from "../../kernels/chunks.ts";
import { Kernels } from "../../kernels/kernels.ts";
import { addDifference, expand, roundByChance, roundDifference } from "../../kernels/rounding.ts";

const KEY = { seed: 3, purpose: "critic_wire", counter: 5, shard: 1 } as const;

Deno.test("chunks cover all elements in order, and all but the last are whole blocks", () => {
  for (const n of [1, 255, 256, 257, 1_000, 4_096]) {
    for (const length of [256, 512, 4_096]) {
      const chunks = chunksOf(n, length);
      assert.equal(chunks[0]!.begin, 0);
      assert.equal(chunks.at(-1)!.end, n);
      for (const [i, { begin, end }] of chunks.entries()) {
        assert.ok(end > begin && end - begin <= length);
        if (i > 0) assert.equal(begin, chunks[i - 1]!.end);
        assert.equal(begin % 256, 0);
      }
    }
  }
  assert.throws(() => chunksOf(10, 100), /multiple of 256, found 100/);
});

Deno.test("a critic is cut into 20 chunks or fewer, of 64 KiB to 1 MiB", () => {
  assert.equal(chunkFloats({ critic: 10, generator: 10 }), 16_384);
  assert.equal(chunkFloats({ critic: 533_505, generator: 1 }), 26_880);
  assert.equal(chunkFloats({ critic: 4_000_000, generator: 1 }), 200_192);
  assert.equal(chunkFloats({ critic: 100_000_000, generator: 1 }), 262_144);
});

Deno.test("a larger generator has up to 80 chunks before the critic has fewer", () => {
  const chunks = (n: number, length: number) => chunksOf(n, length).length;
  // Preset wgan.
  const length = chunkFloats({ critic: 533_505, generator: 1_510_032 });
  assert.deepEqual([chunks(533_505, length), chunks(1_510_032, length)], [20, 57]);
  const large = chunkFloats({ critic: 533_505, generator: 8_000_000 });
  assert.deepEqual([chunks(533_505, large), chunks(8_000_000, large)], [6, 80]);
});

for (const format of WIRE_FORMATS) {
  Deno.test(`${format}: chunks are cut and put back to the bit, and each can be read by itself`, () => {
    for (const n of [256, 300, 1_000, 1_024, 2_345]) {
      const kernels = Kernels.create(1 << 17);
      const [values, read, part] = [kernels.allocate(n), kernels.allocate(n), kernels.allocate(n)];
      values.forEach((_, i) => values[i] = Math.sin(i) * 2 ** (i % 7));
      const whole = bytes(kernels.allocate(travelBytes(format, n) / 4));
      if (format === "float32") whole.set(bytes(values));
      else {
        roundByChance(kernels, format, values, whole, KEY);
        expand(kernels, format, whole, read);
      }
      const again = new Uint8Array(whole.length);
      for (const chunk of chunksOf(n, 512)) {
        const cut = cutChunk(format, whole, n, chunk);
        assert.equal(cut.length, travelBytes(format, chunk.end - chunk.begin));
        placeChunk(format, again, n, chunk, cut);
        if (format === "float32") continue;
        const own = bytes(kernels.allocate(cut.length / 4));
        own.set(cut);
        expand(kernels, format, own, part.subarray(chunk.begin, chunk.end));
      }
      assert.deepEqual(again, new Uint8Array(whole));
      if (format !== "float32") assert.deepEqual(part, read);
    }
    assert.throws(
      () => placeChunk(format, new Uint8Array(4_096), 512, { begin: 0, end: 256 }, new Uint8Array(8)),
      /bytes, found 8$/,
    );
  });
}

for (const format of ["bfloat16", "int8"] as const) {
  Deno.test(`${format}: differences that are rounded chunk by chunk have the bits of one that is rounded whole`, () => {
    const n = 1_300;
    const kernels = Kernels.create(1 << 17);
    const allocate = () => kernels.allocate(n);
    const [values, held, other, sum] = [allocate(), allocate(), allocate(), allocate()];
    values.forEach((_, i) => values[i] = Math.cos(i) / (1 + i % 5));
    held.forEach((_, i) => held[i] = other[i] = sum[i] = Math.sin(i));
    const rounded = () => bytes(kernels.allocate(travelBytes(format, n) / 4));
    const [whole, joined] = [rounded(), rounded()];
    roundDifference(kernels, format, values, held, whole);
    for (const chunk of chunksOf(n, 512)) {
      const { begin, end } = chunk;
      const piece = bytes(kernels.allocate(travelBytes(format, end - begin) / 4));
      roundDifference(kernels, format, values.subarray(begin, end), other.subarray(begin, end), piece);
      placeChunk(format, joined, n, chunk, piece);
    }
    assert.deepEqual(new Uint8Array(joined), new Uint8Array(whole));
    assert.deepEqual(other, held);
    addDifference(kernels, format, joined, sum);
    assert.deepEqual(sum, held);
  });
}

function bytes({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
