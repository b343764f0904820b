import assert from "node:assert/strict";
import { type Adam, type Optimizer } from "../../algorithm/optimizers.ts";
import { adamFactors, optimize } from "../../algorithm/optimizer.ts";
import { Kernels } from "../../kernels/kernels.ts";
import { decodeSafetensors } from "../../common/files/safetensors.ts";
import { fillUniform } from "../../random/philox.ts";
import { readGolden } from "../goldens/golden.ts";

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
  const [parameters, average, square_average, a] = Array.from(
    { length: 4 },
    () => kernels.allocate(golden.weights),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  parameters.set(drawn("init", 0));
  const kept: Float32Array[] = [];
  for (let update = 1; update <= golden.steps.at(-1)!; update++) {
    a.set(drawn("dataset", update).map((value, i) => value * Math.fround(10 ** -(i % 10))));
    const network = { parameters, average, square_average };
    optimize(kernels, adam, network, { a, b: null }, 1, { lr, clip: null, update });
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
      const bound = `after step ${golden.steps[row]}: ${distance} from float64, PyTorch in float32 ` +
        `${own[row]}`;
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

/** A gradient, and a network with a state. */
function setUp(kind: "rmsprop" | "adam", size: number) {
  const kernels = Kernels.create(1 << 18);
  const [parameters, average, square_average, a, b] = Array.from({ length: 5 }, (_, i) => {
    const buffer = kernels.allocate(size);
    fillUniform(buffer, { seed: 3, purpose: "dataset", counter: 1, shard: i }, 0, 0.1);
    return buffer;
  }) as [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];
  const optimizer: Optimizer = kind === "adam"
    ? { kind, beta1: 0.5, beta2: 0.999, eps: 1e-8 }
    : { kind, alpha: 0.99, eps: 1e-8 };
  return { kernels, optimizer, network: { parameters, average, square_average }, sum: { a, b } };
}

const LARGEST_FLOAT = 3.4028234663852886e38;

for (const kind of ["rmsprop", "adam"] as const) {
  Deno.test(`a result as large as may be leaves all of a network finite, whatever it was (${kind})`, () => {
    for (const lr of [0.01, 2 ** 37 * 1e-8]) {
      for (const sign of [1, -1]) {
        for (const decay of [0, 0.5, 0.99, 1 - 2 ** -24, 1 - 2 ** -26]) {
          const { kernels, network, sum } = setUp(kind, 7);
          const optimizer: Optimizer = kind === "adam"
            ? { kind, beta1: decay, beta2: decay, eps: 1e-8 }
            : { kind, alpha: decay, eps: 1e-8 };
          // All below 2^63, as result_check.ts has it: their mean is, too.
          for (const part of [sum.a, sum.b]) part.fill(sign * (2 ** 63 - 2 ** 39));
          network.parameters.set([0, -0, 1, LARGEST_FLOAT, -LARGEST_FLOAT, 1e-45, 3e38]);
          network.square_average.set([0, -0, 1e-45, LARGEST_FLOAT, LARGEST_FLOAT, 0, 3e38]);
          const bound = sign * (2 ** 63 - 2 ** 39);
          network.average.set([0, -0, 1e-45, bound, -bound, -bound, bound]);
          for (let update = 1; update <= 3; update++) {
            const checksum = optimize(kernels, optimizer, network, sum, 0.5, { lr, clip: null, update: 1e6 });
            assert.equal(checksum, kernels.checksum(network.parameters));
            for (const [name, buffer] of Object.entries(network)) {
              assert.ok(buffer.every(Number.isFinite), `${name} ${buffer}, ${lr}, ${decay}`);
            }
            assert.ok(network.square_average.every((square) => square >= 0));
          }
        }
      }
    }
  });

  Deno.test(`a rate that carries weights past the largest float32 leaves the network as it was (${kind})`, () => {
    for (const at of [0, 3, 2047, 2048, 2063, 2066]) {
      const { kernels, optimizer, network, sum } = setUp(kind, 2067);
      network.parameters[at] = -3.4e38;
      const before = Object.values(network).map((buffer) => buffer.slice());
      const options = { lr: 1e38, clip: null, update: 9 };
      assert.equal(optimize(kernels, optimizer, network, sum, 1, options), null);
      assert.deepEqual(Object.values(network), before);
    }
  });

  Deno.test(`a large rate that carries no weight past it is taken (${kind})`, () => {
    const { kernels, optimizer, network, sum } = setUp(kind, 5);
    const before = network.parameters.slice();
    const checksum = optimize(kernels, optimizer, network, sum, 1, { lr: 1e30, clip: 0.01, update: 9 });
    assert.equal(checksum, kernels.checksum(network.parameters));
    assert.notDeepEqual(network.parameters, before);
  });
}
