import assert from "node:assert/strict";
import fc from "fast-check";
import {
  fillNormal,
  fillUniform,
  permutation,
  philoxBlock,
  type Purpose,
  PURPOSES,
  Stream,
  type StreamKey,
} from "../../random/philox.ts";
import goldens from "./goldens/streams.json" with { type: "json" };
import { float64s, hexOf, uint32s } from "./hex.ts";

const KEY: StreamKey = { seed: 11, purpose: "probe", counter: 5, shard: 2 };

/** Random123 1.14, tests/kat_vectors, "philox4x32 10": counter, key, expected. */
const KNOWN_ANSWERS: readonly (readonly [number[], number[], string])[] = [
  [[0, 0, 0, 0], [0, 0], "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
  [[-1, -1, -1, -1], [-1, -1], "408f276d 41c83b0e a20bc7c6 6d5451fd"],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    "d16cfe09 94fdcceb 5001e420 24126ea1",
  ],
];

Deno.test("Philox gives Random123's known answers", () => {
  for (const [[c0, c1, c2, c3], [k0, k1], expected] of KNOWN_ANSWERS) {
    const out = new Uint32Array(4);
    philoxBlock(out, c0!, c1!, c2!, c3!, k0!, k1!);
    assert.equal(Array.from(out, (word) => word.toString(16).padStart(8, "0")).join(" "), expected);
  }
});

for (const golden of goldens) {
  const key = { ...golden.key, purpose: golden.key.purpose as Purpose };
  Deno.test(`the stream of ${JSON.stringify(key)} has the bytes of the Python implementation`, () => {
    const words = new Stream(key);
    assert.equal(hexOf(Uint32Array.from({ length: 32 }, () => words.nextUint32())), golden.words);

    const uniforms = new Stream(key);
    assert.equal(hexOf(Float64Array.from({ length: 16 }, () => uniforms.nextUniform())), golden.uniforms);

    const bounded = new Stream(key);
    const below = Uint32Array.from(float64s(golden.bounds), (n) => bounded.nextBelow(n));
    assert.deepEqual(below, uint32s(golden.below));

    const normals = new Float32Array(512);
    fillNormal(normals, key);
    assert.equal(hexOf(normals), golden.normals);

    const uniform = new Float32Array(64);
    fillUniform(uniform, key, -0.05, 0.05);
    assert.equal(hexOf(uniform), golden.fill_uniform);

    assert.deepEqual(permutation(100, key), uint32s(golden.permutation));
  });
}

Deno.test("a filled array is the stream's numbers, and a shorter one is a prefix", () => {
  const long = new Float32Array(103), short = new Float32Array(10);
  fillNormal(long, KEY);
  fillNormal(short, KEY);
  const stream = new Stream(KEY);
  assert.deepEqual(long, Float32Array.from(long, () => stream.nextNormal()));
  assert.deepEqual(short, long.slice(0, 10));
});

Deno.test("streams that differ in one part of the key do not share words", () => {
  const keys: StreamKey[] = [
    ...Object.keys(PURPOSES).map((purpose) => ({ ...KEY, purpose: purpose as Purpose })),
    ...[12, 11 + 2 ** 32, 2 ** 53 - 1].map((seed) => ({ ...KEY, seed })),
    ...[4, 0xffff_ffff].map((counter) => ({ ...KEY, counter })),
    ...[3, 0xffff_ffff].map((shard) => ({ ...KEY, shard })),
  ];
  const words = keys.flatMap((key) => {
    const stream = new Stream(key);
    return Array.from({ length: 64 }, () => stream.nextUint32());
  });
  // 1,024 random words collide with probability 1.2e-4; this seed has none.
  assert.equal(new Set(words).size, words.length);
});

Deno.test("keys and bounds out of range are refused", () => {
  const refusals: [() => unknown, string][] = [
    [
      () => new Stream({ ...KEY, seed: 2 ** 53 }),
      "A stream's seed must be an integer from 0 to 9007199254740991: found 9007199254740992",
    ],
    [
      () => new Stream({ ...KEY, counter: -1 }),
      "A stream's counter must be an integer from 0 to 4294967295: found -1",
    ],
    [
      () => new Stream({ ...KEY, shard: 0.5 }),
      "A stream's shard must be an integer from 0 to 4294967295: found 0.5",
    ],
    [() => new Stream(KEY).nextBelow(0), "A bound must be an integer from 1 to 4294967296: found 0"],
  ];
  for (const [act, message] of refusals) assert.throws(act, { name: "RangeError", message });
});

