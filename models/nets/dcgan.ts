/**
 * The convolutional pair of the WGAN authors: Radford, Metz, Chintala, "Unsupervised representation learning with
 * deep convolutional generative adversarial networks", 2015 (arXiv:1511.06434), as the code of Arjovsky, Chintala,
 * Bottou 2017 has it. Kernels of 4 x 4, no biases. Images are [channels, side, side] with a side of 4 times a power
 * of two. Layers are named as the torch.nn.Sequential of the same layers numbers them.
 */
import type { GraphBuilder, Value } from "../../onnx/builder.ts";
import {
  batchNormInfer,
  batchNormStatistics,
  batchNormTrain,
  convolution,
  leakyRelu,
  transposedConvolution,
} from "./layers.ts";
import type { ClassEmbedding } from "./class_embedding.ts";
import type { BatchMoments, Drop, Net, TensorSpec } from "./net.ts";
import { addProjection, projectionOf, projectionSpec } from "./projection.ts";
import { normalisedWeight } from "./spectral_norm.ts";

/** Properties of the images that both networks of a pair share. */
interface Images {
  /** Rows and columns: 8, 16, 32, 64, ... */
  readonly side: number;
  readonly channels: number;
  /** Feature maps next to the image, doubled at each halving of the side: 64 in the papers. */
  readonly width: number;
}

/** From noise [latent] over 4 x 4 maps to an image in [-1, 1]; batch normalisation and ReLU between. */
export interface DcganGeneratorConfig extends Images {
  readonly kind: "dcgan_generator";
  readonly latent: number;
  /** How it takes labels (class_embedding.ts), part of `latent`; absent: it takes none. */
  readonly embedding?: ClassEmbedding;
}

/** From an image over 4 x 4 maps to one number; leaky ReLU of slope 0.2 between. */
export interface DcganCriticConfig extends Images {
  readonly kind: "dcgan_critic";
  /** Batch normalisation between the first and the last layer; a gradient penalty allows none. */
  readonly batch_norm: boolean;
  /** Share of each hidden layer's features that is dropped in training; absent: none. */
  readonly dropout?: number;
  /** True if kernels are used divided by their spectral norm; absent: they are not. */
  readonly spectral_norm?: true;
  /** Classes whose projection is added to the score (projection.ts); absent: it takes no labels. */
  readonly num_classes?: number;
}

const KERNEL = 4;
/** Rows and columns of the smallest maps. */
const SMALLEST = 4;
const SLOPE = 0.2;
/** Kernels come from N(0, 0.02), scales of batch normalisation from N(1, 0.02). */
const DEVIATION = 0.02;

/** One convolution with what follows it, and its tensors' names. */
interface Block {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Halves the maps, or doubles them; otherwise between 4 x 4 and 1 x 1. */
  readonly scales: boolean;
  readonly batch_norm: string | null;
  readonly last: boolean;
}

/** 3,576,704 parameters for 64 x 64 images of 3 channels, latent 100 and width 64. */
export function dcganGenerator(name: string, config: DcganGeneratorConfig): Net {
  checkImages(config);
  const { latent, side, channels } = config;
  const maps = widths(config).reverse();
  const blocks = numberBlocks(name, [latent, ...maps, channels], (i) => i <= maps.length, "first");
  const run: Run = (b, z, normalise) => {
    const column = b.op("Unsqueeze", [z, b.ints([2, 3])]);
    return b.op("Tanh", [forward(b, blocks, column, transposedConvolution, 0, normalise)]);
  };
  return netOf(blocks, [latent], [channels, side, side], ({ inputs, outputs }) => [inputs, outputs], run);
}

/** 2,765,568 parameters for 64 x 64 images of 3 channels and width 64, with batch normalisation. */
export function dcganCritic(name: string, config: DcganCriticConfig): Net {
  checkImages(config);
  const { side, channels, batch_norm, dropout, spectral_norm } = config;
  const maps = widths(config);
  const blocks = numberBlocks(
    name,
    [channels, ...maps, 1],
    (i) => batch_norm && i > 1 && i <= maps.length,
    "last",
  );
  const convolve: typeof convolution = (b, name, x, options) =>
    convolution(b, name, x, options, spectral_norm && normalisedWeight(b, `${name}.weight`));
  const projection = projectionOf(name, maps.at(-1)! * SMALLEST * SMALLEST, config);
  const flat = (b: GraphBuilder, x: Value) => b.op("Flatten", [x], { axis: 1 });
  const run: Run = (b, x, normalise, drop, label) => {
    const dropHidden = dropout !== undefined && drop ? (hidden: Value) => drop(hidden, dropout) : undefined;
    const hidden = forward(b, blocks.slice(0, -1), x, convolve, SLOPE, normalise, dropHidden);
    const scores = flat(b, forward(b, blocks.slice(-1), hidden, convolve, SLOPE, normalise));
    if (!projection) return scores;
    return addProjection(b, projection, { features: flat(b, hidden), scores, label });
  };
  const net = netOf(blocks, [channels, side, side], [1], ({ inputs, outputs }) => [outputs, inputs], run);
  const weights = [...blocks.map(({ name }) => `${name}.weight`), ...projection ? [projection.weight] : []];
  return {
    ...net,
    parameters: [...net.parameters, ...projectionSpec(projection)],
    ...projection && { num_classes: projection.num_classes },
    ...spectral_norm && { normalised: weights },
  };
}

