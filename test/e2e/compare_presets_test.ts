/** A comparison with real processes and a tiny budget: stopped, gone on with, reported on. */
import assert from "node:assert/strict";
import { Workplace } from "./workplace.ts";

const STEPS = 2;
const BATCH = 16;
/** Without convolutions, whose evaluations take seconds. */
const PRESETS = ["gan", "wgan", "wgan-gp"];

Deno.test("three systems on one data set; stopped by Ctrl-C it goes on where it was, and ends in one report", async () => {
  await using place = await Workplace.open();
  const out = place.path("contest");
  const budget = [
    "--examples",
    `${STEPS * BATCH}`,
    "--batch",
    `${BATCH}`,
    "--seed",
    "5",
    "--presets",
    PRESETS.join(),
  ];
  const first = place.start("compare-presets", [
    "--data",
    place.images,
    ...budget,
    "--out",
    out,
    "--workers",
    "1",
  ]);
  // In the second run: the first is done.
  await first.line(/Comparison, 2 of 3: wgan, 2 critic steps\n/);
  first.signal("SIGINT");
  const stopped = await first.end();
  assert.deepEqual([stopped.code, stopped.stdout], [130, ""], stopped.stderr);
  assert.match(
    stopped.stderr,
    /The comparison stopped and is saved\. To continue it: deno task compare-presets --resume \S+\n$/,
  );
  const before = await place.inspect(`${out}/gan`);
  assert.deepEqual([before.state, before.steps], ["finished", STEPS]);
  // What a run leaves that was killed before its first record.
  await Deno.mkdir(`${out}/wgan-gp/artifacts`, { recursive: true });

  const second = await place.run("compare-presets", ["--resume", out, "--workers", "2"]);
  assert.deepEqual([second.code, second.stdout], [0, `${out}/report.html\n`], second.stderr);
  assert.match(second.stderr, /1 of 3: gan, done already\n.*2 of 3: wgan, (going on|2 critic steps)\n/);
  const runs = await Promise.all(PRESETS.map((preset) => place.inspect(`${out}/${preset}`)));
  for (const [i, run] of runs.entries()) {
    assert.deepEqual([run.state, run.steps, run.config.preset], ["finished", STEPS, PRESETS[i]]);
    assert.deepEqual([run.config.seed, run.examples_used], [5, STEPS * BATCH]);
    assert.equal(run.evaluations.at(-1)?.step, STEPS);
  }
  assert.equal(new Set(runs.map(({ data }) => data.sha256)).size, 1);
  assert.deepEqual(runs[2]!.evaluations.map(({ step }) => step), [0, 1, 2]);
  assert.deepEqual([runs[0]!.incarnations, runs[2]!.incarnations], [1, 1]);
  // A generator step for each critic step, or for every fifth.
  assert.deepEqual(runs.map(({ generator_steps }) => generator_steps), [2, 0, 0]);

  const page = await Deno.readTextFile(`${out}/report.html`);
  assert.match(page, /<h1>Comparison on images-idx3-ubyte<\/h1>/);
  assert.match(page, /sees the same number of real examples: 32,/);
  for (const preset of PRESETS) assert.match(page, new RegExp(`<h3>${preset}</h3>`));
  // Two of them have taken no generator step, and show the same: they share a figure.
  assert.equal(page.match(/A sample is [\d.]+ away from its nearest training image/g)!.length, 2);
});

Deno.test("a comparison that cannot be held gets one line and exit code 2", async () => {
  await using place = await Workplace.open();
  await Deno.mkdir(place.path("full", "x"), { recursive: true });
  const table: [args: string[], message: RegExp][] = [
    [["--data", "nowhere"], /^Cannot read data: .* found nothing at nowhere; check --data\n$/],
    [
      ["--out", "full"],
      /^Cannot compare presets in full: the folder must be empty or new; name another with --out, /,
    ],
    [["--resume", "full"], /^Cannot continue the comparison: full\/contest\.json must be readable, found /],
    [["--resume", "full", "--seed", "1"], /^Cannot change a comparison that is resumed: .*, found --seed\n$/],
    [
      ["--dataset", "strokes", "--presets", "toy-wgan"],
      /^Cannot use preset toy-wgan: .*, found examples of 16 x 16; /,
    ],
  ];
  for (const [args, message] of table) {
    const { code, stdout, stderr } = await place.run("compare-presets", args);
    assert.deepEqual([code, stdout], [2, ""], args.join(" "));
    assert.match(stderr, message);
  }
});
