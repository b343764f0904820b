import assert from "node:assert/strict";
import { UserError } from "../../../common/errors.ts";
import { TreeSum } from "../../../coordinator/training/averaging.ts";
import type { RunConfig } from "../../../coordinator/config/config.ts";
import type { RoundRequest } from "../../../coordinator/fleet/fence.ts";
import type { RoundOutcome } from "../../../coordinator/fleet/open_round.ts";
import { BadResult } from "../../../coordinator/fleet/judge.ts";
import { ModelState } from "../../../coordinator/training/model_state.ts";
import { type Adam, RMSPROP } from "../../../algorithm/optimizers.ts";
import { type StepReport, train } from "../../../coordinator/training/train.ts";
import { Kernels } from "../../../kernels/kernels.ts";
import { buildLayout } from "../../../models/layout.ts";
import type { Manifest } from "../../../models/manifest.ts";

const SHARDS = 2;
const layouts = {
  critic: buildLayout([{ name: "critic.0.weight", shape: [3] }]),
  generator: buildLayout([{ name: "generator.0.weight", shape: [2] }]),
  statistics: buildLayout([{ name: "generator.2.running_mean", shape: [1] }]),
};
const manifest = {
  layouts,
  graphs: {
    critic_training_model: {
      size: 6,
      tail_offset: 3,
      outputs: [{ name: "critic.0.weight_grad", shape: [3], offset: 0 }],
    },
    generator_training_model: {
      size: 5,
      tail_offset: 2,
      outputs: [{ name: "generator.0.weight_grad", shape: [2], offset: 0 }],
    },
  },
} as unknown as Manifest;

const CLIP = 0.5;
const CONFIG = {
  steps: 4,
  shards: SHARDS,
  n_critic: 2,
  optimizer: RMSPROP,
  lr: 0.01,
  decay_steps: 0,
  clip: CLIP,
  schedule: "paper",
  warm_up: false,
  accumulate: 1,
} as RunConfig;

/** Results of shard `shard`: gradients and tail that depend on step and shard. */
function result({ kind, step }: RoundRequest, shard: number): number[] {
  const g = step + 10 * shard;
  return kind === "critic" ? [g, -g, 0.5 * g, -0.1 * g, g, 2 * g] : [3 * g, -g, -0.2 * g, 4 * g, 0.3 * g];
}

/** A training whose gradients are made up; `break_at` makes a round fail or give no numbers. */
function setUp(config: Partial<RunConfig> = {}, answer = result) {
  const { optimizer } = { ...CONFIG, ...config };
  const kernels = Kernels.create(
    ModelState.bytesNeeded(manifest, optimizer) + TreeSum.bytesNeeded(SHARDS, 6),
  );
  const state = new ModelState(kernels, manifest, optimizer);
  state.critic.parameters.set([0.1, -0.2, -0.499]);
  state.generator.parameters.set([1, 2]);
  state.refreshChecksums();
  const requests: RoundRequest[] = [];
  const published: string[] = [];
  const reports: StepReport[] = [];
  const round = (request: RoundRequest): Promise<RoundOutcome> => {
    requests.push(request);
    const results = [0, 1].map((shard) => ({
      begin: shard,
      end: shard + 1,
      values: Float32Array.from(answer(request, shard)),
    }));
    return Promise.resolve({
      results,
      areWhole: () => true,
      shares: new Map([[1, { shards: 2, compute_ms: 1, elapsed_ms: 2, answered_ms: 3 }]]),
    });
  };
  const training = {
    config: { ...CONFIG, ...config },
    manifest,
    state,
    fleet: {
      round,
      publish: (network: string, step: number) => void published.push(`${network} ${step}`),
      handled_ms: 0,
    },
    tree: new TreeSum(kernels, SHARDS, 6),
    epoch_steps: 3,
    now_ms: () => 0,
    committed: (report: StepReport) => {
      reports.push(report);
      return true;
    },
  };
  return { training, state, requests, published, reports };
}

/** RMSProp with clipping in plain float32 arithmetic (algorithm.md, "WGAN with weight clipping"). */
function rmsprop(w: number[], v: number[], gradients: readonly number[], clip: number): void {
  const f = Math.fround;
  const [lr, alpha, rest, eps] = [f(CONFIG.lr), f(0.99), f(1 - 0.99), f(1e-8)];
  for (const [i, g] of gradients.entries()) {
    v[i] = f(f(alpha * v[i]!) + f(rest * f(g * g)));
    const moved = f(w[i]! - f(f(lr * g) / f(f(Math.sqrt(v[i]!)) + eps)));
    w[i] = Math.min(clip, Math.max(-clip, moved));
  }
}

