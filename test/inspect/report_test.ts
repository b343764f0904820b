/** The report of one run on a terminal. */
import assert from "node:assert/strict";
import type { Finding } from "../../runlog/doctor/rule.ts";
import { adviceFor } from "../../inspect/advice.ts";
import { runReport } from "../../inspect/run_report.ts";
import { runTable } from "../../inspect/run_table.ts";
import type { RecordOf, RunRecord } from "../../runlog/records.ts";
import { type Summary } from "../../runlog/summary/summary.ts";
import { checkpoint, end, steps, TIME } from "../runlog/log/example_log.ts";
import { FINISHED, LISTED, PLAIN, summed } from "./report_scene.ts";

const FINDINGS: readonly Finding[] = [{
  code: "estimate-negative",
  spoils: "critic",
  grade: "fault",
  seen: "The estimate is -1",
  first_step: 1101,
  last_step: 1300,
  numbers: { mean: -1 },
  cause: "The critic cannot follow",
  change: "Lower --lr",
}];

Deno.test("the report of a finished run", () => {
  const files = [
    { path: "samples/step-30.png", about: "what the generator draws" },
    { path: "events.jsonl", about: "the log" },
  ];
  const report = runReport({ folder: "runs/example", summary: FINISHED, findings: [], files }, {
    ...PLAIN,
    width: 80,
  });
  assert.equal(
    report.join("\n"),
    `example  finished
  wgan on strokes · 1,000 examples · batch 8 · shards 4 · lr 5e-5 · seed 7
  critic 533,505 and generator 1,510,032 parameters
  30 steps · 6 of the generator · epoch 1 · 2 s · 800 images/s

  Too early to tell: the generator has made 6 of the 100 steps that a verdict
  needs.
  What to do: Train longer, with more --steps.

Samples against data  sliced Wasserstein distance, lower is better
  STEP  DISTANCE  MODES COVERED  HIGH QUALITY
     0       0.5         1 of 8          25 %
    30      0.05         7 of 8          90 %

Wasserstein estimate 0.155
  ± 0.0161, mean of the last 30 steps; lower is better, critic's own scale
       0.3 │                      ▁▂▃▄▅▆▇█
           │               ▂▃▄▅▆▇█████████
           │       ▁▂▃▄▅▆▇████████████████
         0 │▂▃▄▅▆▇████████████████████████
      step  1                           30

Losses  each on its own scale; number: mean of the last 30 steps
  generator     █    ▇    ▅    ▄    ▂    ▁ -17.5

Doctor  no problems found

Held-out examples  at step 30
  critic cost -0.25, mean D(x) 0.5

Where a step's time goes  mean 10.0 ms, median 10.0 ms; 300 B a step
  computing (the slowest worker)   6.00 ms  60 %  ████████████████
  transfer and waiting             1.00 ms  10 %  ███
  receiving and summing gradients   0.50 ms   5 %  █
  updating weights                 1.00 ms  10 %  ███
  sending weights                  0.50 ms   5 %  █
  the rest                         1.00 ms  10 %  ███

Workers
  #  NAME     PROVIDER  THREADS  SHARDS  MS/SHARD  WIRE MS  COMPUTED    STEPS
  1  host:1   cpu             1      60         3        -       0 s  1 to 30
  2  other:2  cuda:0          1      60         2        -       0 s  1 to 30

Faults and how they were handled
  step 3: worker lost in mid-step (worker 2); gave its open shards to worker
    1. silence

Weights  bits: exact, 1 numeric class
  sha256 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef

Files in runs/example
  samples/step-30.png  what the generator draws
  events.jsonl         the log

Next
  Look at the last samples: runs/example/samples/step-30.png
  Draw new samples:
    deno task sample runs/example --grid samples.png
  Make a web page that draws samples:
    deno task page runs/example --single page.html
  To train longer, continue from its end:
    deno task train --resume runs/example --steps 60`,
  );
});

Deno.test("the report of a run before its first step", () => {
  const inspected = { folder: "runs/example", summary: summed([], true), findings: [], files: [] };
  assert.equal(
    runReport(inspected, { colour: false, unicode: false, width: 60 }).join("\n"),
    `example  running
  wgan on strokes, 1,000 examples, batch 8, shards 4
  lr 5e-5, seed 7
  critic 533,505 and generator 1,510,032 parameters
  0 of 30 steps, 0 of the generator, epoch 0, 0 s

  Too early to tell: there is no step yet.

Learning
  no step yet

Weights
  none saved yet

Next
  It is running. To look again:
    deno task inspect runs/example`,
  );
});

Deno.test("a report for a plain terminal is plain ASCII and fits its width", () => {
  const terminal = { colour: false, unicode: false, width: 80 };
  const lines = runReport({ folder: "runs/example", summary: FINISHED, findings: [], files: [] }, terminal);
  for (const line of lines) assert.match(line, /^[\x20-\x7e]{0,80}$/);
});

