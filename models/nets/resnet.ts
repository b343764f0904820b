/**
 * The residual pair: Gulrajani et al. 2017 (arXiv:1704.00028), appendix C, and Miyato et al. 2018 (arXiv:1802.05957),
 * appendix B.4, whose networks for 32 x 32 these are. Larger images take more blocks, whose feature maps double, up to
 * eightfold, whenever the image halves. The generator repeats pixels to double its maps and has
 * batch normalisation, before which convolutions have no bias: it would change nothing. The critic takes means of 2 x 2 to
 * halve its maps, and has no normalisation.
 */
import type { GraphBuilder, Value } from "../../onnx/builder.ts";
import {
  batchNormInfer,
  batchNormSpecs,
  batchNormStatistics,
  batchNormTrain,
  convolution,
  linear,
} from "./layers.ts";
import type { ClassEmbedding } from "./class_embedding.ts";
import type { BatchMoments, Drop, Net, TensorSpec } from "./net.ts";
import { addProjection, projectionOf, projectionSpec } from "./projection.ts";
import { convolutionSpecs, glorot, halved, kernelSpec, padded, repeated } from "./residual_layers.ts";
import { attentionSpecs, selfAttention } from "./self_attention.ts";
import { normalisedWeight } from "./spectral_norm.ts";

interface Images {
  /** Rows and columns: 16, 32, 64, ... */
  readonly side: number;
  readonly channels: number;
  /** Feature maps next to the image; up to 32 x 32 those of all blocks. */
  readonly width: number;
  /** Rows and columns of the maps behind whose block there is self-attention (self_attention.ts); absent: none. */
  readonly attention?: number;
}

/** From noise [latent] over 4 x 4 maps to an image in [-1, 1]. */
export interface ResnetGeneratorConfig extends Images {
  readonly kind: "resnet_generator";
  readonly latent: number;
  /** How it takes labels (class_embedding.ts), part of `latent`; absent: it takes none. */
  readonly embedding?: ClassEmbedding;
}

/** From an image over 8 x 8 or 4 x 4 maps to one number. */
export interface ResnetCriticConfig extends Images {
  readonly kind: "resnet_critic";
  /** How the last maps become features: their sum in SNGAN, their mean in WGAN-GP. */
  readonly pool: "mean" | "sum";
  /** Share of each block's features that is dropped in training; absent: none. */
  readonly dropout?: number;
  /** True if weights are used divided by their spectral norm; absent: they are not. */
  readonly spectral_norm?: true;
  /** Classes whose projection is added to the score (projection.ts); absent: it takes no labels. */
  readonly num_classes?: number;
}

/** A residual block and its tensors' prefix. `scales`: it doubles or halves its maps. `first`: of a critic, next to the image. */
interface Block {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly scales: boolean;
  readonly first: boolean;
  /** Prefix of the tensors of the self-attention behind it; null: there is none. */
  readonly attention: string | null;
}

/** Rows and columns of the smallest maps; of a critic's of small images twice as many. */
const SMALLEST = 4;
/** Up to this side all blocks have the same feature maps. */
const SMALL_IMAGE = 32;
const MOST_TIMES = 8;

/** 4,082,435 parameters for 32 x 32 images of 3 channels, latent 128 and width 256. */
export function resnetGenerator(name: string, config: ResnetGeneratorConfig): Net {
  checkImages(config);
  const { latent, side, channels, width, attention } = config;
  const ups = Math.log2(side / SMALLEST);
  const maps = Array.from(
    { length: ups + 1 },
    (_, i) => side <= SMALL_IMAGE ? 1 : Math.min(MOST_TIMES, 2 ** (ups - i)),
  );
  const sides = Array.from({ length: ups }, (_, i) => SMALLEST * 2 ** (i + 1));
  const blocks = blocksOf(name, maps.map((times) => times * width), ups, sides.indexOf(attention!));
  const [first, last] = [maps[0]! * width, maps.at(-1)! * width];
  const begin = `${name}.begin`, norm = `${name}.norm`, end = `${name}.end`;
  const run: Run = (b, z, normalise) => {
    let x = b.op("Reshape", [linear(b, begin, z), b.ints([0, first, SMALLEST, SMALLEST])]);
    for (const block of blocks) x = attended(b, block, upBlock(b, block, x, normalise));
    return b.op("Tanh", [padded(b, end, b.op("Relu", [normalise(norm, x)]))]);
  };
  const norms = [
    ...blocks.flatMap(({ name, inputs, outputs }): [string, number][] => [
      [`${name}.norm1`, inputs],
      [`${name}.norm2`, outputs],
    ]),
    [norm, last] as [string, number],
  ];
  const parameters = [
    ...linearOf(begin, latent, first * SMALLEST * SMALLEST),
    ...blocks.flatMap((block) => [
      ...batchNormSpecs(`${block.name}.norm1`, block.inputs),
      kernelSpec(`${block.name}.conv1`, block.inputs, block.outputs, 3, Math.SQRT2),
      ...batchNormSpecs(`${block.name}.norm2`, block.outputs),
      kernelSpec(`${block.name}.conv2`, block.outputs, block.outputs, 3, Math.SQRT2),
      kernelSpec(`${block.name}.shortcut`, block.inputs, block.outputs, 1),
      ...attentionOf(block),
    ]),
    ...batchNormSpecs(norm, last),
    ...convolutionSpecs(end, last, channels, 3),
  ];
  const statistics = norms.flatMap(([name, features]) => batchNormStatistics(name, features));
  return netOf({ parameters, statistics, input_shape: [latent], output_shape: [channels, side, side] }, run);
}

