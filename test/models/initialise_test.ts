import assert from "node:assert/strict";
import { initialiseParameters, initialState } from "../../models/initialise.ts";
import { buildLayout, views } from "../../models/layout.ts";
import { mlp } from "../../models/nets/mlp.ts";
import { Stream } from "../../random/philox.ts";

const CONFIG = { widths: [25, 40, 30, 2], batch_norm: true, slope: 0.2, output: "tanh" } as const;
const NET = mlp("generator", CONFIG);
const PAIR = { critic: mlp("critic", { ...CONFIG, batch_norm: false }), generator: NET };

Deno.test("initialise: weights and biases of Linear are uniform within 1/sqrt(fan_in)", () => {
  const state = initialiseParameters(NET.parameters, 3, "generator");
  const tensors = views(buildLayout(NET.parameters), state);
  for (const [layer, bound] of [["0", 1 / 5], ["2", 1 / Math.sqrt(40)], ["5", 1 / Math.sqrt(30)]] as const) {
    for (const kind of ["weight", "bias"]) {
      const values = [...tensors.get(`generator.${layer}.${kind}`)!];
      assert.ok(values.every((value) => Math.abs(value) <= Math.fround(bound)), `${layer}.${kind}`);
      assert.equal(new Set(values).size, values.length, `${layer}.${kind} repeats itself`);
    }
  }
  // Mean square of U(-b, b) is b^2 / 3; of 1000 entries within 6 standard errors: 6 * 0.894 / sqrt(1000) = 17 %; measured 2.4 %.
  const squares = [...tensors.get("generator.0.weight")!].map((value) => value * value);
  const ratio = squares.reduce((a, b) => a + b) / squares.length * 3 * 25;
  assert.ok(Math.abs(ratio - 1) < 0.17, `mean square is ${ratio} of that of a uniform distribution`);
});

Deno.test("initialise: batch normalisation starts as the identity, its statistics at mean 0 and variance 1", () => {
  const { generator, statistics } = initialState(PAIR, 3);
  const tensors = views(buildLayout(NET.parameters), generator);
  assert.ok(tensors.get("generator.3.weight")!.every((value) => value === 1));
  assert.ok(tensors.get("generator.3.bias")!.every((value) => value === 0));
  assert.deepEqual([...statistics], [...Array(30).fill(0), ...Array(30).fill(1)]);
});

Deno.test("initialise: each tensor is drawn from a stream of its own", () => {
  const state = initialiseParameters(NET.parameters, 2 ** 40 + 3, "generator");
  const tensors = views(buildLayout(NET.parameters), state);
  const stream = new Stream({ seed: 2 ** 40 + 3, purpose: "init", counter: 2, shard: 1 });
  const bound = 1 / Math.sqrt(40);
  const expected = Float32Array.from(
    { length: 5 },
    () => 2 * bound * 2 ** -24 * (stream.nextUint32() >>> 8) - bound,
  );
  assert.deepEqual(tensors.get("generator.2.weight")!.slice(0, 5), expected);
});

Deno.test("initialise: the seed and the network decide", () => {
  const first = initialState(PAIR, 1);
  assert.deepEqual(initialState(PAIR, 1), first);
  assert.notDeepEqual(initialState(PAIR, 2).critic, first.critic);
  assert.notDeepEqual(first.critic.slice(0, 100), first.generator.slice(0, 100));
});