/** Both, by the kinds of their configurations. */
export const DCGAN = { dcgan_generator: dcganGenerator, dcgan_critic: dcganCritic } as const;

function checkImages({ side, channels, width }: Images): void {
  const halvings = Math.log2(side / SMALLEST);
  if (Number.isInteger(halvings) && halvings >= 1 && channels >= 1 && width >= 1) return;
  throw new RangeError(
    `Cannot build a DCGAN: images must have a side of 8, 16, 32, 64, ... pixels, and at least one channel and ` +
      `feature map, found ${side} pixels, ${channels} and ${width}`,
  );
}

/** Feature maps from those next to the image to those of 4 x 4. */
function widths({ side, width }: Images): number[] {
  return Array.from({ length: Math.log2(side / SMALLEST) }, (_, i) => width * 2 ** i);
}

/** Sequential indices: convolution, then BatchNorm2d where there is one, then the activation. */
function numberBlocks(
  name: string,
  maps: readonly number[],
  isNormalised: (layer: number) => boolean,
  unscaled: "first" | "last",
): Block[] {
  const count = maps.length - 1;
  const blocks: Block[] = [];
  let index = 0;
  for (let i = 0; i < count; i++) {
    const normalised = isNormalised(i + 1);
    blocks.push({
      name: `${name}.${index}`,
      inputs: maps[i]!,
      outputs: maps[i + 1]!,
      scales: i !== (unscaled === "first" ? 0 : count - 1),
      batch_norm: normalised ? `${name}.${index + 1}` : null,
      last: i === count - 1,
    });
    index += normalised ? 3 : 2;
  }
  return blocks;
}

type Normalise = (name: string, x: Value) => Value;
type Run = (b: GraphBuilder, x: Value, normalise: Normalise, drop?: Drop, label?: Value) => Value;

function forward(
  b: GraphBuilder,
  blocks: readonly Block[],
  x: Value,
  convolve: typeof convolution,
  slope: number,
  normalise: Normalise,
  dropHidden: (hidden: Value) => Value = (hidden) => hidden,
): Value {
  for (const { name, scales, batch_norm, last } of blocks) {
    x = convolve(b, name, x, scales ? { stride: 2, padding: 1 } : { stride: 1, padding: 0 });
    if (batch_norm !== null) x = normalise(batch_norm, x);
    if (!last) x = dropHidden(leakyRelu(b, x, slope));
  }
  return x;
}

function netOf(
  blocks: readonly Block[],
  input_shape: readonly number[],
  output_shape: readonly number[],
  mapsOf: (block: Block) => readonly [number, number],
  run: Run,
): Net {
  const normal = (mean: number) => ({ kind: "normal", mean, deviation: DEVIATION } as const);
  const specs = (block: Block): TensorSpec[] => {
    const { name, batch_norm, outputs } = block;
    const kernel = {
      name: `${name}.weight`,
      shape: [...mapsOf(block), KERNEL, KERNEL],
      initialiser: normal(0),
    };
    if (batch_norm === null) return [kernel];
    return [
      kernel,
      { name: `${batch_norm}.weight`, shape: [outputs], initialiser: normal(1) },
      { name: `${batch_norm}.bias`, shape: [outputs], initialiser: { kind: "constant", value: 0 } },
    ];
  };
  return {
    parameters: blocks.flatMap(specs),
    statistics: blocks.flatMap(({ batch_norm, outputs }) =>
      batch_norm === null ? [] : batchNormStatistics(batch_norm, outputs)
    ),
    input_shape,
    output_shape,
    forwardTrain(b, x, drop, label) {
      const moments: BatchMoments[] = [];
      const normalise: Normalise = (name, hidden) => {
        const normal = batchNormTrain(b, name, hidden);
        moments.push(normal.moments);
        return normal.output;
      };
      return { output: run(b, x, normalise, drop, label), moments };
    },
    forwardEval: (b, x, label) =>
      run(b, x, (name, hidden) => batchNormInfer(b, name, hidden), undefined, label),
  };
}
