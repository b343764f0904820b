import assert from "node:assert/strict";
import { type Adam, adamFactors, optimize } from "../../coordinator/optimizer.ts";
import { Kernels } from "../../kernels/kernels.ts";
import { decodeSafetensors } from "../../models/safetensors.ts";
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
  const [a, parameters, average, square_average] = [1, 2, 3, 4].map(() =>
    kernels.allocate(golden.weights)
  ) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
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