function meanOf(request: RoundRequest): number[] {
  const [left, right] = [0, 1].map((shard) => result(request, shard).map(Math.fround));
  return left!.map((value, i) => Math.fround(0.5 * Math.fround(value + right![i]!)));
}

Deno.test("what it takes to take results in is no waiting", async () => {
  const { training, reports } = setUp();
  let now_ms = 0;
  const fleet = { ...training.fleet, handled_ms: 0 };
  fleet.round = (request) => {
    now_ms += 10;
    fleet.handled_ms += 3;
    return training.fleet.round(request);
  };
  await train({ ...training, fleet, now_ms: () => now_ms });
  const { generator, ms } = reports.at(-1)!;
  const rounds = generator ? 2 : 1;
  assert.deepEqual([ms.total, ms.wait, ms.sum], [10 * rounds, 7 * rounds, 3 * rounds]);
});

Deno.test("a worker that leaves takes no time back", async () => {
  const { training, reports } = setUp();
  const fleet = { ...training.fleet, handled_ms: 90 };
  fleet.round = (request) => {
    fleet.handled_ms -= 3;
    return training.fleet.round(request);
  };
  await train({ ...training, fleet });
  assert.deepEqual([reports[0]!.ms.wait, reports[0]!.ms.sum], [0, 0]);
});

Deno.test("train takes Algorithm 1's steps: critic each step, generator after every n_critic-th", async () => {
  const { training, requests, published, reports } = setUp();
  await train(training);
  const asked = requests.map(({ kind, step, noise_purpose, noise_counter, next_noise_counter }) =>
    `${kind} ${step}: ${noise_purpose} ${noise_counter}, next ${next_noise_counter}`
  );
  assert.deepEqual(asked, [
    "critic 1: critic_noise 1, next 2",
    "critic 2: critic_noise 2, next null",
    "generator 2: generator_noise 1, next null",
    "critic 3: critic_noise 3, next 4",
    "critic 4: critic_noise 4, next null",
    "generator 4: generator_noise 2, next null",
  ]);
  assert.deepEqual(published, ["critic 1", "critic 2", "generator 1", "critic 3", "critic 4", "generator 2"]);
  assert.deepEqual(reports.map(({ epoch, batch }) => [epoch, batch]), [[0, 0], [0, 1], [0, 2], [1, 0]]);
});

Deno.test("train, schedule post: the generator reuses the critic's noise", async () => {
  const { training, requests } = setUp({ schedule: "post" });
  await train(training);
  const asked = requests.filter(({ kind }) => kind === "generator")
    .map(({ step, noise_purpose, noise_counter }) => [step, noise_purpose, noise_counter]);
  assert.deepEqual(asked, [[1, "critic_noise", 1], [3, "critic_noise", 3], [4, "critic_noise", 4]]);
});

Deno.test("train applies the mean of the shards' gradients by RMSProp, and clips the critic alone", async () => {
  const { training, state, requests } = setUp();
  await train(training);
  const critic = { w: [0.1, -0.2, -0.499].map(Math.fround), v: [0, 0, 0] };
  const generator = { w: [1, 2], v: [0, 0] };
  let statistics = 0;
  for (const request of requests) {
    const mean = meanOf(request);
    if (request.kind === "critic") rmsprop(critic.w, critic.v, mean.slice(0, 3), CLIP);
    else {
      rmsprop(generator.w, generator.v, mean.slice(0, 2), Infinity);
      const f = Math.fround;
      statistics = f(f(f(1 - f(0.1)) * statistics) + f(f(0.1) * mean[4]!));
    }
  }
  // One weight reaches the bound and the others do not, so that clipping is seen both ways.
  assert.deepEqual(critic.w.map((w) => Math.abs(w) === CLIP), [false, false, true]);
  assert.deepEqual([...state.critic.parameters], critic.w);
  assert.deepEqual([...state.critic.square_average], critic.v);
  assert.deepEqual([...state.generator.parameters], generator.w);
  assert.deepEqual([...state.statistics], [statistics]);
  assert.deepEqual([state.step, state.generator_step], [4, 2]);
});

