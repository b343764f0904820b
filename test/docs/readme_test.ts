import assert from "node:assert/strict";
import { type Preset, type PresetName, PRESETS } from "../../coordinator/config/presets.ts";
import { MEASURED } from "../../tasks/presets/measured.ts";

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

Deno.test("README.md: figures of a preset are those that deno task presets prints", async () => {
  const text = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
  const rows = [
    ...text.matchAll(/^\| `([a-z0-9-]+)`[^|]*\|[^|]*\|([^|]*)\|([^|]*)\|([^|]*)\|$/gm),
  ].map(([, name, ...cells]) => [name!, ...cells.map((cell) => cell.trim())]);
  const number = (value: number) => value.toLocaleString("en-US");
  const required = rows.map(([name]) => {
    const measured = MEASURED[name as PresetName];
    if (!measured) return [name, "", "", ""];
    const { steps, seconds, distance } = measured, all = PRESETS[name as PresetName].steps;
    return [
      name,
      steps === all ? number(steps) : `${number(steps)} of ${number(all)}`,
      seconds === null ? "" : `${seconds} s`,
      distance === null ? "" : distance.end.toFixed(3),
    ];
  });
  assert.equal(rows.length, 10, "rows of presets");
  assert.deepEqual(rows, required);
});