/** 1,049,601 parameters for 32 x 32 images of 3 channels and width 128. */
export function resnetCritic(name: string, config: ResnetCriticConfig): Net {
  checkImages(config);
  const { side, channels, width, pool, dropout, spectral_norm, attention } = config;
  const is_small = side <= SMALL_IMAGE, downs = Math.log2(side / SMALLEST) - (is_small ? 1 : 0);
  const maps = is_small
    ? Array<number>(downs + 2).fill(1)
    : Array.from({ length: downs + 1 }, (_, i) => Math.min(MOST_TIMES, 2 ** i));
  const sides = Array.from({ length: downs }, (_, i) => side / 2 ** (i + 1));
  const blocks = blocksOf(
    name,
    [channels, ...maps.map((times) => times * width)],
    downs,
    sides.indexOf(attention!),
  );
  const last = maps.at(-1)! * width, end = `${name}.end`;
  const weightOf = (b: GraphBuilder, layer: string) =>
    spectral_norm && normalisedWeight(b, `${layer}.weight`);
  const projection = projectionOf(name, last, config);
  const run: Run = (b, x, _normalise, drop, label) => {
    for (const block of blocks) {
      x = attended(b, block, downBlock(b, block, x, weightOf), weightOf);
      if (dropout !== undefined && drop) x = drop(x, dropout);
    }
    const op = pool === "mean" ? "ReduceMean" : "ReduceSum";
    const features = b.op(op, [b.op("Relu", [x]), b.ints([2, 3])], { keepdims: 0 });
    const scores = linear(b, end, features, weightOf(b, end));
    return projection ? addProjection(b, projection, { features, scores, label }) : scores;
  };
  const parameters = [
    ...blocks.flatMap(({ name, inputs, outputs, scales, attention }) => [
      ...convolutionSpecs(`${name}.conv1`, inputs, outputs, 3, Math.SQRT2),
      ...convolutionSpecs(`${name}.conv2`, outputs, outputs, 3, Math.SQRT2),
      ...scales ? convolutionSpecs(`${name}.shortcut`, inputs, outputs, 1) : [],
      ...attentionOf({ attention, outputs }),
    ]),
    ...linearOf(end, last, 1),
    ...projectionSpec(projection),
  ];
  const weights = parameters.map(({ name }) => name).filter((name) => name.endsWith(".weight"));
  const net = netOf(
    { parameters, statistics: [], input_shape: [channels, side, side], output_shape: [1] },
    run,
  );
  return {
    ...net,
    ...projection && { num_classes: projection.num_classes },
    ...spectral_norm && { normalised: weights },
  };
}

/** Both, by the kinds of their configurations. */
export const RESNET = { resnet_generator: resnetGenerator, resnet_critic: resnetCritic } as const;

/** Rows and columns of maps that both networks for such images have behind a block. */
export function attentionSides(side: number): number[] {
  return Array.from({ length: Math.log2(side / SMALLEST) - 1 }, (_, i) => SMALLEST * 2 ** (i + 1));
}

