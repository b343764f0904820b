import assert from "node:assert/strict";
import { checkRecord, RECORDS, type RunRecord } from "../../runlog/records.ts";
import { checkpoint, end, joined, runRecord, SHA, stepRecord, TIME } from "./log/example_log.ts";

/** One record of each type with every field. */
const EXAMPLES: readonly RunRecord[] = [
  runRecord(),
  { type: "resume", step: 10, incarnation: 1, changed: { steps: [10, 20] }, time: TIME },
  joined(1),
  {
    type: "relay_workers",
    worker: 1,
    num_workers: 2,
    threads: 3,
    workers: [{ name: "a", threads: 1 }],
    time: TIME,
  },
  { type: "worker_left", worker: 1, reason: "silence", shards_computed: 4, time: TIME },
  stepRecord(5),
  { type: "heldout", step: 5, critic_cost: 0.1, mean_real: 0.2, mean_training: 0.4, mean_fake: 0.3 },
  {
    type: "evaluation",
    step: 5,
    sliced_wasserstein: 0.1,
    num_samples: 2500,
    raw_sliced_wasserstein: 0.2,
    nearest_training: { samples: 0.1, held_out: 0.2, searched: 90 },
    frechet_distance: 0.2,
    kernel_distance: 0.001,
    precision: 0.5,
    recall: 0.4,
    density: 0.9,
    coverage: 0.8,
    modes: { count: 2, covered: 1, high_quality: 0.5, per_mode: [1250, 0] },
  },
  checkpoint(5),
  {
    type: "best",
    step: 5,
    measure: "sliced_wasserstein",
    value: 0.1,
    file: "checkpoints/step-000000005.safetensors",
    generator: "best_generator.onnx",
  },
  {
    type: "round",
    step: 5,
    steps: 5,
    learners: 2,
    critic_checksum: "0123456789abcdef",
    generator_checksum: "fedcba9876543210",
  },
  { type: "sample", step: 5, file: "samples/5.png", diversity: 0.9 },
  {
    type: "steered",
    step: 1500,
    rule: "auto-critic",
    decision: "Raised n_critic from 1 to 2",
    reason: "The critic is far from its optimum",
    numbers: { n_critic: 2 },
  },
  {
    type: "vitals",
    step: 5,
    clipped: 0.5,
    critic_gradients: { "critic.0.weight": 1e-3 },
    generator_gradients: { "generator.0.weight": 1e-3 },
  },
  { type: "fault", step: 5, what: "late answer", worker: 1, decision: "asked worker 2", reason: "No answer" },
  end(5),
];

/** Fields that may be missing, by their path. */
const OPTIONAL = [
  "run.versions.onnxruntime",
  "step.wasserstein_estimate",
  "step.generator",
  "heldout.critic_cost",
  "evaluation.num_samples",
  "evaluation.raw_sliced_wasserstein",
  "evaluation.nearest_training",
  "evaluation.frechet_distance",
  "evaluation.kernel_distance",
  "evaluation.precision",
  "evaluation.recall",
  "evaluation.density",
  "evaluation.coverage",
  "evaluation.modes",
  "evaluation.modes.per_mode",
  "checkpoint.weights_sha256",
  "fault.worker",
  "sample.diversity",
  "heldout.mean_training",
  "heldout.mean_fake",
  "vitals.clipped",
];
/** Objects whose keys are free. */
const MAPS = [
  "run.config",
  "run.artifacts",
  "resume.changed",
  "step.workers",
  "steered.numbers",
  "vitals.critic_gradients",
  "vitals.generator_gradients",
];

/** Paths of all fields in nested objects. */
function pathsOf(value: object, prefix: string): string[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = `${prefix}.${key}`;
    const nested = typeof inner === "object" && inner !== null && !Array.isArray(inner) &&
      !MAPS.includes(path);
    return nested ? [path, ...pathsOf(inner, path)] : [path];
  });
}

/** A copy with the field at `path` set, or left out if the value is undefined. */
function changed(record: RunRecord, path: string, value: unknown): unknown {
  const copy = structuredClone(record) as unknown as Record<string, unknown>;
  const keys = path.split(".").slice(1);
  const last = keys.pop()!;
  const holder = keys.reduce((at, key) => at[key] as Record<string, unknown>, copy);
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return copy;
}

Deno.test("there is an example of every record type, and each passes", () => {
  assert.deepEqual(EXAMPLES.map(({ type }) => type).sort(), Object.keys(RECORDS).sort());
  for (const record of EXAMPLES) assert.deepEqual(checkRecord(record), { record }, record.type);
});

Deno.test("every field must be there unless it is optional, and be of its kind", () => {
  let fields = 0;
  for (const record of EXAMPLES) {
    for (const path of pathsOf(record, record.type).filter((path) => path !== `${record.type}.type`)) {
      fields++;
      const missing = checkRecord(changed(record, path, undefined));
      assert.equal(typeof missing, OPTIONAL.includes(path) ? "object" : "string", `${path} missing`);
      // No field is a boolean.
      assert.equal(checkRecord(changed(record, path, true)), "bad", `${path} of another kind`);
    }
  }
  assert.ok(fields > 80, `${fields} fields`);
});

Deno.test("workers of a step are checked, too", () => {
  assert.equal(checkRecord(stepRecord(1, { workers: {} })) !== "bad", true);
  const workers = { 1: { shards: 2, compute_ms: null, elapsed_ms: 1 } };
  assert.equal(checkRecord({ ...stepRecord(1), workers }), "bad");
  assert.equal(checkRecord({ ...end(1), numeric_classes: [SHA, 3] }), "bad");
});

Deno.test("what is no record is bad, what is a record of another version is unknown", () => {
  for (const value of [undefined, null, 3, "step", [], {}, { type: 3 }]) {
    assert.equal(checkRecord(value), "bad");
  }
  assert.equal(checkRecord({ type: "histogram" }), "unknown");
  assert.equal(checkRecord({ type: "toString" }), "unknown");
});

Deno.test("a record that names a file outside the run folder is none", () => {
  const sample = (file: string) => checkRecord({ type: "sample", step: 1, file });
  for (const file of ["samples/1.png", "checkpoints/step-1.safetensors", "a", "..png/..b"]) {
    assert.notEqual(sample(file), "bad", file);
  }
  const outside = [
    "/etc/passwd",
    "../x",
    "samples/../../x",
    "samples/..",
    ".",
    "",
    "a//b",
    "a\\b",
    "C:/x",
    "a\0b",
  ];
  for (const file of outside) assert.equal(sample(file), "bad", file);
  for (const run of ["../run", "a/b", ""]) assert.equal(checkRecord({ ...runRecord(), run }), "bad", run);
});

Deno.test("a step is a whole number from 0 on", () => {
  for (const example of EXAMPLES) {
    if (!("step" in example)) continue;
    assert.notEqual(checkRecord({ ...example, step: 0 }), "bad", example.type);
    for (const step of [-1, 0.5, 2 ** 53, 1e308]) {
      assert.equal(checkRecord({ ...example, step }), "bad", `${example.type} at ${step}`);
    }
  }
});
