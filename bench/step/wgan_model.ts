/** The networks that are measured: pairs of presets, as graphs, weights and FLOPs. */
import { PRESETS } from "../../coordinator/config/presets.ts";
import { buildArtifacts } from "../../models/artifacts.ts";
import { type InitialState, initialState } from "../../models/initialise.ts";
import { GRAPH_NAMES, type GraphName, type Manifest } from "../../models/manifest.ts";
import type { DcganCriticConfig, DcganGeneratorConfig } from "../../models/nets/dcgan.ts";
import type { MlpConfig } from "../../models/nets/mlp.ts";
import { buildNetworks, type Networks } from "../../models/nets/networks.ts";
import { objectiveOf } from "../../models/objectives/objectives.ts";
import { CPU, type Device } from "../../worker/runtime/device.ts";
import { type OpenSession } from "../../worker/runtime/open_session.ts";
import { compileGraphs, type GraphBytes, type Runners } from "../../worker/compute/graph_runner.ts";
import { numElements } from "../../common/shape.ts";

/** What is trained in whole steps. */
export const PRESET = PRESETS.wgan;

/** Shapes of an example: images of 28 x 28, and of 32 x 32 with one channel. */
const EXAMPLE_SHAPES = { wgan: [784], "wgan-dcgan": [1, 32, 32] } as const;
export type ModelName = keyof typeof EXAMPLE_SHAPES;
export const MODEL_NAMES: readonly ModelName[] = ["wgan", "wgan-dcgan"];
const SEED = 1;

export interface Model {
  readonly manifest: Manifest;
  readonly state: InitialState;
  /** Compiled as a worker compiles them. */
  readonly runners: Runners;
}

/** The two networks of a preset. */
export function networksOf(name: ModelName): Networks {
  const preset = PRESETS[name];
  return preset.networks(preset.latent, EXAMPLE_SHAPES[name]);
}

/** Builds and compiles a preset's pair for one shard's micro-batch. */
export async function buildModel(
  name: ModelName,
  micro_batch: number,
  open: OpenSession,
  device: Device = CPU,
): Promise<Model> {
  const pair = { ...buildNetworks(networksOf(name)), objective: objectiveOf(PRESETS[name]), micro_batch };
  const { manifest, files } = await buildArtifacts(pair);
  const bytes = (name: GraphName) => files.get(manifest.graphs[name].file)!;
  const graphs = Object.fromEntries(GRAPH_NAMES.map((name) => [name, bytes(name)])) as unknown as GraphBytes;
  const runners = await compileGraphs(manifest, graphs, device, open);
  return { manifest, state: initialState(pair, SEED), runners };
}

/** Numbers in an example. */
export function featuresOf({ example_shape }: Manifest): number {
  return numElements(example_shape);
}

/** Multiplications with addition of one example in the layers' matrix products, from the input on. */
function layerProducts(config: MlpConfig | DcganGeneratorConfig | DcganCriticConfig): number[] {
  if ("widths" in config) return config.widths.slice(1).map((width, i) => width * config.widths[i]!);
  const { side, channels, width } = config;
  const halvings = Math.log2(side / 4);
  // From the image on: maps, and the pixels of the smaller side of each convolution of 4 x 4.
  const maps = [channels, ...Array.from({ length: halvings }, (_, i) => width * 2 ** i)];
  maps.push(config.kind === "dcgan_critic" ? 1 : config.latent);
  const pixels = (layer: number) => layer === halvings ? 1 : (side / 2 ** (layer + 1)) ** 2;
  const products = maps.slice(1).map((outer, i) => pixels(i) * 4 * 4 * maps[i]! * outer);
  return config.kind === "dcgan_critic" ? products : products.reverse();
}

/**
 * Floating-point operations in the matrix products of one gradient step, elementwise work left out. A forward
 * pass and a gradient by weights take 2 each a product, a gradient by inputs as much but in the first layer.
 */
export function gradientFlops(kind: "critic" | "generator", networks: Networks, micro_batch: number): number {
  const [generator, critic] = [networks.generator, networks.critic].map((config) => {
    const products = layerProducts(config);
    return { all: products.reduce((sum, product) => sum + product, 0), first: products[0]! };
  }) as [{ all: number; first: number }, { all: number; first: number }];
  if (kind === "critic") {
    return 2 * micro_batch * generator.all + 2 * 2 * micro_batch * (3 * critic.all - critic.first);
  }
  return 2 * micro_batch * (3 * generator.all - generator.first + 2 * critic.all);
}
