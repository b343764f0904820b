import assert from "node:assert/strict";
import fc from "fast-check";
import { cosTurns, exp, log, powerOfInteger, sinTurns } from "../../random/special.ts";
import goldens from "./goldens/special.json" with { type: "json" };
import { float64s } from "./hex.ts";

/** Distance of neighbouring float64 numbers at |x|. */
function unitInLastPlace(x: number): number {
  return Math.max(2 ** (Math.floor(Math.log2(Math.abs(x))) - 52), 2 ** -1074);
}

/** The largest of error(f(x), y) over a golden's points. */
function worst(
  f: (x: number) => number,
  golden: { x: string; y: string },
  error: (found: number, expected: number) => number,
): number {
  const expected = float64s(golden.y);
  return float64s(golden.x).reduce((max, x, i) => Math.max(max, error(f(x), expected[i]!)), 0);
}

const inUnits = (found: number, expected: number) =>
  found === expected ? 0 : Math.abs(found - expected) / unitInLastPlace(expected);
const absolute = (found: number, expected: number) => Math.abs(found - expected);

for (const [name, f] of Object.entries({ log, exp })) {
  Deno.test(`${name} is within 2 units in the last place of 60-digit references`, () => {
    const found = worst(f, goldens[name as "log" | "exp"], inUnits);
    assert.ok(found <= 2, `${found} units`); // measured: 1
  });
}

for (const [name, f] of Object.entries({ sinTurns, cosTurns })) {
  Deno.test(`${name} is within 3e-16 of 60-digit references`, () => {
    const found = worst(f, goldens[name as "sinTurns" | "cosTurns"], absolute);
    assert.ok(found <= 3e-16, `${found}`); // measured: 1.1e-16
  });
}

Deno.test("special values", () => {
  assert.deepEqual([0, -0, 1, Infinity, -1, NaN].map(log), [-Infinity, -Infinity, 0, Infinity, NaN, NaN]);
  assert.deepEqual([0, -Infinity, Infinity, NaN, 710, -746].map(exp), [1, 0, Infinity, NaN, Infinity, 0]);
  assert.deepEqual([0, 0.25, 0.5, 0.75, 1, -0.25].map(sinTurns), [0, 1, -0, -1, 0, -1]);
  assert.deepEqual([0, 0.25, 0.5, 0.75, 1, -0.25].map((x) => Math.abs(cosTurns(x))), [1, 0, 1, 0, 1, 0]);
});

Deno.test("powerOfInteger stays within its stated error of exact integer powers", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 1000 }), fc.integer({ min: 0, max: 60 }), (x, n) => {
      const exact = Number(BigInt(x) ** BigInt(n));
      const error = Math.abs(powerOfInteger(x, n) - exact) / exact;
      assert.ok(error <= n * 1.2e-16, `${x}^${n}: ${error}`);
    }),
    { seed: 1, numRuns: 2000 },
  );
  assert.equal(powerOfInteger(0.5, 1074), 2 ** -1074);
  assert.equal(powerOfInteger(0.999, 0), 1);
  assert.throws(() => powerOfInteger(2, -1), {
    name: "RangeError",
    message: "An exponent must be an integer of at least 0: found -1",
  });
});

Deno.test("random/ uses no function of Math that may differ between engines", async () => {
  const allowed = new Set(["Math.floor", "Math.sqrt", "Math.imul"]);
  const folder = new URL("../../random/", import.meta.url);
  for await (const { name } of Deno.readDir(folder)) {
    const code = (await Deno.readTextFile(new URL(name, folder))).replace(/\/\*[^]*?\*\/|\/\/.*/g, "");
    const used = code.match(/Math\.\w+|\*\*/g) ?? [];
    assert.deepEqual(used.filter((word) => !allowed.has(word)), [], name);
  }
});
