/** Trains networks of your own, built here as ONNX. Run it: deno run --allow-read --allow-ffi examples/own_networks.ts */
import { train } from "@wagon/wagon";
import { encodeModel, GraphBuilder, modelOf, tensorOf } from "@wagon/wagon/onnx";

/** Layers with these widths, ReLU between them. */
function mlp(name: string, widths: readonly number[], seed: number): Uint8Array {
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647 - 0.5;
  const b = new GraphBuilder(name);
  let x = b.input("x", "float32", ["N", widths[0]!]);
  for (let i = 1; i < widths.length; i++) {
    const [rows, columns] = [widths[i - 1]!, widths[i]!];
    const weights = Array.from({ length: rows * columns }, () => 2 * random() / Math.sqrt(rows));
    const w = b.constant(tensorOf("float32", [rows, columns], weights), `weight_${i}`);
    const bias = b.constant(tensorOf("float32", [columns], Array(columns).fill(0)), `bias_${i}`);
    x = b.op("Add", [b.op("MatMul", [x, w]), bias]);
    if (i < widths.length - 1) x = b.op("Relu", [x]);
  }
  b.output(x, "y");
  return encodeModel(modelOf(b.build()));
}

const { weights, summary } = await train({
  data: "8gaussians",
  networks: { generator: mlp("generator", [8, 64, 64, 2], 1), critic: mlp("critic", [2, 64, 64, 1], 2) },
  objective: "wgan-gp",
  steps: Number(Deno.args[0] ?? 1000),
});
for (const [name, { shape }] of Object.entries(weights.generator)) console.log(name, shape);
console.log(`estimate ${summary.wasserstein_estimate?.toFixed(3)}`);
