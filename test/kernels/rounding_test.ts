import assert from "node:assert/strict";
import fc from "fast-check";
import { Kernels } from "../../kernels/kernels.ts";
import {
  addDifference,
  expand,
  roundByChance,
  roundDifference,
  ROUNDED_FORMATS,
  roundedBytes,
  type RoundedFormat,
} from "../../kernels/rounding.ts";
import { Stream, type StreamKey } from "../../random/philox.ts";

const SEED = 20261130;
const { fround } = Math;
const KEY: StreamKey = { seed: 2 ** 40 + 7, purpose: "critic_wire", counter: 12, shard: 3 };

function setUp(format: RoundedFormat, values: readonly number[]) {
  const n = values.length;
  const kernels = Kernels.create(8 * (n + 600) + 4096);
  const [x, held, back] = [0, 1, 2].map(() => kernels.allocate(n)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  x.set(values);
  const room = kernels.allocate(roundedBytes(format, n) / 4);
  return { kernels, x, held, back, rounded: new Uint8Array(room.buffer, room.byteOffset, room.byteLength) };
}

/** max|x| / 127 of each number's block. */
function scales(values: ArrayLike<number>): number[] {
  return Array.from(values, (_, i) => {
    const first = i - i % 256;
    const block = Array.from(values).slice(first, first + 256);
    const most = Math.max(...block.map(Math.abs));
    const scale = fround(most / 127);
    return Number.isFinite(most) ? scale < 2 ** -126 ? 0 : scale : NaN;
  });
}

const most = (value: number) => Math.max(-127, Math.min(127, value));

/** What rounding by chance gives, one number after the other. */
function chanceReference(format: RoundedFormat, x: Float32Array, key: StreamKey): Float32Array {
  const stream = new Stream(key);
  const by = scales(x);
  return x.map((value, i) => {
    const word = stream.nextUint32();
    if (format === "bfloat16") return upperHalf(value, word >>> 16);
    const scale = by[i]!;
    if (!(scale > 0)) return 0 * scale;
    const u = fround((word >>> 8) * 2 ** -24);
    return fround(scale * most(Math.floor(fround(fround(value / scale) + u))));
  });
}

/** The float32 whose bits are those of `value` plus `addend`, the lower half left out. */
function upperHalf(value: number, addend: number): number {
  if (!Number.isFinite(value)) return value;
  const bits = new Uint32Array(Float32Array.of(value).buffer);
  const sign = bits[0]! & 0x80000000;
  const magnitude = Math.min((bits[0]! & 0x7fffffff) + addend, 0x7f7fffff);
  bits[0] = (sign | magnitude & 0x7fff0000) >>> 0;
  return new Float32Array(bits.buffer)[0]!;
}

function differenceReference(format: RoundedFormat, x: Float32Array, held: Float32Array): Float32Array {
  const change = x.map((value, i) => fround(value - held[i]!));
  const by = scales(change);
  return held.map((old, i) => {
    if (format === "bfloat16") {
      const [bits] = new Uint32Array(Float32Array.of(change[i]!).buffer);
      return fround(old + upperHalf(change[i]!, 0x7fff + ((bits! >>> 16) & 1)));
    }
    const scale = by[i]!;
    if (scale === 0) return old;
    return fround(old + fround(scale * most(nearestEven(fround(change[i]! / scale)))));
  });
}

function nearestEven(value: number): number {
  const low = Math.floor(value), rest = value - low;
  return rest < 0.5 || rest === 0.5 && low % 2 === 0 ? low : low + 1;
}

const float = fc.oneof(
  { weight: 6, arbitrary: fc.float({ min: -1, max: 1, noNaN: true }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0, -0, 1e-45, -1e-38, 3e-37, 3.4028234663852886e38, -3.4e38, 127, 0.5),
  },
);
const lengths = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 250, max: 530 }));

function assertSame(found: Float32Array, expected: Float32Array, what: string): void {
  found.forEach((value, i) => {
    // A product with 0 may have the other sign.
    const same = Object.is(value, expected[i]) || value === 0 && expected[i] === 0;
    if (!same) assert.fail(`${what}[${i}] must be ${expected[i]}: found ${value}`);
  });
}

