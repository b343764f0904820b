import assert from "node:assert/strict";
import { examine, RULES } from "../../../runlog/doctor/doctor.ts";
import type { Finding } from "../../../runlog/doctor/rule.ts";
import { noneSkipped } from "../../../runlog/log/reader.ts";
import type { RunRecord } from "../../../runlog/records.ts";
import { RunFold, type Summary } from "../../../runlog/summary/summary.ts";
import type { ValueRange } from "../../../runlog/value_range.ts";
import { DOCTOR_RUNS, type DoctorRun } from "../../../scripts/doctor_runs.ts";
import { joined, runRecord, stepRecord, steps } from "../log/example_log.ts";

function summed(records: readonly RunRecord[], run = runRecord()): Summary {
  const fold = new RunFold();
  for (const record of [run, ...records]) fold.add(record);
  return fold.summary(false, noneSkipped());
}

function codes(records: readonly RunRecord[], run = runRecord()): string[] {
  return examine(summed(records, run)).map(({ code }) => code);
}

function find(code: string, records: readonly RunRecord[], run = runRecord()): Finding {
  const found = examine(summed(records, run)).find((finding) => finding.code === code);
  assert.ok(found, `${code} must be found, found ${codes(records, run).join(", ") || "nothing"}`);
  return found;
}

Deno.test("the named runs: the codes are those expected, and each says where, why and what to do", async (t) => {
  for (const name of Object.keys(DOCTOR_RUNS) as DoctorRun[]) {
    await t.step(name, async () => {
      const path = new URL(`./runs/${name}.json`, import.meta.url);
      const findings = examine(JSON.parse(await Deno.readTextFile(path)) as Summary);
      assert.deepEqual(findings.map(({ code }) => code), DOCTOR_RUNS[name].codes);
      for (const { seen, cause, change, first_step, last_step, numbers } of findings) {
        assert.ok(0 <= first_step && first_step <= last_step && last_step <= 3000);
        assert.ok(Object.values(numbers).every(Number.isFinite));
        for (const words of [seen, cause, change]) assert.match(words, /^[A-Z0-9].*[^.]$/);
      }
    });
  }
});

/** Runs that docs/doctor.md describes, by the names of their sums, with what must be found in each. */
const OTHER_RUNS = {
  "few-images": ["critic-overfits"],
  "all-images": [],
  "two-devices": ["worker-slow"],
  "with-faults": ["faults-often"],
  "undisturbed": [],
  "slow-coordinator": ["batch-norm-tiny-shards", "workers-starving"],
  "quick-coordinator": ["batch-norm-tiny-shards"],
  "ages-and-incomes": ["data-out-of-range", "estimate-negative"],
  "ten-times-as-wide": ["data-out-of-range"],
  "three-times-as-wide": [],
  "turned": ["mode-collapse", "metric-turned"],
  "few-rows": ["samples-memorised"],
  "many-rows": [],
  "average-worse": ["average-worse"],
  "average-better": ["average-better"],
};

Deno.test("runs with too few images, far data, a slow device, a slow coordinator, with faults: each has its own finding, their likes none", async (t) => {
  for (const [name, codes] of Object.entries(OTHER_RUNS)) {
    await t.step(name, async () => {
      const path = new URL(`./runs/${name}.json`, import.meta.url);
      const findings = examine(JSON.parse(await Deno.readTextFile(path)) as Summary);
      assert.deepEqual(findings.map(({ code }) => code), codes);
    });
  }
});

