/** Trains on an array: points on a circle. Run it: deno run --allow-read --allow-ffi examples/array.ts */
import { train } from "@wagon/wagon";

const count = 2000;
const values = new Float32Array(2 * count);
for (let i = 0; i < count; i++) {
  const angle = 2 * Math.PI * i / count;
  values.set([Math.cos(angle), Math.sin(angle)], 2 * i);
}

const { steps, sha256, summary, sample } = await train({
  data: { values, shape: [count, 2] },
  preset: "toy-wgan-gp",
  steps: Number(Deno.args[0] ?? 2000),
  onStep: ({ step, wasserstein_estimate }) => {
    if (step % 500 === 0) console.log(`step ${step}: estimate ${wasserstein_estimate?.toFixed(3)}`);
  },
});

const points = await sample(1000);
let radius = 0;
for (let i = 0; i < points.length; i += 2) radius += Math.hypot(points[i]!, points[i + 1]!) / 1000;
console.log(`${steps} steps, mean radius ${radius.toFixed(2)} (the data's is 1.00)`);
console.log(`estimate ${summary.wasserstein_estimate?.toFixed(3)}, weights ${sha256}`);