for (const format of ROUNDED_FORMATS) {
  Deno.test(`${format}: rounding by chance agrees with the reference, number by number, whatever the length`, () => {
    const property = fc.property(
      lengths,
      fc.array(float, { minLength: 1, maxLength: 30 }),
      fc.nat(1e6),
      (n, some, counter) => {
        const key = { ...KEY, counter };
        const { kernels, x, back, rounded } = setUp(
          format,
          Array.from({ length: n }, (_, i) => fround(some[i % some.length]!)),
        );
        roundByChance(kernels, format, x, rounded, key);
        expand(kernels, format, rounded, back);
        assertSame(back, chanceReference(format, x, key), "rounded");
      },
    );
    fc.assert(property, { seed: SEED, numRuns: 150 });
  });

  Deno.test(`${format}: differences agree with the reference, and both sides hold the same bits`, () => {
    const property = fc.property(lengths, fc.array(float, { minLength: 1, maxLength: 30 }), (n, some) => {
      const values = Array.from({ length: n }, (_, i) => fround(some[i % some.length]! * 1e-3));
      const { kernels, x, held, back, rounded } = setUp(format, values);
      held.forEach((_, i) => held[i] = some[(i * 7 + 3) % some.length]! * 1e-3);
      back.set(held);
      const expected = differenceReference(format, x, held);
      roundDifference(kernels, format, x, held, rounded);
      assertSame(held, expected, "held");
      addDifference(kernels, format, rounded, back);
      assert.deepEqual(back, held);
    });
    fc.assert(property, { seed: SEED, numRuns: 150 });
  });

  Deno.test(`${format}: what is held comes as near as float32 allows while the values stay`, () => {
    const { kernels, x, held, rounded } = setUp(
      format,
      Array.from({ length: 700 }, (_, i) => Math.sin(i) / 100),
    );
    const distance = () => x.reduce((worst, value, i) => Math.max(worst, Math.abs(value - held[i]!)), 0);
    const seen: number[] = [];
    for (let turn = 0; turn < 6; turn++) {
      roundDifference(kernels, format, x, held, rounded);
      seen.push(distance());
    }
    // Each turn leaves at most half a unit of what it sends: 1/254 of the largest, or 1/256 of each.
    assert.ok(seen[0]! <= 0.01 / 250, `${seen}`);
    assert.ok(seen[1]! <= seen[0]! / 200, `${seen}`);
    assert.ok(seen[5]! <= 2 ** -30, `${seen}`);
  });

  Deno.test(`${format}: rounding by chance is right on average, and no further off than one step`, () => {
    const values = Array.from({ length: 300 }, (_, i) => Math.sin(3 * i + 1) * 10 ** -(i % 3));
    const { kernels, x, back, rounded } = setUp(format, values);
    const turns = 4000;
    const sums = new Float64Array(x.length);
    const steps = format === "int8"
      ? scales(x)
      : Array.from(x, (value) => 2 ** (Math.floor(Math.log2(Math.abs(value))) - 7));
    for (let counter = 0; counter < turns; counter++) {
      roundByChance(kernels, format, x, rounded, { ...KEY, counter });
      expand(kernels, format, rounded, back);
      back.forEach((value, i) => {
        sums[i]! += value;
        if (!(Math.abs(value - x[i]!) <= steps[i]! * 1.0001)) assert.fail(`${x[i]} became ${value}`);
      });
    }
    // A step by chance has a standard deviation of at most half of itself: five of them over the mean of all turns.
    x.forEach((value, i) => {
      const off = Math.abs(sums[i]! / turns - value) / (steps[i]! / 2 / Math.sqrt(turns));
      assert.ok(off < 5, `${value}: ${off} standard deviations off`);
    });
  });

  Deno.test(`${format}: infinities and NaN are not hidden`, () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const values = Array.from({ length: 600 }, (_, i) => i === 300 ? bad : 0.5);
      const { kernels, x, back, rounded } = setUp(format, values);
      roundByChance(kernels, format, x, rounded, KEY);
      expand(kernels, format, rounded, back);
      assert.ok(!Number.isFinite(back[300]), `${bad} became ${back[300]}`);
      assert.ok(back.subarray(0, 256).every(Number.isFinite));
    }
  });
}

Deno.test("rounded numbers take at most 0.26 and 0.5 of float32's bytes", () => {
  const n = 533_505;
  assert.equal(roundedBytes("int8", n), 4 * 2085 + 533_508);
  assert.ok(roundedBytes("int8", n) / (4 * n) < 0.2542);
  assert.equal(roundedBytes("bfloat16", n), 2 * n + 2);
});

Deno.test("other streams round otherwise, the same stream the same", () => {
  const { kernels, x, rounded } = setUp("int8", Array.from({ length: 64 }, (_, i) => Math.sin(i)));
  const bytes = (key: StreamKey) => {
    roundByChance(kernels, "int8", x, rounded, key);
    return rounded.toHex();
  };
  const changes: Partial<StreamKey>[] = [{}, { seed: 8 }, { purpose: "generator_wire" }, { counter: 13 }, {
    shard: 4,
  }];
  assert.equal(new Set(changes.map((change) => bytes({ ...KEY, ...change }))).size, changes.length);
  assert.equal(bytes(KEY), bytes(KEY));
});

Deno.test("buffers of other sizes and of others are refused", () => {
  const { kernels, x, held, rounded } = setUp("int8", [1, 2, 3]);
  assert.throws(() => roundByChance(kernels, "bfloat16", x.subarray(1), rounded.subarray(1), KEY), {
    message: "Cannot round: 2 numbers take 4 bytes as bfloat16, found 7",
  });
  assert.throws(() => roundDifference(kernels, "int8", x, held.subarray(1), rounded), {
    message: "Cannot round: held must have 3 elements, found 2",
  });
  assert.throws(() => expand(kernels, "int8", new Uint8Array(8), x), { name: "TypeError" });
});
