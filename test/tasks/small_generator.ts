/** A generator.onnx of random weights, for tests that draw from one. */
import { numElements } from "../../common/shape.ts";
import { withClasses } from "../../coordinator/config/conditional.ts";
import { buildArtifacts } from "../../models/artifacts.ts";
import { generatorOnnx } from "../../models/generator_file.ts";
import { initialState } from "../../models/initialise.ts";
import { buildNetworks } from "../../models/nets/networks.ts";
import { wgan } from "../../models/objectives/wgan.ts";
import { fillUniform } from "../../random/philox.ts";

/** From 3 numbers to `size` values. */
function pairOf(size: number, num_classes: number | null) {
  const critic = { widths: [size, 5, 1], batch_norm: false, slope: 0.2, output: "linear" } as const;
  const generator = { widths: [3, 8, 7, size], batch_norm: true, slope: 0.2, output: "tanh" } as const;
  const networks = { generator, critic };
  return {
    ...buildNetworks(num_classes === null ? networks : withClasses(networks, num_classes)),
    objective: wgan,
    micro_batch: 4,
  };
}

/** Takes 3 numbers, and the class where there are any, and gives an example of this shape. */
export async function generatorBytes(
  example_shape: number[],
  value_range: readonly [number, number] | null,
  columns: readonly string[] | null = null,
  class_names: readonly string[] | null = null,
) {
  const pair = pairOf(numElements(example_shape), class_names && class_names.length);
  const { manifest, files } = await buildArtifacts(pair);
  const { generator, statistics } = initialState(pair, 4);
  fillUniform(statistics, { seed: 4, purpose: "probe", counter: 0, shard: 0 }, 0.5, 2);
  const sampler = files.get(manifest.graphs.sampler_model.file)!;
  const options = { example_shape, value_range, columns, class_names, producer_version: "1" };
  return generatorOnnx(manifest, sampler, generator, statistics, options);
}

/** The values of a .npy file of float32. */
export async function npyValues(path: string): Promise<Float32Array> {
  const bytes = await Deno.readFile(path);
  const begin = 10 + new DataView(bytes.buffer).getUint16(8, true);
  return new Float32Array(bytes.slice(begin).buffer);
}
