import assert from "node:assert/strict";
import { NETWORKS } from "../../../common/network_name.ts";
import { checksumBytes } from "../../../kernels/kernels.ts";
import { bytesOf } from "../../../wire/frame.ts";
import type { Prepared } from "../../../coordinator/run/prepare.ts";
import { type ModelState, weightsSha256 } from "../../../coordinator/training/model_state.ts";
import type { StepReport } from "../../../coordinator/training/train.ts";
import { preparedRun, trainRounds, trainSteps } from "./local_scene.ts";

const POINTS = ["--dataset", "8gaussians", "--batch", "32", "--shards", "4", "--lr", "0.002"];
/** Small images, for networks with batch normalisation and running statistics. */
const LETTERS = ["--dataset", "strokes", "--batch", "16", "--shards", "4"];

/** All of the state that is trained, by name. */
function buffersOf({ critic, generator, statistics }: ModelState): Record<string, Float32Array> {
  const of = (name: string, { weights, square_average, average }: ModelState["critic"]) => ({
    [`${name} weights`]: weights,
    [`${name} squares`]: square_average,
    ...average && { [`${name} average`]: average },
  });
  return { ...of("critic", critic), ...of("generator", generator), statistics };
}

/** The same in few characters: a difference between two long arrays takes minutes to show. */
function checksumsOf(state: ModelState): Record<string, string> {
  return Object.fromEntries(
    Object.entries(buffersOf(state)).map(([name, buffer]) => [name, checksumBytes(bytesOf(buffer))]),
  );
}

/** What the log says of steps, whoever computed them and in whatever rounds. */
function saidOf(reports: readonly StepReport[]) {
  return reports.map(({ ms: _ms, shares: _shares, round: _round, ...said }) => said);
}

const RUNS: Readonly<Record<string, readonly string[]>> = {
  "wgan: RMSProp, clipping": [...POINTS, "--preset", "toy-wgan"],
  "wgan-gp: Adam, mixing": [...POINTS, "--preset", "toy-wgan-gp"],
  "gan: a generator step after each critic step": [...POINTS, "--preset", "toy-gan"],
  "warm-up, decay, two parts a shard": [
    ...[...POINTS, "--preset", "toy-wgan"],
    ...["--warm-up", "--decay-steps", "30", "--accumulate", "2"],
  ],
  "rates of their own, cosine decay, betas, bounded norms": [
    ...[...POINTS, "--preset", "toy-wgan-gp", "--lr-generator", "0.001", "--betas", "0.5,0.99"],
    ...["--decay", "cosine", "--decay-steps", "30", "--clip-grad-norm", "0.01"],
  ],
  "hinge with R1 in every third step, dropout": [
    ...[...POINTS, "--preset", "toy-gan", "--objective", "hinge", "--r1", "0.2", "--lazy-penalty", "3"],
    ...["--dropout", "0.2"],
  ],
  "relativistic pairs with R1 and R2, two parts a shard": [
    ...[...POINTS, "--preset", "toy-gan", "--objective", "rpgan", "--r1", "0.1", "--r2", "0.1"],
    ...["--accumulate", "2"],
  ],
  "schedule post, dropout": [...POINTS, "--preset", "toy-wgan", "--schedule", "post", "--dropout", "0.3"],
  "batch normalisation and its statistics": [...LETTERS, "--n-critic", "2"],
  "spectral norms": [...LETTERS, "--preset", "wgan", "--n-critic", "2", "--spectral-norm"],
};

for (const [name, options] of Object.entries(RUNS)) {
  Deno.test(`one learner, averaged with nobody, is the synchronous run to the bit: ${name}`, async () => {
    const length = ["--steps", "12"];
    const alone = await preparedRun([...options, ...length]);
    const expected = await trainSteps(alone);
    for (const steps of name.startsWith("wgan:") ? ["1", "6"] : ["6"]) {
      const run = await preparedRun([...options, ...length, "--local-steps", steps, "--learners", "1"]);
      const reports = await trainRounds(run);
      assert.deepEqual(saidOf(reports), saidOf(expected));
      assert.deepEqual(checksumsOf(run.state), checksumsOf(alone.state));
      assert.equal(weightsSha256(run.state), weightsSha256(alone.state));
      assert.equal(run.state.generator_step, alone.state.generator_step);
    }
  });
}

