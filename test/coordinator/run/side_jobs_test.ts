import assert from "node:assert/strict";
import type { JobRequest } from "../../../coordinator/fleet/jobs.ts";
import { RMSPROP } from "../../../algorithm/optimizers.ts";
import { SideJobs, type SideJobsOptions } from "../../../coordinator/run/side_jobs.ts";
import type { RunRecord } from "../../../runlog/records.ts";
import { settled } from "../../wire/fake_clock.ts";
import { stateAt } from "../training/small_state.ts";

const FIGURES = { critic_cost: -0.5, mean_real: 0.75, mean_training: 0.5, mean_fake: 0.25 };

const UNLABELLED = { labels: null, allLabels: () => null };

/** Jobs of examples of two values, with a fleet that answers when told to. */
function scene(options: Partial<SideJobsOptions> = {}) {
  const state = stateAt(10);
  const records: RunRecord[] = [];
  const failures: string[] = [];
  const asked: { request: JobRequest; answer: (values: Float32Array | null) => void }[] = [];
  let closed = 0;
  const jobs = new SideJobs({
    state,
    example_shape: [2],
    estimates_distance: true,
    pictures: {
      count: 25,
      labels: null,
      write: (step) => Promise.resolve(`samples/${step}.png`),
      diversity: () => 0.5,
    },
    evaluator: {
      num_samples: 40,
      judge: (samples) => Promise.resolve({ sliced_wasserstein: samples[0]!, num_samples: 40 }),
      close: () => void closed++,
    },
    best: null,
    held_out: { ...UNLABELLED, count: 3, input: () => new Float32Array(18), figures: () => FIGURES },
    drawLabels: null,
    log: { append: (record) => void records.push(record) },
    ask: (request) => new Promise((answer) => void asked.push({ request, answer })),
    failed: (what, error) => void failures.push(`${what}: ${(error as Error).message}`),
    ...options,
  });
  const answer = async (i: number, values: Float32Array | null) => {
    asked[i]!.answer(values);
    await settled();
  };
  return { state, records, failures, asked, answer, jobs, closed: () => closed };
}

const wanted = ({ request: { kind, count, noise_counter } }: { request: JobRequest }) => ({
  kind,
  count,
  noise_counter,
});

Deno.test("each kind draws samples of its own noise, by the generator as it is", async () => {
  const { state, records, asked, answer, jobs } = scene();
  jobs.sample();
  jobs.evaluate();
  jobs.scoreHeldOut();
  assert.deepEqual(asked.map(wanted), [
    { kind: "sample", count: 25, noise_counter: 0 },
    { kind: "sample", count: 40, noise_counter: 1 },
    { kind: "sample", count: 3, noise_counter: 2 },
  ]);
  for (const { request } of asked) {
    assert.deepEqual(request.weights, state.generator.weights);
    assert.deepEqual(request.input, state.statistics);
  }
  for (const i of [0, 1, 2]) await answer(i, Float32Array.of(7));
  assert.deepEqual(wanted(asked[3]!), { kind: "score", count: 9, noise_counter: 0 });
  await answer(3, new Float32Array(9));
  await jobs.ended();
  assert.deepEqual(records, [
    { type: "sample", step: 10, file: "samples/10.png", diversity: 0.5 },
    { type: "evaluation", step: 10, sliced_wasserstein: 7, num_samples: 40 },
    { type: "heldout", step: 10, ...FIGURES },
  ]);
});

Deno.test("where the generator is averaged, samples are drawn by the average and the running statistics", () => {
  const state = stateAt(10, RMSPROP, 100);
  const { asked, jobs } = scene({ state });
  jobs.sample();
  jobs.evaluate();
  jobs.scoreHeldOut();
  // Evaluations also draw by the generator's own weights, with the same noise.
  const [raw, ...others] = asked.splice(2, 1);
  assert.deepEqual([others.length, wanted(raw!)], [0, { kind: "sample", count: 40, noise_counter: 1 }]);
  assert.deepEqual(raw!.request.weights, state.generator.parameters);
  assert.equal(asked.length, 3);
  for (const { request } of asked) {
    assert.deepEqual(request.weights, state.averaged!.parameters);
    assert.notDeepEqual(request.weights, state.generator.weights);
    assert.deepEqual(request.input, state.statistics);
  }
});

Deno.test("a record has the distance of raw weights beside that of their average", async () => {
  const judge = (samples: Float32Array, raw: Float32Array | null = null) =>
    Promise.resolve({ sliced_wasserstein: samples[0]!, ...raw && { raw_sliced_wasserstein: raw[0]! } });
  const { records, answer, jobs } = scene({
    state: stateAt(10, RMSPROP, 100),
    evaluator: { num_samples: 40, judge, close: () => {} },
  });
  jobs.evaluate();
  await answer(0, Float32Array.of(0.5));
  await answer(1, Float32Array.of(0.25));
  await jobs.ended();
  assert.deepEqual(records, [
    { type: "evaluation", step: 10, sliced_wasserstein: 0.5, raw_sliced_wasserstein: 0.25 },
  ]);
});