/** Largest distance between the empirical and the true distribution function (Kolmogorov-Smirnov). */
function distanceFrom(distribution: (x: number) => number, values: Float64Array): number {
  const sorted = values.toSorted();
  return sorted.reduce((max, x, i) => {
    const p = distribution(x);
    return Math.max(max, p - i / sorted.length, (i + 1) / sorted.length - p);
  }, 0);
}

/** Normal distribution function by Simpson's rule on the density: error below 1e-9 for |x| < 7. */
function normalDistribution(x: number): number {
  const intervals = 200, h = x / intervals;
  let sum = 0;
  for (let k = 0; k <= intervals; k++) {
    const weight = k === 0 || k === intervals ? 1 : k % 2 === 1 ? 4 : 2;
    sum += weight * Math.exp(-((k * h) ** 2) / 2);
  }
  return 0.5 + sum * h / 3 / Math.sqrt(2 * Math.PI);
}

// 1.63 / sqrt(n) is the Kolmogorov-Smirnov bound at 1 %; moments are bounded at 4 standard errors.
Deno.test("normals have normal moments and distribution", () => {
  const n = 100_000;
  const stream = new Stream(KEY);
  const values = Float64Array.from({ length: n }, () => stream.nextNormal());
  const moment = (power: number) => values.reduce((sum, x) => sum + x ** power, 0) / n;
  const bounds = [[1, 0, 1], [2, 1, 2], [3, 0, 15], [4, 3, 96]] as const;
  for (const [power, expected, variance] of bounds) {
    const error = Math.abs(moment(power) - expected);
    assert.ok(error < 4 * Math.sqrt(variance / n), `moment ${power}: off by ${error}`);
  }
  const distance = distanceFrom(normalDistribution, values.slice(0, 20_000));
  assert.ok(distance < 1.63 / Math.sqrt(20_000), `${distance}`);
});

Deno.test("uniforms are uniform, and of [0, 1)", () => {
  const n = 20_000;
  const stream = new Stream(KEY);
  const doubles = Float64Array.from({ length: n }, () => stream.nextUniform());
  const floats = new Float32Array(n);
  fillUniform(floats, KEY);
  for (const values of [doubles, Float64Array.from(floats)]) {
    assert.ok(values.every((x) => x >= 0 && x < 1));
    const distance = distanceFrom((x) => x, values);
    assert.ok(distance < 1.63 / Math.sqrt(n), `${distance}`);
  }
});

Deno.test("nextBelow is without bias (chi-square at 1 %)", () => {
  const n = 70_000, cells = 7;
  const stream = new Stream(KEY);
  const counts = new Array<number>(cells).fill(0);
  for (let i = 0; i < n; i++) counts[stream.nextBelow(cells)]! += 1;
  const expected = n / cells;
  const chi_square = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  assert.ok(chi_square < 16.8, `${chi_square}`); // 6 degrees of freedom
});

Deno.test("nextBelow skips words past the last whole multiple", () => {
  // With n = 2^31 + 1 every word from n on is skipped: about half of them.
  const n = 2 ** 31 + 1;
  const words = new Stream(KEY), bounded = new Stream(KEY);
  const kept = Array.from({ length: 64 }, () => words.nextUint32()).filter((word) => word < n);
  assert.ok(kept.length < 64);
  assert.deepEqual(kept.map(() => bounded.nextBelow(n)), kept);
});

Deno.test("permutations hold each index once", () => {
  fc.assert(
    fc.property(fc.nat(500), fc.nat(), (n, counter) => {
      const sorted = permutation(n, { ...KEY, counter }).toSorted();
      assert.deepEqual(sorted, Uint32Array.from({ length: n }, (_, i) => i));
    }),
    { seed: 2 },
  );
});

Deno.test("every permutation of four is as likely (chi-square at 1 %)", () => {
  const counts = new Map<string, number>();
  const n = 12_000;
  for (let counter = 0; counter < n; counter++) {
    const order = permutation(4, { ...KEY, counter }).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 24);
  const chi_square = [...counts.values()].reduce((sum, count) => sum + (count - n / 24) ** 2 / (n / 24), 0);
  assert.ok(chi_square < 41.6, `${chi_square}`); // 23 degrees of freedom
});

Deno.test("a stream that skips words goes on as one that has drawn them", () => {
  const key = { seed: 5, purpose: "probe", counter: 1, shard: 2 } as const;
  const whole = new Float32Array(40);
  fillNormal(whole, key);
  for (const skip of [0, 1, 4, 7, 16, 30]) {
    const rest = new Float32Array(40 - skip);
    fillNormal(rest, key, skip);
    assert.deepEqual(rest, whole.slice(skip));
  }
});