const ADAM: Adam = { kind: "adam", beta1: 0.5, beta2: 0.999, eps: 1e-8 };

/** Adam in plain float32 arithmetic; `t` counts the updates of this network. */
function adam(w: number[], m: number[], v: number[], gradients: readonly number[], t: number): void {
  const f = Math.fround;
  const corrected = Math.sqrt(1 - ADAM.beta2 ** t);
  const [rate, eps] = [f(CONFIG.lr * corrected / (1 - ADAM.beta1 ** t)), f(ADAM.eps * corrected)];
  const [beta1, beta2] = [f(ADAM.beta1), f(ADAM.beta2)], [rest1, rest2] = [f(1 - 0.5), f(1 - 0.999)];
  for (const [i, g] of gradients.entries()) {
    m[i] = f(f(beta1 * m[i]!) + f(rest1 * g));
    v[i] = f(f(beta2 * v[i]!) + f(rest2 * f(g * g)));
    w[i] = f(w[i]! - f(f(rate * m[i]!) / f(f(Math.sqrt(v[i]!)) + eps)));
  }
}

Deno.test("train by Adam: each network's corrections count its own updates, and a resume goes on with them", async () => {
  const whole = setUp({ optimizer: ADAM, clip: null, steps: 6 });
  await train(whole.training);
  const critic = { w: [0.1, -0.2, -0.499].map(Math.fround), m: [0, 0, 0], v: [0, 0, 0], t: 0 };
  const generator = { w: [1, 2], m: [0, 0], v: [0, 0], t: 0 };
  for (const request of whole.requests) {
    const { w, m, v, t } = request.kind === "critic"
      ? { ...critic, t: ++critic.t }
      : { ...generator, t: ++generator.t };
    adam(w, m, v, meanOf(request).slice(0, w.length), t);
  }
  assert.deepEqual([critic.t, generator.t], [6, 3]);
  for (const [network, expected] of [["critic", critic], ["generator", generator]] as const) {
    const { parameters, average, square_average } = whole.state[network];
    assert.deepEqual([[...parameters], [...average!], [...square_average]], [
      expected.w,
      expected.m,
      expected.v,
    ]);
  }

  const halves = setUp({ optimizer: ADAM, clip: null, steps: 3 });
  await train(halves.training);
  await train({ ...halves.training, config: { ...halves.training.config, steps: 6 } });
  assert.equal(halves.state.critic.checksum, whole.state.critic.checksum);
  assert.equal(halves.state.generator.checksum, whole.state.generator.checksum);
});

Deno.test("with accumulated gradients, means are over all leaves of the tree", async () => {
  const [plain, accumulated] = [setUp({ steps: 1 }), setUp({ steps: 1, accumulate: 2 })];
  await train(plain.training);
  await train(accumulated.training);
  assert.equal(accumulated.reports[0]!.mean_real, Math.fround(plain.reports[0]!.mean_real / 2));
  assert.deepEqual(
    [...accumulated.state.critic.square_average],
    [...plain.state.critic.square_average].map((square) => Math.fround(square / 4)),
  );
});

Deno.test("train reports the means over the shards", async () => {
  const { training, requests, reports } = setUp();
  await train(training);
  const mean = meanOf(requests[1]!);
  const { loss_critic, mean_real, mean_fake, generator } = reports[1]!;
  assert.deepEqual([loss_critic, mean_real, mean_fake], mean.slice(3));
  assert.equal(generator!.loss, meanOf(requests[2]!)[2]);
});

for (const optimizer of [RMSPROP, ADAM]) {
  Deno.test(`a generator round that fails leaves the state of the step before (${optimizer.kind})`, async () => {
    const whole = setUp({ steps: 1, optimizer });
    await train(whole.training);
    const broken = setUp({ optimizer }, (request, shard) => {
      if (request.kind === "generator") throw new Error("no workers");
      return result(request, shard);
    });
    await assert.rejects(train(broken.training), { message: "no workers" });
    assert.equal(broken.state.step, 1);
    assert.deepEqual(broken.state.critic.parameters, whole.state.critic.parameters);
    assert.deepEqual(broken.state.critic.square_average, whole.state.critic.square_average);
    assert.deepEqual(broken.state.critic.average, whole.state.critic.average);
    assert.equal(broken.state.critic.checksum, whole.state.critic.checksum);
  });
}

