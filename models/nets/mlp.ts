/** Multilayer perceptrons, named as the torch.nn.Sequential of the same layers numbers them. */
import type { GraphBuilder, Value } from "../../onnx/builder.ts";
import {
  batchNormInfer,
  batchNormSpecs,
  batchNormStatistics,
  batchNormTrain,
  leakyRelu,
  linear,
  linearSpecs,
} from "./layers.ts";
import type { ClassEmbedding } from "./class_embedding.ts";
import type { BatchMoments, Drop, Net, TensorSpec } from "./net.ts";
import { addProjection, type Projection, projectionOf, projectionSpec } from "./projection.ts";
import { normalisedWeight } from "./spectral_norm.ts";

/** A multilayer perceptron. Examples are flat: an image of 28 x 28 is 784 features. */
export interface MlpConfig {
  /** Features from the input over the hidden layers to the output: at least two numbers. */
  readonly widths: readonly number[];
  /** Batch normalisation before the activation of every hidden layer but the first. */
  readonly batch_norm: boolean;
  /** Slope of the leaky ReLU below 0; 0 is the plain ReLU. */
  readonly slope: number;
  /** Layers after the last linear layer. */
  readonly output: "linear" | "tanh";
  /** Share of each hidden layer's features that is dropped in training; absent: none. */
  readonly dropout?: number;
  /** True if weights are used divided by their spectral norm; absent: they are not. */
  readonly spectral_norm?: true;
  /** Of a generator: how it takes labels (class_embedding.ts); absent: it takes none. */
  readonly embedding?: ClassEmbedding;
  /** Of a critic: classes whose projection it adds to its score (projection.ts); absent: it takes no labels. */
  readonly num_classes?: number;
}

/** The generator of the original comparison: 1,510,032 parameters for 784 outputs (`wgan` preset). */
export function imageGenerator(latent: number, features: number): MlpConfig {
  return { widths: [latent, 128, 256, 512, 1024, features], batch_norm: true, slope: 0.2, output: "tanh" };
}

/** The critic of the original comparison: 533,505 parameters for 784 inputs. */
export function imageCritic(features: number): MlpConfig {
  return { widths: [features, 512, 256, 1], batch_norm: false, slope: 0.2, output: "linear" };
}

/** The pair for points, in the plane unless said otherwise: three hidden layers of 128 with ReLU, nothing at the end. */
export function planeGenerator(latent: number, dimension = 2): MlpConfig {
  return { widths: [latent, 128, 128, 128, dimension], batch_norm: false, slope: 0, output: "linear" };
}

export function planeCritic(dimension = 2): MlpConfig {
  return { widths: [dimension, 128, 128, 128, 1], batch_norm: false, slope: 0, output: "linear" };
}

/** One linear layer with what surrounds it, and its tensors' names. */
interface Block {
  readonly linear: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly batch_norm: string | null;
  readonly hidden: boolean;
}

/** The network whose tensors are called `name.0.weight` and so on. Widths are whole and positive. */
export function mlp(name: string, config: MlpConfig): Net {
  const blocks = numberBlocks(name, config);
  const normalised = blocks.filter((block) => block.batch_norm !== null);
  const projection = projectionOf(name, blocks.at(-1)!.inputs, config);
  return {
    parameters: [...blocks.flatMap(blockSpecs), ...projectionSpec(projection)],
    statistics: normalised.flatMap((block) => batchNormStatistics(block.batch_norm!, block.outputs)),
    ...config.spectral_norm && {
      normalised: [
        ...blocks.map(({ linear }) => `${linear}.weight`),
        ...projection ? [projection.weight] : [],
      ],
    },
    ...projection && { num_classes: projection.num_classes },
    input_shape: [config.widths[0]!],
    output_shape: [config.widths.at(-1)!],
    forwardTrain(b, x, drop, label) {
      const moments: BatchMoments[] = [];
      const normalise = (name: string, hidden: Value) => {
        const normal = batchNormTrain(b, name, hidden);
        moments.push(normal.moments);
        return normal.output;
      };
      return { output: forward(b, blocks, config, x, { normalise, drop, projection, label }), moments };
    },
    forwardEval(b, x, label) {
      const normalise = (name: string, hidden: Value) => batchNormInfer(b, name, hidden);
      return forward(b, blocks, config, x, { normalise, projection, label });
    },
  };
}

function forward(
  b: GraphBuilder,
  blocks: readonly Block[],
  { slope, output, dropout, spectral_norm }: MlpConfig,
  x: Value,
  { normalise, drop, projection, label }: {
    readonly normalise: (name: string, hidden: Value) => Value;
    readonly drop?: Drop | undefined;
    readonly projection: Projection | null;
    readonly label: Value | undefined;
  },
): Value {
  let features = x;
  for (const block of blocks) {
    features = x;
    const weight = spectral_norm && normalisedWeight(b, `${block.linear}.weight`);
    x = linear(b, block.linear, x, weight);
    if (block.batch_norm !== null) x = normalise(block.batch_norm, x);
    if (block.hidden) x = leakyRelu(b, x, slope);
    if (block.hidden && dropout !== undefined && drop) x = drop(x, dropout);
  }
  if (projection) x = addProjection(b, projection, { features, scores: x, label });
  return output === "tanh" ? b.op("Tanh", [x]) : x;
}

/** Sequential indices: Linear, then BatchNorm1d where there is one, then the activation. */
function numberBlocks(name: string, { widths, batch_norm }: MlpConfig): Block[] {
  const blocks: Block[] = [];
  let index = 0;
  for (let i = 0; i + 1 < widths.length; i++) {
    const hidden = i + 2 < widths.length;
    const normalised = batch_norm && hidden && i > 0;
    blocks.push({
      linear: `${name}.${index}`,
      inputs: widths[i]!,
      outputs: widths[i + 1]!,
      batch_norm: normalised ? `${name}.${index + 1}` : null,
      hidden,
    });
    index += normalised ? 3 : 2;
  }
  return blocks;
}

function blockSpecs({ linear, inputs, outputs, batch_norm }: Block): TensorSpec[] {
  return [
    ...linearSpecs(linear, inputs, outputs),
    ...(batch_norm === null ? [] : batchNormSpecs(batch_norm, outputs)),
  ];
}