Deno.test("a curve that falls leaves no blanks at the ends of its lines", () => {
  const falling = steps(1, 30).map((record, i) => ({ ...record, wasserstein_estimate: 30 - i }) as RunRecord);
  const lines = runReport({ folder: "r", summary: summed(falling), findings: [], files: [] }, PLAIN);
  assert.ok(lines.some((line) => line.includes("│█")));
  for (const line of lines) assert.equal(line, line.trimEnd());
});

Deno.test("in a narrow terminal the distance stays, and names of times go on further in", () => {
  const terminal = { ...PLAIN, width: 20 };
  const lines = runReport({ folder: "runs/example", summary: FINISHED, findings: [], files: [] }, terminal);
  const at = lines.indexOf("  STEP  DISTANCE");
  assert.deepEqual(lines.slice(at + 1, at + 3), ["     0       0.5", "    30      0.05"]);
  const from = lines.indexOf("  computing (the");
  assert.deepEqual(lines.slice(from + 1, from + 3), ["    slowest worker)", "      6.00 ms  60 %"]);
});

Deno.test("what a file is stands beside its name, in as many rows as it takes, or below", () => {
  const files = [
    { path: "samples/step-000000030.png", about: "samples at step 30, the last, and the nearest" },
    { path: "events.jsonl", about: "the log" },
  ];
  const listed = (width: number) => {
    const inspected = { folder: "r", summary: FINISHED, findings: [], files };
    const lines = runReport(inspected, { ...PLAIN, width });
    const at = lines.indexOf("Files in r");
    return lines.slice(at + 1, lines.indexOf("", at));
  };
  assert.deepEqual(listed(75), [
    "  samples/step-000000030.png  samples at step 30, the last, and the nearest",
    "  events.jsonl                the log",
  ]);
  assert.deepEqual(listed(58), [
    "  samples/step-000000030.png  samples at step 30, the",
    "                              last, and the nearest",
    "  events.jsonl                the log",
  ]);
  assert.deepEqual(listed(57), [
    "  samples/step-000000030.png",
    "    samples at step 30, the last, and the nearest",
    "  events.jsonl",
    "    the log",
  ]);
});

Deno.test("what is odd about a log is said", () => {
  const summary = {
    ...FINISHED,
    log: { bad_lines: 2, first_bad_line: 7, cut_off: false, unknown_records: 1 },
  };
  const lines = runReport({ folder: "r", summary, findings: [], files: [] }, PLAIN);
  assert.ok(lines.includes("  2 lines of the log could not be read; the first of them is line 7"));
  assert.ok(lines.includes("  1 record of a newer version was skipped"));
});

Deno.test("a run that stopped says from where it can go on, and weights say where they are from", () => {
  const stopped = summed([...steps(1, 12), checkpoint(10)]);
  assert.deepEqual(adviceFor("runs/a", stopped), [{
    text: "Draw new samples:",
    line: "deno task sample runs/a --grid samples.png",
  }, {
    text: "Make a web page that draws samples:",
    line: "deno task page runs/a --single page.html",
  }, {
    text: "Continue from step 10, with the same result as without a stop:",
    line: "deno task train --resume runs/a",
  }]);
  const lines = runReport({ folder: "runs/a", summary: stopped, findings: [], files: [] }, PLAIN);
  assert.ok(lines.includes("  sha256 weights at 10 (of the checkpoint at step 10)"));
  assert.deepEqual(adviceFor("runs/a", summed(steps(1, 3))), [
    { text: "It has no checkpoint to resume from; start a new run:", line: "deno task train" },
  ]);
});

Deno.test("the verdict stands first, with what to do, and beside each distance how varied samples were", () => {
  const measured = [[0, 0.8, 0.1], [800, 0.4, 0.9], [1600, 0.2, 1]] as const;
  const records = measured.flatMap(([step, sliced_wasserstein, diversity]): RunRecord[] => [
    { type: "evaluation", step, sliced_wasserstein },
    { type: "sample", step, file: `samples/${step}.png`, diversity },
  ]);
  const summary = summed([...steps(1, 1600), ...records]);
  const lines = runReport({ folder: "r", summary, findings: [], files: [] }, { ...PLAIN, width: 80 });
  const from = lines.findIndex((line) =>
    line.startsWith("  Learning: the distance of samples to the data fell 50 %")
  );
  assert.deepEqual(lines.slice(from + 2, from + 8), [
    "",
    "Samples against data",
    "  sliced Wasserstein distance, lower is better; diversity: 1 is as varied as the",
    "  data",
    "   STEP  DISTANCE  DIVERSITY",
    "      0       0.8        0.1",
  ]);
  const [first, last] = [0, 800].map((step): RunRecord => (
    { type: "evaluation", step, sliced_wasserstein: 0.5, frechet_distance: 7 - step / 800 }
  ));
  const with_metrics = runReport(
    { folder: "r", summary: summed([...steps(1, 800), first!, last!]), findings: [], files: [] },
    PLAIN,
  );
  assert.ok(with_metrics.includes("  STEP  DISTANCE  FID"));
  assert.ok(with_metrics.includes("   800       0.5    6"));
  const [fault] = FINDINGS;
  const failing = runReport(
    { folder: "r", summary: summed(steps(1, 1600)), findings: [fault!], files: [] },
    PLAIN,
  );
  assert.ok(
    failing.some((line) => line.startsWith("  Failing: the estimate is -1; likely cause: the critic")),
  );
  assert.ok(failing.includes("  What to do: Lower --lr."));
});