function checkImages({ side, channels, width, attention }: Images): void {
  const halvings = Math.log2(side / SMALLEST);
  if (Number.isInteger(halvings) && halvings >= 2 && channels >= 1 && width >= 1) {
    if (attention === undefined || attentionSides(side).includes(attention)) return;
    throw new RangeError(
      `Cannot build a residual network: self-attention for images of ${side} x ${side} must be over maps of a side of ` +
        `${attentionSides(side).join(", ")}, found ${attention}`,
    );
  }
  throw new RangeError(
    "Cannot build a residual network: images must have a side of 16, 32, 64, ... pixels, and at least one channel and " +
      `feature map, found ${side} pixels, ${channels} and ${width}`,
  );
}

/** Blocks between these maps; the first `num_scaling` of them double or halve the image. `attended`: -1, or a block. */
function blocksOf(name: string, maps: readonly number[], num_scaling: number, attended: number): Block[] {
  return maps.slice(1).map((outputs, i) => ({
    name: `${name}.block${i}`,
    inputs: maps[i]!,
    outputs,
    scales: i < num_scaling,
    first: i === 0,
    attention: i === attended ? `${name}.block${i}.attention` : null,
  }));
}

function attentionOf({ attention, outputs }: Pick<Block, "attention" | "outputs">): TensorSpec[] {
  return attention === null ? [] : attentionSpecs(attention, outputs);
}

/** The output x of a block, with the self-attention behind it. */
function attended(b: GraphBuilder, { attention }: Block, x: Value, weightOf?: WeightOf): Value {
  return attention === null ? x : selfAttention(b, attention, x, weightOf);
}

/** Weights as Glorot's, biases 0. */
function linearOf(name: string, inputs: number, outputs: number): TensorSpec[] {
  return [
    { name: `${name}.weight`, shape: [outputs, inputs], initialiser: glorot(inputs, outputs) },
    { name: `${name}.bias`, shape: [outputs], initialiser: { kind: "constant", value: 0 } },
  ];
}

type Normalise = (name: string, x: Value) => Value;
/** The weight to use in place of a layer's own; undefined: its own. */
type WeightOf = (b: GraphBuilder, layer: string) => Value | undefined;
type Run = (b: GraphBuilder, x: Value, normalise: Normalise, drop?: Drop, label?: Value) => Value;

/** Convolutions of 3 x 3 and 1 x 1 that keep rows and columns. */
const AROUND = { stride: 1, padding: 1 }, ALONE = { stride: 1, padding: 0 };

/** BN, ReLU, repeat, convolution, BN, ReLU, convolution; beside it repeat and 1 x 1. */
function upBlock(b: GraphBuilder, { name }: Block, x: Value, normalise: Normalise): Value {
  const wide = repeated(b, b.op("Relu", [normalise(`${name}.norm1`, x)]));
  const hidden = b.op("Relu", [normalise(`${name}.norm2`, convolution(b, `${name}.conv1`, wide, AROUND))]);
  // A 1 x 1 convolution of repeated pixels repeats what it makes of each: the same numbers by a quarter of the products.
  const beside = repeated(b, convolution(b, `${name}.shortcut`, x, ALONE));
  return b.op("Add", [convolution(b, `${name}.conv2`, hidden, AROUND), beside]);
}

/** ReLU (but not over the image), convolution, ReLU, convolution, mean; beside it 1 x 1 and mean, or nothing at all. */
function downBlock(
  b: GraphBuilder,
  { name, scales, first }: Block,
  x: Value,
  weightOf: WeightOf,
): Value {
  const convolve = (layer: string, x: Value) => padded(b, layer, x, weightOf(b, layer));
  const hidden = convolve(`${name}.conv1`, first ? x : b.op("Relu", [x]));
  const out = convolve(`${name}.conv2`, b.op("Relu", [hidden]));
  if (!scales) return b.op("Add", [out, x]);
  // Likewise: the mean of 1 x 1 convolutions is the convolution of the mean.
  return b.op("Add", [halved(b, out), convolve(`${name}.shortcut`, halved(b, x))]);
}

function netOf(about: Omit<Net, "forwardTrain" | "forwardEval">, run: Run): Net {
  return {
    ...about,
    forwardTrain(b, x, drop, label) {
      const moments: BatchMoments[] = [];
      const output = run(
        b,
        x,
        (name, hidden) => {
          const normal = batchNormTrain(b, name, hidden);
          moments.push(normal.moments);
          return normal.output;
        },
        drop,
        label,
      );
      return { output, moments };
    },
    forwardEval: (b, x) => run(b, x, (name, hidden) => batchNormInfer(b, name, hidden)),
  };
}