Deno.test("a record is of the step at which its job began, and scores are by the critic of that step", async () => {
  const { state, records, asked, answer, jobs } = scene();
  const critic = state.critic.weights.slice();
  jobs.sample();
  jobs.scoreHeldOut();
  state.commit(11);
  state.critic.weights.fill(0);
  await answer(0, new Float32Array(50));
  await answer(1, new Float32Array(6));
  assert.deepEqual(asked[2]!.request.weights, critic);
  await answer(2, new Float32Array(9));
  assert.deepEqual(records.map((record) => "step" in record && record.step), [10, 10]);
});

Deno.test("what nobody answers is left out, what fails is told by its name", async () => {
  const disk = () => Promise.reject(new Error("disk full"));
  const { records, failures, answer, jobs } = scene({
    pictures: { count: 25, labels: null, write: disk, diversity: () => null },
  });
  jobs.sample();
  jobs.evaluate();
  jobs.scoreHeldOut();
  await answer(0, new Float32Array(50));
  await answer(1, null);
  await answer(2, new Float32Array(6));
  await answer(3, null);
  await jobs.ended();
  assert.deepEqual([records, failures], [[], ["sampling failed: disk full"]]);
});

Deno.test("without held-out examples nothing is asked for; a GAN's record has no distance", async () => {
  const none = scene({
    held_out: { ...UNLABELLED, count: 0, input: () => assert.fail(), figures: () => assert.fail() },
  });
  none.jobs.scoreHeldOut();
  assert.equal(none.asked.length, 0);
  const { records, answer, jobs } = scene({
    estimates_distance: false,
    pictures: {
      count: 25,
      labels: null,
      write: () => Promise.resolve("samples/x.png"),
      diversity: () => null,
    },
  });
  jobs.scoreHeldOut();
  await answer(0, new Float32Array(6));
  await answer(1, new Float32Array(9));
  jobs.sample();
  await answer(2, new Float32Array(50));
  const { critic_cost: _, ...means } = FIGURES;
  assert.deepEqual(records, [
    { type: "heldout", step: 10, ...means },
    { type: "sample", step: 10, file: "samples/x.png" },
  ]);
});

Deno.test("closing ends the thread that measures distances", () => {
  const { jobs, closed } = scene();
  jobs.close();
  assert.equal(closed(), 1);
});

Deno.test("labels: pictures and held-out scores have their own, evaluations draw theirs, and scores take all", async () => {
  const of = (...labels: number[]) => Float32Array.from(labels);
  const { asked, answer, jobs } = scene({
    pictures: {
      count: 2,
      labels: of(0, 1),
      write: () => Promise.resolve("samples/x.png"),
      diversity: () => null,
    },
    held_out: {
      count: 2,
      labels: of(1, 1),
      allLabels: () => of(1, 1, 0, 0, 1, 1),
      input: () => new Float32Array(18),
      figures: () => FIGURES,
    },
    drawLabels: (count, use) => new Float32Array(count).fill(use),
  });
  jobs.sample();
  jobs.evaluate();
  jobs.scoreHeldOut();
  await answer(2, new Float32Array(6));
  assert.deepEqual(asked.map(({ request: { labels } }) => [...labels!]), [
    [0, 1],
    Array(40).fill(1),
    [1, 1],
    [1, 1, 0, 0, 1, 1],
  ]);
  await answer(0, null);
  await answer(1, null);
  await answer(3, null);
  await jobs.ended();
});

Deno.test("an evaluation is judged once it is in the log; one that came to nothing is dropped", async () => {
  const done: string[] = [];
  const { state, records, asked, answer, jobs } = scene({
    best: {
      propose: (step) => void done.push(`propose ${step}`),
      drop: (step) => void done.push(`drop ${step}`),
      judged: ({ step, sliced_wasserstein: value }) => {
        done.push(`judge ${step} of ${records.length}`);
        const file = "checkpoints/a", generator = "b";
        return Promise.resolve({ type: "best", step, measure: "sliced_wasserstein", value, file, generator });
      },
    },
  });
  jobs.evaluate();
  state.commit(20);
  jobs.evaluate();
  // The second one is told after the first.
  await answer(1, Float32Array.of(5));
  assert.deepEqual(done, ["propose 10", "propose 20"]);
  await answer(0, null);
  await jobs.ended();
  assert.equal(asked.length, 2);
  assert.deepEqual(done.slice(2), ["drop 10", "judge 20 of 1"]);
  assert.deepEqual(records.map(({ type }) => type), ["evaluation", "best"]);
});