/** One state for each learner, each trained as a synchronous run on its shards alone: what learners are to be. */
async function apart(options: readonly string[], learners: number): Promise<Prepared[]> {
  const runs: Prepared[] = [];
  for (let i = 0; i < learners; i++) runs.push(await preparedRun(options));
  return runs;
}

/** The float32 mean by the tree: of two halves, each the sum of its own. */
function meanOf(buffers: readonly Float32Array[]): Float32Array {
  const sum = (begin: number, end: number): Float32Array => {
    if (end - begin === 1) return buffers[begin]!;
    const middle = (begin + end) / 2, right = sum(middle, end);
    return sum(begin, middle).map((value, i) => Math.fround(value + right[i]!));
  };
  return sum(0, buffers.length).map((value) => value / buffers.length);
}

const ROUNDS = 3, STEPS = 5;

/**
 * Rounds of synchronous trainings on the learners' shards, averaged. `move` may change the mean of the weights, given
 * those at the round's start.
 */
async function referenceOf(
  options: readonly string[],
  learners: number,
  move: (name: string, mean: Float32Array, start: Float32Array) => void = () => {},
): Promise<ModelState> {
  const runs = await apart(options, learners), shards = runs[0]!.config.shards / learners;
  for (let round = 1; round <= ROUNDS; round++) {
    const starts = buffersOf(runs[0]!.state);
    const before = Object.fromEntries(Object.entries(starts).map(([name, buffer]) => [name, buffer.slice()]));
    for (const [number, run] of runs.entries()) {
      await trainSteps(run, { first: number * shards, shards, steps: round * STEPS });
    }
    for (const name of Object.keys(before)) {
      const mean = meanOf(runs.map(({ state }) => buffersOf(state)[name]!));
      if (name.endsWith("weights")) move(name, mean, before[name]!);
      for (const { state } of runs) buffersOf(state)[name]!.set(mean);
    }
    for (const { state } of runs) state.refreshChecksums();
  }
  return runs[0]!.state;
}

const LENGTH = ["--steps", `${ROUNDS * STEPS}`];
const LEARNERS = {
  "2 learners, RMSProp": { learners: 2, options: [...POINTS, "--preset", "toy-wgan"] },
  "4 learners, Adam": { learners: 4, options: [...POINTS, "--preset", "toy-wgan-gp"] },
  "2 learners, batch normalisation": { learners: 2, options: [...LETTERS, "--n-critic", "2"] },
};

for (const [name, { learners, options }] of Object.entries(LEARNERS)) {
  Deno.test(`learners are synchronous runs on their shards, averaged, to the bit: ${name}`, async () => {
    const expected = await referenceOf([...options, ...LENGTH], learners);
    const local = ["--local-steps", `${STEPS}`, "--learners", `${learners}`];
    const orders = [(all: number[]) => all, (all: number[]) => all.toReversed()];
    const said: unknown[] = [];
    for (const order of learners === 4 ? orders : orders.slice(0, 1)) {
      const run = await preparedRun([...options, ...LENGTH, ...local]);
      const reports = await trainRounds(run, { order });
      said.push(saidOf(reports));
      assert.deepEqual(said.at(-1), said[0]);
      assert.deepEqual(checksumsOf(run.state), checksumsOf(expected));
      assert.deepEqual(
        reports.map(({ step }) => step),
        Array.from({ length: ROUNDS * STEPS }, (_, i) => i + 1),
      );
      const ends = reports.filter(({ round }) => round!.end).map(({ step, round }) => [step, round!.steps]);
      assert.deepEqual(ends, [[5, 5], [10, 5], [15, 5]]);
      for (const network of NETWORKS) {
        const { checksum } = run.state[network];
        assert.equal(reports.at(-1)!.round!.end![`${network}_checksum`], checksum);
      }
    }
  });
}