Deno.test("what the doctor found: where, why, and what to do", () => {
  const findings = FINDINGS;
  const lines = runReport({ folder: "r", summary: FINISHED, findings, files: [] }, PLAIN);
  const at = lines.indexOf("Doctor  1 finding; see docs/doctor.md");
  assert.deepEqual(lines.slice(at + 1, at + 5), [
    "  estimate-negative (steps 1,101 to 1,300)",
    "    The estimate is -1. The critic cannot follow.",
    "    What to change: Lower --lr.",
    "",
  ]);
  const noted = findings.map((finding): Finding => ({ ...finding, grade: "note" }));
  const calm = runReport({ folder: "r", summary: FINISHED, findings: noted, files: [] }, PLAIN);
  const from = calm.indexOf("Doctor  no problems found, 1 note; see docs/doctor.md");
  assert.equal(calm[from + 1], "  Note: estimate-negative (steps 1,101 to 1,300)");
  assert.equal(calm[from + 3], "    If it happens again: Lower --lr.");
});

Deno.test("a GAN has a gap between its scores and no estimate; nothing is said of its sign", () => {
  const records = steps(1, 100).map((record) => {
    const { wasserstein_estimate: _, ...rest } = record as RecordOf<"step">;
    return { ...rest, mean_real: -0.5 } as RecordOf<"step">;
  });
  const summary = summed(records);
  const lines = runReport({ folder: "runs/a", summary, findings: [], files: [] }, PLAIN);
  assert.ok(
    lines.includes("Score gap -0.5  mean D(x) - mean D(G(z)), mean of the last 100 steps"),
    lines.join("\n"),
  );
  assert.ok(!lines.some((line) => /Wasserstein/.test(line)));
  assert.deepEqual(adviceFor("r", summary).length, 1);
});

Deno.test("a run whose learning rate has fallen to 0 is not to be trained on", () => {
  const decayed = (decay_steps: number) => ({ ...FINISHED, config: { ...FINISHED.config, decay_steps } });
  const last = (summary: Summary) => adviceFor("runs/example", summary).at(-1);
  assert.deepEqual(last(decayed(30)), {
    text:
      "The learning rate reached 0, so more steps would change nothing; to train longer, start a new run with a " +
      "larger --decay-steps",
    line: null,
  });
  assert.equal(last(decayed(31))?.line, "deno task train --resume runs/example --steps 60");
  assert.equal(last(decayed(0))?.line, "deno task train --resume runs/example --steps 60");
});

Deno.test("a run whose learning rate is far too high is not to be trained on", () => {
  const resumes = (lr: number) => {
    const summary = { ...FINISHED, config: { ...FINISHED.config, preset: "wgan", clip: 0.01, lr } };
    return adviceFor("runs/example", summary).some(({ line }) => line?.includes("--resume"));
  };
  assert.deepEqual([resumes(5e-5), resumes(0.5)], [true, false]);
});

Deno.test("at any width no line is longer, but for a command or a word that is to be copied", () => {
  for (let width = 20; width <= 130; width++) {
    const terminal = { ...PLAIN, width };
    const inspected = {
      folder: "runs/2026-03-01",
      summary: FINISHED,
      findings: FINDINGS,
      files: [{
        path: "samples/step-30.png",
        about: "samples at step 30, the last, and the nearest to the data",
      }],
    };
    for (const line of [...runReport(inspected, terminal), ...runTable(LISTED, Date.parse(TIME), terminal)]) {
      const whole = /^ *(sha256 )?\S+$|^ *deno task /.test(line);
      assert.ok(line.length <= width || whole, `at ${width} columns: ${line}`);
    }
  }
});

Deno.test("the averaged generator: its half-life and its hash are told, of others nothing", () => {
  const report = (config: Record<string, unknown>, change: Partial<RecordOf<"end">>) => {
    const summary = { ...summed([...steps(1, 30), end(30, change)]), config };
    return runReport({ folder: "runs/example", summary, findings: [], files: [] }, { ...PLAIN, width: 120 });
  };
  const said = report({ ema_half_life: 5000 }, { averaged_sha256: "abc" }).filter((line) =>
    /averag|ema/.test(line)
  );
  assert.deepEqual(said.map((line) => line.trim().replace(/.*(ema_half_life \d+).*/, "$1")), [
    "ema_half_life 5000",
    "averaged generator: sha256 abc; samples, figures and generator.onnx come from it",
  ]);
  assert.deepEqual(report({ ema_half_life: 0 }, {}).filter((line) => /averag|ema/.test(line)), []);
});
