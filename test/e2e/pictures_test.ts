/** Folders of pictures, and points of more than two numbers, train to the same bits by one worker and two. */
import assert from "node:assert/strict";
import type { PresetName } from "../../coordinator/config/presets.ts";
import { Stream } from "../../random/philox.ts";
import { decodePng } from "../../pictures/png.ts";
import { putPictures } from "./images.ts";
import { ofType, recordsOf } from "./log.ts";
import { trainHere } from "./train_here.ts";
import { Workplace } from "./workplace.ts";

const NUM_PICTURES = 12;

/** Few steps of narrow networks, in this process. */
function train(out: string, workers: number, args: readonly string[]) {
  const length = ["--steps", "2", "--n-critic", "1", "--batch", "8", "--latent", "8", "--width", "4"];
  return trainHere(["--out", out, "--workers", `${workers}`, ...length, ...args]);
}

interface Case {
  readonly preset: PresetName;
  readonly side: 32 | 64;
  readonly channels: 1 | 3;
}
/** Each preset, side and number of channels; not each with each, since every run is evaluated, which takes seconds. */
const CASES: readonly Case[] = [
  { preset: "wgan-dcgan", side: 32, channels: 3 },
  { preset: "dcgan", side: 64, channels: 1 },
  { preset: "wgan-gp-dcgan", side: 32, channels: 3 },
];

for (const { preset, side, channels } of CASES) {
  Deno.test(`preset ${preset}, ${channels} x ${side} x ${side} pictures: one worker and two, the same weights`, async () => {
    await using place = await Workplace.open();
    await putPictures(place.path("pictures"), NUM_PICTURES, channels);
    const data = [
      "--data",
      place.path("pictures"),
      "--image-size",
      `${side}`,
      "--preset",
      preset,
      "--holdout",
      "0.2",
    ];
    const one = await train(place.path("one"), 1, [...data, "--sample-every", "1"]);
    const two = await train(place.path("two"), 2, data);
    const shape = channels === 1 ? [side, side] : [channels, side, side];
    assert.deepEqual([one.state, one.generator_steps, one.data.example_shape], ["finished", 2, shape]);
    assert.equal(two.weights_sha256, one.weights_sha256);
    assert.ok(two.workers.every(({ shards_computed }) => shards_computed > 0));

    const records = await recordsOf(place.path("one"));
    assert.deepEqual(ofType(records, "fault"), []);
    assert.equal(ofType(records, "heldout").length, 1);
    assert.ok(ofType(records, "evaluation").every(({ sliced_wasserstein }) => sliced_wasserstein > 0));
    const grid = decodePng(await Deno.readFile(place.path("one", "samples", "step-000000002.png")));
    assert.equal(grid.channels, channels);
    if (side === 64 || preset !== "wgan-dcgan") return;
    await checkPictures(place, place.path("one"), channels);
  });
}

/** What is drawn from the run afterwards has its channels, too. */
async function checkPictures(place: Workplace, run: string, channels: 1 | 3): Promise<void> {
  const sampled = ["--grid", "grid.png", "--folder", "each", "--count", "3"];
  for (
    const [task, ...args] of [
      ["sample", run, ...sampled],
      ["export", run, "--gif", "animation.gif", "--sheet", "sheet.png"],
      ["report", run, "--out", "report.html"],
    ] as const
  ) {
    const { code, stderr } = await place.run(task, args);
    assert.equal(code, 0, stderr);
  }
  for (const file of ["grid.png", "each/2.png", "sheet.png"]) {
    assert.equal(decodePng(await Deno.readFile(place.path(file))).channels, channels, file);
  }
  const report = await Deno.readTextFile(place.path("report.html"));
  assert.ok(report.includes("Each row goes from one point in latent space to another"));
  assert.ok(report.includes("below each, the 3 training images nearest to it"));
}

Deno.test("series of five numbers train with a toy preset, and are drawn as curves", async () => {
  await using place = await Workplace.open();
  const tones = new Stream({ seed: 2, purpose: "dataset", counter: 0, shard: 0 });
  const rows = Array.from({ length: 20 }, () => Array.from({ length: 5 }, () => tones.nextNormal()).join());
  await Deno.writeTextFile(place.path("series.csv"), rows.join("\n"));
  const args = ["--data", place.path("series.csv"), "--steps", "4", "--shards", "2", "--batch", "4"];
  const runs = [];
  for (const workers of [1, 2]) {
    const out = place.path(`run-${workers}`);
    runs.push(await trainHere(["--out", out, "--workers", `${workers}`, ...args]));
  }
  const [one, two] = runs;
  assert.deepEqual([one!.config.preset, one!.config.latent, one!.data.example_shape], ["toy-wgan", 5, [5]]);
  assert.equal(two!.weights_sha256, one!.weights_sha256);
  assert.deepEqual(ofType(await recordsOf(place.path("run-1")), "fault"), []);
  const { code, stderr } = await place.run("sample", [place.path("run-1"), "--grid", "grid.png"]);
  assert.equal(code, 0, stderr);
  const [grid, run] = await Promise.all(
    ["grid.png", "run-1/samples/step-000000004.png"].map((file) =>
      Deno.readFile(place.path(file)).then(decodePng)
    ),
  );
  assert.deepEqual([grid!.channels, grid!.width], [1, 8 * 86 + 2]);
  // Paper, ink and gaps, and nothing else: beside each other real and made ones.
  assert.deepEqual([...new Set(run!.data)].sort((a, b) => a - b), [32, 96, 255]);
  assert.equal(run!.width, 2 * (5 * 86 + 2) + 16);
});
