/** The networks that are measured: pairs of presets, as graphs, weights and FLOPs. */
import type { NetworkName } from "../../common/network_name.ts";
import { PRESETS } from "../../coordinator/config/presets.ts";
import { buildArtifacts } from "../../models/artifacts.ts";
import { type InitialState, initialState } from "../../models/initialise.ts";
import { GRAPH_NAMES, type GraphName, type Manifest } from "../../models/manifest.ts";
import type { Net } from "../../models/nets/net.ts";
import { buildNetworks, type Networks } from "../../models/nets/networks.ts";
import { weightTensors } from "../../models/nets/spectral_norm.ts";
import { objectiveOf } from "../../models/objectives/objectives.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { CPU, type Device } from "../../worker/runtime/device.ts";
import { type OpenSession } from "../../worker/runtime/open_session.ts";
import { compileGraphs, type GraphBytes, type Runners } from "../../worker/compute/graph_runner.ts";
import { numElements } from "../../common/shape.ts";

/** Run that is measured in whole steps. */
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
function layerProducts(net: Net): number[] {
  const b = new GraphBuilder("layers");
  const x = b.input("x", "float32", [1, ...net.input_shape]);
  for (const { name, shape } of [...weightTensors(net), ...net.statistics]) b.input(name, "float32", shape);
  b.output(net.forwardEval(b, x), "y");
  const { nodes, types } = b.build();
  const shapeOf = (name: string) => types.get(name)!.shape as readonly number[];
  return nodes.flatMap((node) => {
    const [left, right] = node.inputs.map(shapeOf), made = shapeOf(node.outputs[0]!);
    switch (node.op) {
      case "Gemm":
        return [numElements(made) * left![node.attributes.transA?.value === 1 ? 0 : 1]!];
      case "MatMul":
        return [numElements(made) * left!.at(-1)!];
      case "Conv": // each element of the kernel, at each pixel made
        return [numElements(made.slice(2)) * numElements(right!)];
      case "ConvTranspose": // and at each pixel given
        return [numElements(left!.slice(2)) * numElements(right!)];
      default:
        return [];
    }
  });
}

/**
 * Floating-point operations in the matrix products of one gradient step, elementwise work left out. A forward
 * pass and a gradient by weights take 2 each a product, a gradient by inputs as much but in the first layer.
 */
export function gradientFlops(kind: NetworkName, networks: Networks, micro_batch: number): number {
  const nets = buildNetworks(networks);
  const [generator, critic] = [nets.generator, nets.critic].map((net) => {
    const products = layerProducts(net);
    return { all: products.reduce((sum, product) => sum + product, 0), first: products[0]! };
  }) as [{ all: number; first: number }, { all: number; first: number }];
  if (kind === "critic") {
    return 2 * micro_batch * generator.all + 2 * 2 * micro_batch * (3 * critic.all - critic.first);
  }
  return 2 * micro_batch * (3 * generator.all - generator.first + 2 * critic.all);
}
