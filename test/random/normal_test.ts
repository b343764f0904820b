import assert from "node:assert/strict";
import { normalOfWord } from "../../random/normal.ts";
import goldens from "./goldens/normal.json" with { type: "json" };
import { float64s, uint32s } from "./hex.ts";

Deno.test("normalOfWord agrees with 60-digit quantiles within 1e-15 relative", () => {
  const quantiles = float64s(goldens.quantiles);
  let worst = 0;
  uint32s(goldens.words).forEach((word, i) => {
    worst = Math.max(worst, Math.abs(normalOfWord(word) / quantiles[i]! - 1));
  });
  assert.ok(worst <= 1e-15, `${worst}`); // measured: 4.4e-16
});

Deno.test("normalOfWord is odd under complement and grows with the word", () => {
  let last = -Infinity;
  for (let word = 0; word < 2 ** 32; word += 104_729) {
    const value = normalOfWord(word);
    assert.equal(normalOfWord(0xffff_ffff - word), -value);
    assert.ok(value > last, `${word}`);
    last = value;
  }
  assert.ok(normalOfWord(0xffff_ffff) < 6.34);
});
