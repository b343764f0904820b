import assert from "node:assert/strict";
import type { NodeSum } from "../../../coordinator/training/averaging.ts";
import { type Adam, type Optimizer } from "../../../coordinator/config/optimizers.ts";
import { adamFactors, optimize } from "../../../coordinator/training/optimizer.ts";
import { Kernels } from "../../../kernels/kernels.ts";
import { decodeSafetensors } from "../../../common/files/safetensors.ts";
import { fillUniform } from "../../../random/philox.ts";
import { readGolden } from "../../goldens/golden.ts";

/** As scripts/goldens/make_adam_goldens.py writes it. */
interface Golden {
  readonly cases: Readonly<Record<string, Omit<Adam, "kind"> & { readonly lr: number }>>;
  readonly steps: readonly number[];
  readonly weights: number;
  readonly seed: number;
}

/** How much further from PyTorch's float64 than PyTorch's own float32. Measured: 1.00 times. */
const ALLOWED = 4;

const { tensors, metadata } = decodeSafetensors(readGolden("adam.safetensors"));
const golden = JSON.parse(metadata.get("case")!) as Golden;

function drawn(purpose: "init" | "dataset", counter: number): Float32Array {
  const values = new Float32Array(golden.weights);
  fillUniform(values, { seed: golden.seed, purpose, counter, shard: 0 }, -1, 1);
  return values;
}

/** The weights after each of the golden's steps. */
function trainBy(adam: Adam, lr: number): Float32Array[] {
  const kernels = Kernels.create(1 << 16);
  const [parameters, average, square_average, ...places] = Array.from(
    { length: 6 },
    () => kernels.allocate(golden.weights),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];
  const [a] = places;
  parameters.set(drawn("init", 0));
  const kept: Float32Array[] = [];
  for (let update = 1; update <= golden.steps.at(-1)!; update++) {
    a.set(drawn("dataset", update).map((value, i) => value * Math.fround(10 ** -(i % 10))));
    const network = { parameters, average, square_average };
    optimize(kernels, adam, network, { a, b: null, places }, 1, { lr, clip: null, update });
    if (golden.steps.includes(update)) kept.push(parameters.slice());
  }
  return kept;
}

for (const [name, { lr, ...betas }] of Object.entries(golden.cases)) {
  Deno.test(`adam: stays as near to PyTorch as PyTorch to itself (${name})`, () => {
    const exact = tensors.get(`${name}.exact`)!.data as Float64Array;
    const own = tensors.get(`${name}.float32`)!.data as Float64Array;
    trainBy({ kind: "adam", ...betas }, lr).forEach((weights, row) => {
      const distance = Math.max(...weights.map((w, i) => Math.abs(w - exact[row * golden.weights + i]!)));
      const bound = `after step ${golden.steps[row]}: ${distance} from float64, PyTorch in float32 ${
        own[row]
      }`;
      assert.ok(distance <= ALLOWED * own[row]!, bound);
    });
  });
}

Deno.test("adamFactors: at the first update a step is lr sign(g), whatever the betas; later both corrections fade", () => {
  for (const { lr, ...betas } of Object.values(golden.cases)) {
    const adam: Adam = { kind: "adam", ...betas };
    const { rate, eps } = adamFactors(adam, lr, 1);
    const [m, v] = [1 - adam.beta1, 1 - adam.beta2];
    // Measured: 4e-14.
    const step = rate * m / (Math.sqrt(v) + eps);
    assert.ok(Math.abs(step / (lr / (1 + adam.eps)) - 1) < 4e-13, `${step / lr - 1}`);
    const late = adamFactors(adam, lr, 1e6);
    assert.deepEqual(late, { rate: lr, eps: adam.eps });
  }
});

/** A gradient, a network with a state, and room for what was before. */
function setUp(kind: "rmsprop" | "adam", size: number, with_b: boolean) {
  const kernels = Kernels.create(1 << 18);
  const [parameters, average, square_average, ...places] = Array.from({ length: 6 }, (_, i) => {
    const buffer = kernels.allocate(size);
    fillUniform(buffer, { seed: 3, purpose: "dataset", counter: 1, shard: i }, 0, 0.1);
    return buffer;
  }) as [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];
  const sum: NodeSum = { a: places[0], b: with_b ? places[1] : null, places };
  const optimizer: Optimizer = kind === "adam"
    ? { kind, beta1: 0.5, beta2: 0.999, eps: 1e-8 }
    : { kind, alpha: 0.99, eps: 1e-8 };
  return { kernels, optimizer, network: { parameters, average, square_average }, sum };
}

for (const kind of ["rmsprop", "adam"] as const) {
  Deno.test(`an update that is not finite leaves the network as it was, wherever the number is (${kind})`, () => {
    const size = 2067;
    for (const with_b of [false, true]) {
      for (const at of [0, 3, 1023, 1024, size - 4, size - 1]) {
        for (const bad of [NaN, Infinity, -Infinity, 3e19]) {
          const { kernels, optimizer, network, sum } = setUp(kind, size, with_b);
          (sum.b ?? sum.a)[at] = bad;
          const before = Object.values(network).map((buffer) => buffer.slice());
          const options = { lr: 0.01, clip: 0.01, update: 3 };
          const { is_finite } = optimize(kernels, optimizer, network, sum, 1, options);
          assert.equal(is_finite, false, `${bad} at ${at}`);
          assert.deepEqual(Object.values(network), before);
        }
      }
    }
  });

  Deno.test(`an update that is finite is no other for being looked at (${kind})`, () => {
    const { kernels, optimizer, network, sum } = setUp(kind, 2067, true);
    // As large as can be squared.
    sum.a[5] = 1.8e19;
    const { is_finite, checksum } = optimize(kernels, optimizer, network, sum, 1, {
      lr: 0.01,
      clip: 0.01,
      update: 3,
    });
    assert.equal(is_finite, true);
    assert.equal(checksum, kernels.checksum(network.parameters));
  });

  Deno.test(`a rate that carries weights past the largest float32 is caught at the weights (${kind})`, () => {
    const { kernels, optimizer, network, sum } = setUp(kind, 5, true);
    network.parameters[4] = -3.4e38;
    const before = network.parameters.slice();
    const { is_finite } = optimize(kernels, optimizer, network, sum, 1, { lr: 1e38, clip: null, update: 9 });
    assert.equal(is_finite, false);
    assert.deepEqual(network.parameters, before);
  });
}