Deno.test("every rule has its row in docs/doctor.md, word for word, and no row is left over", async () => {
  const text = await Deno.readTextFile(new URL("../../../docs/doctor.md", import.meta.url));
  const words = text.replace(/\s+/g, " ");
  for (const { code, condition, cause, change } of RULES) {
    assert.ok(
      words.includes(
        `### \`${code}\` **When**: ${condition} **Why**: ${cause}. **What to change**: ${change}.`,
      ),
      code,
    );
  }
  const rows = [...text.matchAll(/^### `(.*)`$/gm)].map((match) => match[1]);
  assert.deepEqual(rows, RULES.map(({ code }) => code));
});

Deno.test("a run that goes well, and one that has hardly begun, have nothing", () => {
  assert.deepEqual(codes([joined(1), joined(2), ...steps(1, 3000)]), []);
  assert.deepEqual(codes([joined(1)]), []);
  assert.deepEqual(codes([joined(1), stepRecord(1, { wasserstein_estimate: -5 })]), []);
});

/** Steps whose estimate is the function of the step. */
function curve(num_steps: number, estimate: (step: number) => number): RunRecord[] {
  return Array.from({ length: num_steps }, (_, i) => {
    return stepRecord(i + 1, { wasserstein_estimate: estimate(i + 1) });
  });
}

Deno.test("estimate-negative: beyond chance, and only then", () => {
  const around = (centre: number) => curve(200, (step) => centre + (step % 2 ? 0.1 : -0.1));
  // The standard error of the mean is 0.1 / sqrt(199).
  assert.deepEqual(
    [0.05, -0.02, -0.022].map((centre) => codes(around(centre)).includes("estimate-negative")),
    [
      false,
      false,
      true,
    ],
  );
  const { first_step, last_step, numbers } = find("estimate-negative", curve(300, (step) => -step / 1e3));
  assert.deepEqual([first_step, last_step], [101, 300]);
  assert.ok(Math.abs(numbers.mean! + 0.2005) < 1e-12);
});

Deno.test("estimate-dips: a step far below the others and far below 0, which left a trace", () => {
  const dip = (depth: number) => curve(1600, (step) => step === 1000 ? depth : step % 2 ? 0.9 : 1.1);
  // So deep that its sixteenth is unsteady.
  assert.deepEqual(codes(dip(-30)), ["estimate-dips"]);
  // Far below the others, but not further below 0 than they are above.
  assert.deepEqual(codes(dip(-0.9)), []);
  const { first_step, last_step, numbers, grade } = find("estimate-dips", dip(-30));
  assert.equal(grade, "note", "it passed");
  assert.deepEqual([first_step, last_step, numbers.low], [901, 1000, -30]);
  const last = curve(1600, (step) => step === 1590 ? -30 : step % 2 ? 0.9 : 1.1);
  assert.equal(find("estimate-dips", last).grade, "fault", "nothing says that it passed");
  const unsteady = curve(
    1600,
    (step) => step === 1000 ? -3 : step > 1500 ? step % 7 - 3.2 : step % 2 ? 0.9 : 1.1,
  );
  assert.equal(find("estimate-dips", unsteady).grade, "fault", "the run is not what it was");
});

Deno.test("estimate-dips: a single step that left no trace is nothing, unless it comes again and again", () => {
  const every = (steps: readonly number[]) =>
    codes(curve(1600, (step) => steps.includes(step) ? -3 : step % 2 ? 0.9 : 1.1));
  assert.deepEqual([every([1000]), every([500, 1000, 1590])], [[], []]);
  assert.deepEqual(every([500, 750, 1000, 1250, 1500]), ["estimate-dips"]);
});

Deno.test("critic-far-from-optimum: noise larger than the estimate, for most of the run", () => {
  const noisy = (size: number, from: number) => {
    return curve(1600, (step) => 1 + (step >= from ? size * (step % 2 ? 1 : -1) : 0));
  };
  assert.deepEqual(codes(noisy(2.1, 1)), ["critic-far-from-optimum"]);
  assert.deepEqual(codes(noisy(1.9, 1)), []);
  assert.deepEqual(codes(noisy(2.1, 1301)), []);
  const gan = runRecord({ config: { ...runRecord().config, objective: "gan" } });
  const doubting = noisy(2.1, 1).map((step) => ({ ...step, loss_critic: 1.2 }) as RunRecord);
  assert.deepEqual(codes(doubting, gan), []);
});

Deno.test("critic-saturated: a GAN's critic without a doubt, unless samples became better all the same", () => {
  const gan = runRecord({ config: { ...runRecord().config, objective: "gan" } });
  const far: RunRecord[] = [0, 200].map((step) => ({ type: "evaluation", step, sliced_wasserstein: 9 }));
  const near: RunRecord = { type: "evaluation", step: 201, sliced_wasserstein: 1 };
  const loss = (loss_critic: number, num_steps = 200) => steps(1, num_steps, { loss_critic });
  assert.deepEqual(codes([...loss(0.04), ...far], gan), ["critic-saturated"]);
  assert.deepEqual(codes([...loss(0.06), ...far], gan), []);
  assert.deepEqual(codes([...loss(0.04, 199), ...far], gan), []);
  assert.deepEqual(codes([...loss(0.04), ...far, near], gan), []);
  assert.deepEqual(codes([...loss(0.04), ...far]), [], "a WGAN's loss has no such scale");
});

Deno.test("critic-overfits: held-out examples are told apart less than training ones", () => {
  const scores = (cost: number) =>
    Array.from({ length: 10 }, (_, i): RunRecord => {
      return {
        type: "heldout",
        step: 160 * (i + 1),
        critic_cost: cost,
        mean_real: 1 - cost,
        mean_training: 2,
        mean_fake: 1,
      };
    });
  assert.deepEqual(codes([...curve(1600, () => 1), ...scores(-0.4)]), ["critic-overfits"]);
  assert.deepEqual(codes([...curve(1600, () => 1), ...scores(-0.6)]), []);
  const older = scores(-0.4).map((record) =>
    ({ ...record, mean_training: undefined }) as unknown as RunRecord
  );
  assert.deepEqual(codes([...curve(1600, () => 1), ...older]), []);
});

function vitals(gradients: readonly number[], clipped = 0.5): RunRecord[] {
  return gradients.map((size, i) => ({
    type: "vitals",
    step: 100 * (i + 1),
    clipped,
    critic_gradients: { "critic.0.weight": size, "critic.0.bias": 1e-9, "critic.2.weight": 1e-3 },
    generator_gradients: {},
  }));
}

Deno.test("vitals: clip bounds that nothing reaches, gradients that vanish or explode", () => {
  assert.deepEqual(codes([...steps(1, 500), ...vitals([1e-3, 1e-3, 1e-3], 0.09)]), ["clip-not-reached"]);
  assert.deepEqual(codes([...steps(1, 499), ...vitals([1e-3, 1e-3, 1e-3], 0.09)]), [], "too early");
  assert.deepEqual(codes([...steps(1, 500), ...vitals([1e-3, 1e-3, 1e-3], 0.11)]), []);
  assert.deepEqual(codes([...steps(1, 300), ...vitals([9e-7, 9e-7, 9e-7])]), ["critic-gradients-vanish"]);
  assert.deepEqual(codes([...steps(1, 300), ...vitals([9e-7, 2e-6, 9e-7])]), []);
  assert.deepEqual(codes([...steps(1, 300), ...vitals([4, 13, 13, 13])]), ["critic-gradients-explode"]);
  assert.deepEqual(codes([...steps(1, 300), ...vitals([5, 13, 13, 13])]), []);
  assert.match(
    find("critic-gradients-vanish", vitals([1e-8, 1e-8, 1e-8])).seen,
    /critic\.0\.weight are 1\.0e-8/,
  );
  const unclipped = vitals([1, 1, 1]).map(({ clipped: _, ...record }: RunRecord & { clipped?: number }) =>
    record
  );
  assert.deepEqual(codes([...steps(1, 300), ...unclipped as RunRecord[]]), []);
});

Deno.test("batch-norm-tiny-shards", () => {
  const run = (batch: number) => {
    const networks = { generator: { batch_norm: true }, critic: { batch_norm: false } };
    return runRecord({ config: { batch, shards: 4, networks } });
  };
  assert.deepEqual(codes(steps(1, 10), run(28)), ["batch-norm-tiny-shards"]);
  assert.deepEqual(codes(steps(1, 10), run(32)), []);
});

const samples = (...diversities: number[]): RunRecord[] =>
  diversities.map((diversity, i) => ({ type: "sample", step: 100 * i, file: "x.png", diversity }));

Deno.test("mode-collapse: samples that are alike, unless the generator is young or they grow apart", () => {
  const late = steps(1, 600);
  assert.deepEqual(codes([...late, ...samples(0.02, 0.9, 0.4, 0.3, 0.4)]), ["mode-collapse"]);
  assert.deepEqual(codes([...late, ...samples(0.02, 0.9, 0.4, 0.6, 0.4)]), []);
  assert.deepEqual(codes([...late, ...samples(0.02, 0.1, 0.2, 0.4)]), []);
  assert.deepEqual(codes([...steps(1, 400), ...samples(0.02, 0.9, 0.4, 0.3, 0.4)]), []);
  const modes = (covered: number, high_quality: number): RunRecord => (
    { type: "evaluation", step: 600, sliced_wasserstein: 0.1, modes: { count: 8, covered, high_quality } }
  );
  assert.deepEqual(codes([...late, modes(5, 0.9)]), ["mode-collapse"]);
  assert.deepEqual([codes([...late, modes(6, 0.9)]), codes([...late, modes(0, 0.1)])], [[], []]);
});

Deno.test("generator-stalled: no nearer to the data than at the start", () => {
  const distances = (before: number, now: number) =>
    [[0, before], [600, now]].map(([step, sliced_wasserstein]) => (
      { type: "evaluation", step, sliced_wasserstein } as RunRecord
    ));
  assert.deepEqual(codes([...steps(1, 600), ...distances(1, 0.95)]), ["generator-stalled"]);
  assert.deepEqual(codes([...steps(1, 600), ...distances(1, 0.85)]), []);
});

Deno.test("data-out-of-range: by their size or a single value, and instead of advice for the networks", () => {
  const withValues = (values?: ValueRange) => {
    const run = runRecord();
    return { ...run, data: { ...run.data, ...values && { values } } };
  };
  const stalled: RunRecord[] = [
    ...steps(1, 600),
    { type: "evaluation", step: 0, sliced_wasserstein: 9 },
    { type: "evaluation", step: 600, sliced_wasserstein: 9 },
    ...samples(0.02, 0.9, 0.4, 0.3, 0.4),
  ];
  const far = withValues({ min: 18, max: 90, mean: 40, sd: 15 });
  assert.deepEqual(codes(stalled, withValues()), ["mode-collapse", "generator-stalled"]);
  assert.deepEqual(codes(stalled, far), ["data-out-of-range"]);
  assert.equal(find("data-out-of-range", stalled, far).grade, "fault");
  const near: RunRecord = { type: "evaluation", step: 700, sliced_wasserstein: 2.9 };
  assert.equal(find("data-out-of-range", [...stalled, near], far).grade, "note");
  const standard = { min: -4, max: 4, mean: 0, sd: 1 };
  const ranges: readonly ValueRange[] = [
    standard,
    { ...standard, mean: 5.9 },
    { ...standard, mean: 6 },
    { ...standard, max: 50 },
    { ...standard, min: -51 },
  ];
  assert.deepEqual(
    ranges.map((values) => codes(steps(1, 10), withValues(values))),
    [[], [], ["data-out-of-range"], [], ["data-out-of-range"]],
  );
});

Deno.test("findings that follow from a setting far off are notes: their advice would contradict its own", () => {
  const run = runRecord();
  const head = { ...run, config: { ...run.config, preset: "wgan", lr: 1, clip: null } };
  const findings = examine(summed(curve(1600, () => -1), head));
  assert.deepEqual(
    findings.map(({ code, grade }) => [code, grade]),
    [
      ["learning-rate-too-high", "fault"],
      ["estimate-negative", "note"],
      ["critic-far-from-optimum", "note"],
    ],
  );
});

Deno.test("where the time goes: on the wire, or in the coordinator", () => {
  const slow = (wait: number, update: number) =>
    steps(1, 200, { ms: { total: 40, wait, sum: 0, update, send: 1 } });
  // Workers compute for 6 ms side by side with their own threads.
  assert.deepEqual(codes([joined(1), joined(2), ...slow(38, 1)]), ["wire-bound"]);
  const own = [1, 2].map((worker) => joined(worker, { name: `local-${worker}` }));
  assert.deepEqual(codes([...own, ...slow(38, 1)]), ["overhead-bound"], "no network is between");
  assert.deepEqual(codes([own[0]!, joined(2), ...slow(38, 1)]), ["wire-bound"]);
  assert.deepEqual(codes([joined(1), joined(2), ...slow(8, 31)]), ["workers-starving"]);
  assert.deepEqual(codes([joined(1), joined(2), ...slow(21, 18)]), []);
  const sending = steps(1, 200, { ms: { total: 40, wait: 8, sum: 0, update: 1, send: 31 } });
  assert.deepEqual(codes([joined(1), joined(2), ...sending]), ["workers-starving"]);
});

Deno.test("wire-bound: who is far, by how much, and what a larger batch would gain, in figures", () => {
  const ms = { total: 40, wait: 38, sum: 0, update: 1, send: 1 };
  const workers = {
    1: { shards: 3, compute_ms: 6, elapsed_ms: 8, answered_ms: 8.5 },
    2: { shards: 1, compute_ms: 4, elapsed_ms: 5, answered_ms: 37 },
  };
  const run = [joined(1), joined(2, { name: "far" }), ...steps(1, 200, { ms, workers })];
  const { seen, numbers } = find("wire-bound", run);
  // The slowest computes for 6 of 40 ms; with four times the batch a step takes 40 + 18 ms.
  assert.equal(
    seen,
    "In 80 % of a step of 40 ms the coordinator waits although no worker is computing; the messages of worker 2 (far) " +
      "travel for 32 ms in each step, and it computes a shard in 4 ms; with 4 times the --batch, images/s would be about " +
      "2.76 times as high",
  );
  assert.deepEqual([numbers.worker, numbers.wire_ms], [2, 32]);
  const own = [
    joined(1, { name: "local-1" }),
    joined(2, { name: "local-2" }),
    ...steps(1, 200, { ms, workers }),
  ];
  assert.doesNotMatch(find("overhead-bound", own).seen, /travel/);
  assert.doesNotMatch(
    find("wire-bound", [joined(1), joined(2), ...steps(1, 200, { ms })]).seen,
    /worker \d/,
    "an old log",
  );
});

Deno.test("wire-bound says what fewer bytes would save, unless they travel rounded already", () => {
  const bytes = { bytes_in: 2e6, bytes_out: 4e6 };
  const slow = steps(1, 200, { ms: { total: 40, wait: 38, sum: 0, update: 1, send: 1 }, ...bytes });
  const advice = (config: Record<string, unknown>) =>
    find("wire-bound", [joined(1), joined(2), ...slow], {
      ...runRecord(),
      config: { ...runRecord().config, ...config },
    })
      .change;
  const nearer =
    "Use fewer workers, workers with a faster connection, or a larger --batch (which sends no more bytes)";
  // 32 of 40 ms are spent on the way.
  const half = "which would send about 3 MB a step instead of 6 MB and make at most 1.67 times the images/s";
  const quarter =
    "which would send about 1.52 MB a step instead of 6 MB and make at most 2.48 times the images/s";
  const rounds = "; or start a new run with --local-steps, which sends once a round (docs/local-steps.md)";
  const run = (option: string) => `; or start a new run with --wire ${option}, `;
  assert.equal(
    advice({ shards: 8 }),
    `${nearer}${run("int8 --wire-groups 2")}${quarter}${run("bfloat16 --wire-groups 2")}${half}${rounds}`,
  );
  assert.equal(advice({ shards: 2 }), `${nearer}${run("int8")}${quarter}${run("bfloat16")}${half}${rounds}`);
  assert.equal(advice({ shards: 8, wire: "int8" }), `${nearer}${rounds}`);
  assert.equal(
    advice({ shards: 8, local_steps: 25, learners: 2 }),
    `${nearer}; or start a new run with longer rounds than --local-steps 25`,
  );
  assert.match(
    advice({ shards: 2, wire: "bfloat16" }),
    /--wire int8, .* 3.05 MB a step instead of 6 MB and /,
  );
});

Deno.test("workers without work, and slow ones", () => {
  assert.deepEqual(codes([joined(1), joined(2), joined(3), ...steps(1, 200)]), ["worker-idle"]);
  const gone: RunRecord = { type: "worker_left", worker: 3, reason: "x", shards_computed: 0, time: "" };
  assert.deepEqual(codes([joined(1), joined(2), joined(3), ...steps(1, 200), gone]), []);
  const workers = (third_ms: number) => ({
    1: { shards: 1, compute_ms: 2, elapsed_ms: 2 },
    2: { shards: 1, compute_ms: 2, elapsed_ms: 2 },
    3: { shards: 1, compute_ms: third_ms, elapsed_ms: 2 },
  });
  const three = [joined(1), joined(2), joined(3)];
  assert.deepEqual(codes([...three, ...steps(1, 200, { workers: workers(6.1) })]), ["worker-slow"]);
  assert.deepEqual(codes([...three, ...steps(1, 200, { workers: workers(5.9) })]), []);
  const { 1: first, 3: third } = workers(6.1);
  const two = steps(1, 200, { workers: { 1: first, 2: third } });
  assert.deepEqual(codes([joined(1), joined(2), ...two]), ["worker-slow"], "one is slow beside one other");
});

Deno.test("faults-often", () => {
  const faults = (count: number) =>
    Array.from({ length: count }, (): RunRecord => (
      { type: "fault", step: 5, what: "late answer", decision: "asked another", reason: "none" }
    ));
  assert.deepEqual(codes([...steps(1, 200), ...faults(11)]), ["faults-often"]);
  assert.deepEqual(codes([...steps(1, 200), ...faults(10)]), []);
});