Deno.test("the outer step with Nesterov momentum moves the run as float64 says, round by round", async () => {
  const [lr, mu, clip] = [0.7, 0.9, Math.fround(0.02)];
  const options = [...POINTS, "--preset", "toy-wgan", "--clip", "0.02", ...LENGTH];
  const velocities = new Map<string, Float64Array>();
  const expected = await referenceOf(options, 2, (name, mean, start) => {
    const velocity = velocities.get(name) ?? new Float64Array(mean.length);
    velocities.set(name, velocity);
    mean.forEach((value, i) => {
      const gradient = start[i]! - value;
      velocity[i] = mu * velocity[i]! + gradient;
      const moved = start[i]! - lr * (gradient + mu * velocity[i]!);
      mean[i] = name === "critic weights" ? Math.min(clip, Math.max(-clip, moved)) : moved;
    });
  });
  const outer = ["--outer-lr", `${lr}`, "--outer-momentum", `${mu}`];
  const run = await preparedRun([...options, "--local-steps", `${STEPS}`, "--learners", "2", ...outer]);
  await trainRounds(run);
  for (const [name, found] of Object.entries(buffersOf(run.state))) {
    const required = buffersOf(expected)[name]!;
    const mean = (of: (index: number) => number) =>
      found.reduce((sum, _, i) => sum + Math.abs(of(i)), 0) / Math.max(1, found.length);
    const error = mean((i) => found[i]! - required[i]!), size = mean((i) => required[i]!);
    // Measured: at most 7.8e-7.
    assert.ok(error <= 5e-6 * size, `${name}: ${error} of ${size}`);
  }
  assert.ok(NETWORKS.every((network) => run.state.velocity![network].some((value) => value !== 0)));
});

Deno.test("figures of a step are the learners' means, and its checksum is of theirs", async () => {
  const options = [...POINTS, "--preset", "toy-wgan", ...LENGTH];
  const alone = await Promise.all([0, 1].map(async (number) => {
    const run = await preparedRun(options);
    return await trainSteps(run, { first: 2 * number, shards: 2, steps: STEPS });
  }));
  const run = await preparedRun([...options, "--local-steps", `${STEPS}`, "--learners", "2"]);
  const reports = (await trainRounds(run)).slice(0, STEPS);
  for (const [i, report] of reports.entries()) {
    const [left, right] = alone.map((steps) => steps[i]!) as [StepReport, StepReport];
    const mean = (of: (step: StepReport) => number) => Math.fround(of(left) + of(right)) / 2;
    assert.equal(report.loss_critic, mean((step) => step.loss_critic));
    assert.equal(report.mean_real, mean((step) => step.mean_real));
    assert.equal(report.mean_fake, mean((step) => step.mean_fake));
    assert.equal(report.generator?.loss, left.generator && mean((step) => step.generator!.loss));
    assert.notEqual(report.critic_checksum, left.critic_checksum);
  }
  assert.equal(new Set(reports.map(({ critic_checksum }) => critic_checksum)).size, STEPS);
});

Deno.test("a round that would leave an infinity is not taken: the state is that before it", async () => {
  const options = [...POINTS, "--preset", "toy-wgan-gp", ...LENGTH];
  const run = await preparedRun([
    ...[...options, "--local-steps", `${STEPS}`, "--learners", "2"],
    ...["--outer-lr", "10", "--outer-momentum", "0.9"],
  ]);
  let before: Record<string, string> = {};
  const spoil = (result: Float32Array, _begin: number, step: number) => {
    if (step <= STEPS) return;
    before = checksumsOf(run.state);
    result[0] = 2 ** 126;
  };
  await assert.rejects(
    trainRounds(run, { spoil }),
    /^UserError: Training cannot continue: the averaged weights must be finite, .* round that begins with step 6\. The state before this round is kept; .*--outer-momentum$/,
  );
  assert.deepEqual(checksumsOf(run.state), before);
  assert.equal(run.state.step, STEPS);
});
