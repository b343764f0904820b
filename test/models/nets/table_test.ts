import assert from "node:assert/strict";
import { numElements } from "../../../common/shape.ts";
import type { Net } from "../../../models/nets/net.ts";
import { tableCritic, tableGenerator } from "../../../models/nets/table.ts";
import { GraphBuilder } from "../../../onnx/builder.ts";
import { fillNormal } from "../../../random/philox.ts";
import { runInOnnxRuntime } from "../../reference/onnxruntime.ts";
import { refTensor } from "../../reference/ref_tensor.ts";

const HEADS = [{ numbers: 2 }, { categories: 3 }, { numbers: 1 }] as const;
const OWN = 4, LATENT = OWN + 2 * 3, ROWS = 4096;

/** The rows of a generator whose weights are 0 but for the biases of its end. */
async function drawn(net: Net, end: readonly number[], noise: Float32Array): Promise<Float32Array> {
  const b = new GraphBuilder("rows");
  b.input("noise", "float32", [ROWS, LATENT]);
  const tensors = [...net.parameters, ...net.statistics];
  for (const { name, shape } of tensors) b.input(name, "float32", shape);
  b.output(net.forwardEval(b, b.value("noise")), "rows");
  const feeds = new Map(tensors.map(({ name, shape }) => {
    const values = name === "g.end.bias"
      ? end
      : Array<number>(numElements(shape)).fill(name.endsWith("var") ? 1 : 0);
    return [name, refTensor("float32", [...shape], [...values])];
  }));
  feeds.set("noise", refTensor("float32", [ROWS, LATENT], [...noise]));
  return Float32Array.from((await runInOnnxRuntime(b.build(), feeds)).get("rows")!.data, Number);
}

Deno.test("table: categories are drawn by their probabilities, numbers come as they are", async () => {
  const net = tableGenerator("g", { kind: "table_generator", latent: LATENT, hidden: [5, 7], heads: HEADS });
  const shares = [0.6, 0.3, 0.1];
  const noise = new Float32Array(ROWS * LATENT);
  fillNormal(noise, { seed: 5, purpose: "sample", counter: 0, shard: 0 });
  const rows = await drawn(net, [-1.5, 2.5, ...shares.map(Math.log), 7], noise);
  const counts = [0, 0, 0];
  let largest = 0;
  for (let row = 0; row < ROWS; row++) {
    const [first, second, ...others] = rows.subarray(6 * row, 6 * row + 6);
    const chosen = others.slice(0, 3);
    assert.deepEqual([first, second, others[3]], [-1.5, 2.5, 7]);
    counts[chosen.indexOf(Math.max(...chosen))]! += 1 / ROWS;
    // The softmax of (log p - log E) / 0.2, with E of the two halves of the noise behind the network's own.
    const [a, b] = [noise.subarray(LATENT * row + OWN), noise.subarray(LATENT * row + OWN + 3)];
    const powers = shares.map((share, i) => (share / ((a[i]! ** 2 + b[i]! ** 2) / 2)) ** 5);
    const sum = powers.reduce((x, y) => x + y);
    powers.forEach((power, i) => largest = Math.max(largest, Math.abs(power / sum - chosen[i]!)));
  }
  assert.ok(largest < 5e-6, `off by ${largest}, measured 6.7e-7`);
  // Four standard deviations of a share of 4,096 draws are 0.031 at most.
  counts.forEach((share, i) => assert.ok(Math.abs(share - shares[i]!) < 0.031, `${counts}`));
});

Deno.test("table: each block of the generator sees all features before it", () => {
  const count = ({ parameters }: Net) => parameters.reduce((sum, { shape }) => sum + numElements(shape), 0);
  const generator = tableGenerator("g", {
    kind: "table_generator",
    latent: LATENT,
    hidden: [5, 7],
    heads: HEADS,
  });
  // A linear layer, and a scale and a bias for each of its outputs.
  assert.equal(count(generator), (4 + 1 + 2) * 5 + (9 + 1 + 2) * 7 + (16 + 1) * 6);
  assert.deepEqual([generator.input_shape, generator.output_shape], [[LATENT], [6]]);
  const critic = tableCritic("c", { kind: "table_critic", features: 6, hidden: [8, 3], spectral_norm: true });
  assert.equal(count(critic), 7 * 8 + 9 * 3 + 4);
  assert.deepEqual(critic.normalised, ["c.0.weight", "c.1.weight", "c.2.weight"]);
  assert.throws(
    () => tableGenerator("g", { kind: "table_generator", latent: 6, hidden: [5], heads: HEADS }),
    new RangeError(
      "Cannot build the g: its noise must be longer than the 6 numbers that draw categories, found 6; use a larger --latent",
    ),
  );
});