Deno.test("a node without a good result stops the run before it touches the weights, and names the place", async () => {
  const flaw = { part: "loss", required: "finite", found: NaN, tensor: "critic.0.weight_grad" };
  const { training, state } = setUp({}, (request, shard) => {
    if (request.step === 3) throw new BadResult({ begin: 1, end: 2 }, flaw);
    return result(request, shard);
  });
  await assert.rejects(train(training), {
    name: UserError.name,
    message:
      "Training cannot continue: the critic's loss must be finite, found NaN at step 3 (shards 1 to 1, first bad " +
      "tensor critic.0.weight_grad). The state before this step is kept; try a smaller --lr (now 0.01) or --clip " +
      "(now 0.5), and check the data for values that are not numbers",
  });
  assert.equal(state.step, 2);
  assert.ok(state.critic.parameters.every(Number.isFinite));
});

/** All of a state that a checkpoint holds. */
function contents({ critic, generator, statistics, step, generator_step }: ModelState) {
  const networks = [critic, generator].flatMap((network) => [
    [...network.weights],
    [...network.square_average],
    network.average && [...network.average],
    network.checksum,
  ]);
  return [...networks, [...statistics], step, generator_step];
}

for (const kind of ["critic", "generator"] as const) {
  Deno.test(`weights that overflow end the run with the state of the step before (${kind})`, async () => {
    const whole = setUp({ steps: 1, clip: null });
    await train(whole.training);
    const { training, state, published } = setUp({ clip: null }, (request, shard) => {
      // From here on the rate is one that no weight withstands.
      if (request.kind === kind && request.step === 2) training.config = { ...training.config, lr: 1e38 };
      return result(request, shard);
    });
    await assert.rejects(train(training), {
      name: UserError.name,
      message:
        `Training cannot continue: the ${kind}'s weights must be finite, and this learning rate makes them overflow at ` +
        "step 2. The state before this step is kept; try a smaller --lr (now 1e+38)",
    });
    assert.deepEqual(contents(state), contents(whole.state));
    assert.deepEqual(published, kind === "critic" ? ["critic 1"] : ["critic 1", "critic 2"]);
  });
}

Deno.test("train stops after the step that was told to be the last", async () => {
  const { training, state } = setUp();
  await train({ ...training, committed: ({ step }) => step < 2 });
  assert.equal(state.step, 2);
});

Deno.test("a step is told while the next is computed, and before its weights change; the last one at the end", async () => {
  const { training, state } = setUp({ steps: 3, n_critic: 5 });
  const heard: string[] = [];
  const fleet = { ...training.fleet };
  fleet.round = async (request) => {
    heard.push(`asked ${request.step}`);
    const outcome = await training.fleet.round(request);
    heard.push(`answered ${request.step}`);
    return outcome;
  };
  const committed = async ({ step, critic_checksum }: StepReport) => {
    heard.push(`told ${step}`);
    // However long it takes, e.g. for a checkpoint.
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    assert.deepEqual([state.step, state.critic.checksum], [step, critic_checksum]);
    heard.push(`written ${step}`);
    return true;
  };
  await train({ ...training, fleet, committed });
  assert.deepEqual(
    heard.join(", "),
    "asked 1, answered 1, asked 2, told 1, answered 2, written 1, asked 3, told 2, answered 3, written 2, " +
      "told 3, written 3",
  );
});

Deno.test("a round that nobody gathers any more may fail", async () => {
  for (const committed of [() => false, () => Promise.reject(new Error("disk full"))]) {
    const { training, state } = setUp({}, (request, shard) => {
      if (request.step === 2) throw new Error("no workers");
      return result(request, shard);
    });
    await train({ ...training, committed }).catch(({ message }) => assert.equal(message, "disk full"));
    assert.equal(state.step, 1);
    // A rejection that nobody handles would end the test here.
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
});

Deno.test("a committed step is told even if the next cannot be asked for", async () => {
  const { training, reports } = setUp({}, (request, shard) => {
    if (request.step === 3) throw new Error("no workers");
    return result(request, shard);
  });
  await assert.rejects(train(training), { message: "no workers" });
  assert.deepEqual(reports.map(({ step }) => step), [1, 2]);
});
