import assert from "node:assert/strict";
import fc from "fast-check";
import { examine } from "../../../runlog/doctor/doctor.ts";
import { type RunVerdict, VERDICT_STATES, verdictLine, verdictOf } from "../../../runlog/doctor/verdict.ts";
import { noneSkipped } from "../../../runlog/log/reader.ts";
import type { RecordOf, RunRecord } from "../../../runlog/records.ts";
import { RunFold, type Summary } from "../../../runlog/summary/summary.ts";
import { end, runRecord, stepRecord } from "../log/example_log.ts";

function judge(records: readonly RunRecord[], objective = "wgan"): RunVerdict {
  const fold = new RunFold();
  const run = runRecord({ config: { ...runRecord().config, objective } });
  for (const record of [run, ...records]) fold.add(record);
  const summary = fold.summary(false, noneSkipped());
  return verdictOf(summary, examine(summary));
}

/** Steps with a steady estimate that is the function of the step; null: the objective has none. */
function curve(num_steps: number, estimate: ((step: number) => number) | null): RunRecord[] {
  return Array.from({ length: num_steps }, (_, i) => {
    const { wasserstein_estimate: _none, ...step } = stepRecord(i + 1, { loss_critic: 1.2 }) as RecordOf<
      "step"
    >;
    return estimate ? { ...step, wasserstein_estimate: estimate(i + 1) } : step;
  });
}

/** The first before the first step, the others evenly over the steps. */
function distances(num_steps: number, ...values: number[]): RunRecord[] {
  return values.map((sliced_wasserstein, i) => {
    return { type: "evaluation", step: Math.round(num_steps * i / (values.length - 1)), sliced_wasserstein };
  });
}

function pictures(num_steps: number, ...values: number[]): RunRecord[] {
  return values.map((diversity, i) => {
    const step = Math.round(num_steps * i / (values.length - 1));
    return { type: "sample", step, file: `samples/${step}.png`, diversity };
  });
}

const falling = (step: number) => 1 - step / 5000;
const steep = (step: number) => 1 - step / 1000;
const level = () => 0.3;
const varied = pictures(3000, 0.1, 0.8, 1, 1);

