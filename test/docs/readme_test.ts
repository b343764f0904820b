import assert from "node:assert/strict";
import { type Preset, PRESETS } from "../../coordinator/config/presets.ts";

Deno.test("README.md: steps of a preset are its default, or are said to be a part of that", async () => {
  const text = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
  // Where a row has two presets, its figures are those of the first.
  const rows = [
    ...text.matchAll(/^\| `([a-z0-9-]+)`(?:, `[a-z-]+`)* +\|[^|]*\| +(?:[\d,]+ of )?([\d,]+) \|/gm),
  ];
  assert.equal(rows.length, 9, "rows with steps");
  const presets: Readonly<Record<string, Preset>> = PRESETS;
  for (const [, name, steps] of rows) {
    assert.equal(steps, presets[name!]!.steps.toLocaleString("en-US"), name!);
  }
});
