/** The losses of every preset's first 30 steps are those of commit fe127ed: a readable promise of the same bits. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { isConditional, type PresetName, PRESETS } from "../../coordinator/config/presets.ts";
import { linesOf, parseGolden, relativeDifference } from "./loss_golden.ts";
import { trainedLosses } from "./trained_losses.ts";

const FOLDER = new URL("losses/", import.meta.url);
const IMAGES = fileURLToPath(new URL("images-idx3-ubyte", FOLDER));

/**
 * Largest {@linkcode relativeDifference} on a processor of another numeric class. Measured here with every initial
 * weight changed by one unit in the last place: 1.6e-3 for gan, whose Adam divides gradients near 0 by their own size;
 * 5.8e-5 at most for the others.
 */
const toleranceFor = (preset: PresetName) => preset === "gan" ? 1e-2 : 5e-4;

/** Those that take labels, those of residual networks, and others came later. */
const LATER: readonly PresetName[] = [
  "wgan-gp-resnet",
  "sngan",
  "r3gan-lite",
  "toy-r3gan",
  "series-wgan-gp",
  "table-wgan-gp",
];
const OLD_PRESETS = (Object.keys(PRESETS) as PresetName[])
  .filter((preset) => !isConditional(preset) && !LATER.includes(preset));

for (const preset of OLD_PRESETS) {
  Deno.test(`goldens: losses of preset ${preset} are those of fe127ed`, async () => {
    const golden = parseGolden(await Deno.readTextFile(new URL(`${preset}.txt`, FOLDER)));
    assert.deepEqual([golden.lines.length, golden.options.slice(0, 2)], [30, ["--preset", preset]]);
    const data = golden.options.includes("--dataset") ? [] : ["--data", IMAGES];
    const found = await trainedLosses([...golden.options, ...data]);
    const lines = linesOf(found);
    if (found.numeric_class === golden.numeric_class) assert.deepEqual(lines, golden.lines);
    else {
      const difference = relativeDifference(lines, golden.lines);
      assert.ok(difference <= toleranceFor(preset), `${difference}`);
    }
  });
}

Deno.test("goldens of losses: there is one for each preset of fe127ed, and none beside", () => {
  const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).filter((name) => name.endsWith(".txt"));
  assert.deepEqual(names.sort(), OLD_PRESETS.map((preset) => `${preset}.txt`).sort());
});

Deno.test("losses are compared by column, each relative to its largest magnitude", () => {
  const golden = ["1 -4 -", "2 2 0.5"];
  assert.equal(relativeDifference(golden, golden), 0);
  assert.equal(relativeDifference(["1 -4 -", "2 3 0.5"], golden), 0.25);
  assert.equal(relativeDifference(["1 -4 -", "2 2 0.25"], golden), 0.5);
  assert.ok(!(relativeDifference(["1 NaN -", "2 2 0.5"], golden) <= 1));
  assert.throws(() => relativeDifference(["1 -4 1", "2 2 0.5"], golden), assert.AssertionError);
  assert.throws(() => relativeDifference(["1 -4 -"], golden), assert.AssertionError);
});