Deno.test("the doctor's named runs: the healthy one learns, the others fail, and each says why and what to do", async () => {
  const of = async (name: string) => {
    const text = await Deno.readTextFile(new URL(`./runs/${name}.json`, import.meta.url));
    const summary = JSON.parse(text) as Summary;
    return verdictOf(summary, examine(summary));
  };
  const healthy = await of("healthy");
  assert.equal(healthy.state, "learning");
  assert.equal(healthy.advice, null);
  assert.match(
    verdictLine(healthy),
    /^Learning: .* fell from 0\.882 to 0\.167 .* the estimate fell 24 % .* as varied as the data/,
  );
  const failing = {
    "wide-clip": [/1\.06 and was 0\.882 before.* much less varied .*critic does not get close/, /--clip/],
    "weak-critic": [/1\.43 and was 0\.882 before.* such a high learning rate/, /with --lr 5e-4$/],
    collapsed: [/much less varied than the data \(0\.0829/, /--n-critic/],
    lagging: [/0\.862 and was 0\.882 .* cannot follow the generator/, /--penalty/],
  } as const;
  for (const [name, [sentence, advice]] of Object.entries(failing)) {
    const verdict = await of(name);
    assert.equal(verdict.state, "failing", name);
    assert.match(verdict.sentence, sentence);
    assert.match(verdict.advice!, advice);
  }
  const others = {
    "all-images": "learning",
    undisturbed: "learning",
    "with-faults": "learning",
    "few-images": "learning",
    "three-times-as-wide": "learning",
    "ten-times-as-wide": "failing",
    "ages-and-incomes": "failing",
    "two-devices": "too-early",
    "quick-coordinator": "too-early",
  };
  for (const [name, state] of Object.entries(others)) assert.equal((await of(name)).state, state, name);
  assert.match((await of("few-images")).advice!, /Use more data/, "it learns, but not all is well");
});

Deno.test("a learning rate far too high comes first, and nobody is told to train longer or to raise it", () => {
  const of = (lr: number, ...records: RunRecord[]) => {
    const fold = new RunFold();
    const config = { ...runRecord().config, objective: "wgan", clip: 0.01, lr };
    for (const record of [runRecord({ config }), ...curve(3000, level), ...records]) fold.add(record);
    const summary = fold.summary(false, noneSkipped());
    return verdictOf(summary, examine(summary));
  };
  const stalled = distances(3000, 0.8, 0.8, 0.79, 0.8);
  const unvaried = pictures(3000, 0.02, 0.1);
  const falls = distances(3000, 0.8, 0.7, 0.6, 0.5);
  const runs: [string, RunRecord[]][] = [
    ["failing", stalled],
    ["unclear", [...falls, ...unvaried]],
    ["learning", [...falls, ...varied]],
    ["failing", [...stalled, ...pictures(3000, 0.02, 0.9, 0.4, 0.3, 0.3)]],
  ];
  for (const [state, records] of runs) {
    const { advice, sentence, state: found } = of(0.5, ...records);
    assert.deepEqual([found, advice], [state, "Start a new run with --lr 5e-5"]);
    assert.match(sentence, /learning rate/);
    assert.doesNotMatch(of(5e-5, ...records).sentence, /learning rate/, "the preset's");
  }
});

Deno.test("nothing is said of a young generator but what is wrong already", () => {
  assert.deepEqual(
    [[], curve(499, steep), curve(500, steep)].map((records) => judge(records).state),
    ["too-early", "too-early", "unclear"],
  );
  assert.match(judge(curve(400, falling)).sentence, /^the generator has made 80 of the 100 steps/);
  assert.equal(judge([...curve(400, falling), end(400)]).advice, "Train longer, with more --steps");
  const negative = judge(curve(400, (step) => -0.1 * step));
  assert.deepEqual([negative.state, negative.tone], ["too-early", "neutral"]);
  assert.match(negative.advice!, /--n-critic/);
});

Deno.test("learning: by the distance, by the estimate, and by both with their figures", () => {
  const both = judge([...curve(3000, falling), ...distances(3000, 0.8, 0.4, 0.3, 0.2, 0.1), ...varied]);
  assert.deepEqual([both.state, both.advice], ["learning", null]);
  assert.match(
    both.sentence,
    /data fell 50 % since step 2,250 \(to 0\.1, lower is better\); the estimate fell \d+ % since step 1,\d+; samples are as varied as the data$/,
  );
  const rising = judge([...curve(3000, (step) => step / 3000), ...distances(3000, 0.8, 0.4, 0.3, 0.2, 0.1)]);
  assert.equal(rising.state, "learning", "an estimate may rise while samples become better");
  assert.doesNotMatch(rising.sentence, /estimate/);
  const level_distance = judge([...curve(3000, falling), ...distances(3000, 0.8, 0.1, 0.1, 0.1)]);
  assert.deepEqual([level_distance.state, /estimate fell/.test(level_distance.sentence)], ["learning", true]);
  const unmeasured = judge(curve(3000, falling));
  assert.equal(unmeasured.state, "unclear", "the estimate alone is no evidence");
  assert.match(unmeasured.sentence, /^the estimate fell .* no distance was measured$/);
});

Deno.test("a run whose figures stand still has levelled off where it had learned, and is stalled where it had not", () => {
  const done = judge([...curve(3000, level), ...distances(3000, 0.8, 0.1, 0.1, 0.1, 0.1), ...varied]);
  assert.deepEqual([done.state, done.advice], ["level", null]);
  assert.match(done.sentence, /fell from 0\.8 to 0\.1 .* level since step 2,250/);
  const stalled = judge([...curve(3000, level), ...distances(3000, 0.8, 0.8, 0.79, 0.8), ...varied]);
  assert.equal(stalled.state, "stalled");
  assert.match(stalled.advice!, /train longer/);
});

Deno.test("what had been won and is lost again is named, with the step to go back to", () => {
  const worse = judge([...curve(3000, falling), ...distances(3000, 0.8, 0.1, 0.1, 0.2, 0.3), ...varied]);
  assert.deepEqual([worse.state, worse.tone], ["worsening", "bad"]);
  assert.match(worse.sentence, /rose from 0\.1 at step 750 to 0\.3/);
  assert.match(worse.advice!, /step 750/);
  const jitter = judge([...curve(3000, level), ...distances(3000, 0.8, 0.04, 0.04, 0.04, 0.055)]);
  assert.equal(jitter.state, "level", "a hundredth of what was won is no loss");
});

Deno.test("collapsed samples: with fewer pictures than the doctor needs, and never while variety still rises", () => {
  const with_pictures = (...values: number[]) =>
    judge([...curve(3000, falling), ...distances(3000, 0.8, 0.4, 0.2), ...pictures(3000, ...values)]);
  assert.deepEqual(
    [
      with_pictures(0.02, 0.9, 0.3),
      with_pictures(0.02, 0.2, 0.4),
      with_pictures(0.02, 0.1),
      with_pictures(0.02, 0.6),
    ].map(({ state }) => state),
    ["failing", "learning", "unclear", "learning"],
  );
  assert.match(with_pictures(0.02, 0.9, 0.3).sentence, /less varied than the data/);
  assert.match(with_pictures(0.02, 0.6).sentence, /less varied than the data \(0\.6, 1 is as varied\)/);
});

Deno.test("a GAN: its losses say little, distances say all, and a critic without doubt is named", () => {
  const blind = judge(curve(3000, null), "gan");
  assert.deepEqual([blind.state, blind.advice], ["unclear", "Measure distances with --evaluate-every"]);
  const measured = judge([...curve(3000, null), ...distances(3000, 0.8, 0.4, 0.2), ...varied], "gan");
  assert.equal(measured.state, "learning");
  assert.doesNotMatch(measured.sentence, /estimate/);
  const certain = curve(3000, null).map((step) => ({ ...step, loss_critic: 0.01 }) as RunRecord);
  const saturated = judge([...certain, ...distances(3000, 0.8, 0.79, 0.78)], "gan");
  assert.deepEqual([saturated.state, /with certainty/.test(saturated.sentence)], ["failing", true]);
  assert.equal(judge([...certain, ...distances(3000, 0.8, 0.4, 0.2)], "gan").state, "learning");
});

Deno.test("a run that an error ended says so, and a resumed one is judged without what was superseded", () => {
  const failed = judge([
    ...curve(3000, falling),
    end(3000, { reason: "failed", detail: "Training cannot continue: weights must be finite" }),
  ]);
  assert.deepEqual([failed.state, failed.sentence], [
    "failing",
    "the run stopped with an error at step 3,000: Training cannot continue: weights must be finite",
  ]);
  const lost: RunRecord[] = [...curve(3000, falling), ...distances(3000, 0.8, 0.4, 0.2, 0.6)];
  const back: RunRecord = { type: "resume", step: 2000, incarnation: 1, changed: {}, time: "" };
  assert.deepEqual([judge(lost).state, judge([...lost, back]).state], ["worsening", "learning"]);
});

Deno.test("no run whose last distance is far from its best, or from which variety is gone, is said to learn", () => {
  const positive = fc.double({ min: 0.001, max: 10, noNaN: true });
  const objective = fc.constantFrom("wgan", "wgan-gp", "gan");
  const estimates = fc.constantFrom(falling, level, (step: number) => step / 1000);
  const anyRun = fc.record({
    objective,
    estimates,
    distances: fc.array(positive, { minLength: 3, maxLength: 14 }),
    pictures: fc.array(fc.double({ min: 0, max: 1.5, noNaN: true }), { minLength: 2, maxLength: 8 }),
  });
  const curves = new Map([falling, level].map((one) => [one, curve(600, one)]));
  fc.assert(
    fc.property(anyRun, (run) => {
      const steps = run.objective === "gan"
        ? curve(600, null)
        : curves.get(run.estimates) ?? curve(600, run.estimates);
      const verdict = judge(
        [...steps, ...distances(600, ...run.distances), ...pictures(600, ...run.pictures)],
        run.objective,
      );
      assert.ok(Object.hasOwn(VERDICT_STATES, verdict.state));
      assert.ok(verdict.sentence.length > 0 && !/NaN|Infinity|undefined|null/.test(verdictLine(verdict)));
      if (verdict.tone === "bad") assert.ok(verdict.advice);
      if (verdict.state !== "learning") return;
      const [untrained, ...trained] = run.distances;
      assert.ok(trained.at(-1)! <= 1.1 * Math.min(...trained), "the last distance is near the best");
      assert.ok(trained.at(-1)! <= 0.9 * untrained!, "samples are nearer than before training");
      const [, ...shown] = run.pictures;
      const best_before = Math.max(...shown.slice(0, -1), 0);
      assert.ok(
        shown.at(-1)! >= 0.25 && (shown.length < 2 || shown.at(-1)! >= 0.5 || shown.at(-1)! > best_before),
      );
    }),
    { seed: 16, numRuns: 300 },
  );
});
