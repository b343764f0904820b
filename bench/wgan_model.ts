/** The networks that are measured: the `wgan` preset's pair for images of 28 x 28, as graphs, weights and FLOPs. */
import { PRESETS } from "../coordinator/presets.ts";
import { buildArtifacts } from "../models/artifacts.ts";
import { type InitialState, initialState } from "../models/initialise.ts";
import { GRAPH_NAMES, type GraphName, type Manifest } from "../models/manifest.ts";
import { mlp, type MlpConfig } from "../models/nets/mlp.ts";
import { wgan } from "../models/objectives/wgan.ts";
import { CPU } from "../worker/device.ts";
import { compileGraphs, type GraphBytes, type OpenSession, type Runners } from "../worker/graph_runner.ts";

export const PRESET = PRESETS.wgan;
/** Numbers in an example of 28 x 28. */
export const FEATURES = 784;
const SEED = 1;

export interface Model {
  readonly manifest: Manifest;
  readonly state: InitialState;
  /** Compiled as a worker compiles them, for one thread of the processor. */
  readonly runners: Runners;
}

/** Builds and compiles the pair for one shard's micro-batch. */
export async function buildModel(micro_batch: number, open: OpenSession): Promise<Model> {
  const { generator, critic } = PRESET.networks(PRESET.latent, [FEATURES]);
  const pair = {
    critic: mlp("critic", critic),
    generator: mlp("generator", generator),
    objective: wgan,
    micro_batch,
  };
  const { manifest, files } = await buildArtifacts(pair);
  const bytes = (name: GraphName) => files.get(manifest.graphs[name].file)!;
  const graphs = Object.fromEntries(GRAPH_NAMES.map((name) => [name, bytes(name)])) as unknown as GraphBytes;
  const runners = await compileGraphs(manifest, graphs, CPU, open);
  return { manifest, state: initialState(pair, SEED), runners };
}

/** Multiplications with addition of one example in the linear layers, and those of the first of them. */
function layerProducts({ widths }: MlpConfig): { all: number; first: number } {
  const products = widths.slice(1).map((width, i) => width * widths[i]!);
  return { all: products.reduce((sum, product) => sum + product, 0), first: products[0]! };
}

/**
 * Floating-point operations in the matrix products of one gradient step, elementwise work left out. A forward
 * pass and a gradient by weights take 2 each a product, a gradient by inputs as much but in the first layer.
 */
export function gradientFlops(
  kind: "critic" | "generator",
  networks: { readonly generator: MlpConfig; readonly critic: MlpConfig },
  micro_batch: number,
): number {
  const generator = layerProducts(networks.generator);
  const critic = layerProducts(networks.critic);
  if (kind === "critic") {
    return 2 * micro_batch * generator.all + 2 * 2 * micro_batch * (3 * critic.all - critic.first);
  }
  return 2 * micro_batch * (3 * generator.all - generator.first + 2 * critic.all);
}
