/**
 * The convolutional pair for series, after WaveGAN: Donahue, McAuley, Puckette, "Adversarial audio synthesis", 2019
 * (arXiv:1802.04208): convolutions over time alone, no batch normalisation, feature maps that double whenever the length
 * halves. Different from the paper: kernels of 5 and factors of 2, since series are shorter than audio; values are
 * repeated rather than spread, against their artefacts (their appendix C, "nearest neighbour"); the critic does not shuffle
 * phases; samples are not bounded, as series are scaled to a deviation of 1.
 */
import type { GraphBuilder, Value } from "../../onnx/builder.ts";
import { leakyRelu, linear } from "./layers.ts";
import type { Drop, Net, TensorSpec } from "./net.ts";
import { glorot } from "./residual_layers.ts";
import { normalisedWeight } from "./spectral_norm.ts";

interface Series {
  /** Values of a channel, 8 or more. */
  readonly length: number;
  readonly channels: number;
  /** Feature maps next to the series; they double whenever the length halves, up to eightfold. */
  readonly width: number;
}

/** From noise [latent] to a series [channels, length]. */
export interface SeriesGeneratorConfig extends Series {
  readonly kind: "series_generator";
  readonly latent: number;
}

/** From a series to one number; leaky ReLU of slope 0.2 between. */
export interface SeriesCriticConfig extends Series {
  readonly kind: "series_critic";
  /** Share of each block's features that is dropped in training; absent: none. */
  readonly dropout?: number;
  /** True if weights are used divided by their spectral norm; absent: they are not. */
  readonly spectral_norm?: true;
}

const KERNEL = 5;
const SLOPE = 0.2;
/** Shortest series, and the length at which halving ends. */
export const SHORTEST_SERIES = 8;
const SMALLEST = 4;
const MOST_BLOCKS = 8;
const MOST_TIMES = 8;

/** 937,857 parameters for series of 128 values, latent 64 and width 32. */
export function seriesGenerator(name: string, config: SeriesGeneratorConfig): Net {
  const { latent, length, channels } = config;
  const maps = mapsOf(config).reverse(), blocks = maps.length - 1;
  // Lengths that are no multiple are generated a little longer, and cut.
  const shortest = Math.ceil(length / 2 ** blocks), begin = `${name}.begin`, end = `${name}.end`;
  const run = (b: GraphBuilder, z: Value) => {
    let x = b.op("Reshape", [linear(b, begin, z), b.ints([0, maps[0]!, shortest])]);
    for (let i = 0; i < blocks; i++) {
      x = convolved(b, `${name}.block${i}.conv`, repeated(b, b.op("Relu", [x])), 1);
    }
    const whole = convolved(b, end, b.op("Relu", [x]), 1);
    if (shortest * 2 ** blocks === length) return whole;
    return b.op("Slice", [whole, b.ints([0]), b.ints([length]), b.ints([2])]);
  };
  return {
    parameters: [
      ...linearOf(begin, latent, maps[0]! * shortest),
      ...blockSpecs(name, maps),
      ...kernelOf(end, maps.at(-1)!, channels, 1),
    ],
    statistics: [],
    input_shape: [latent],
    output_shape: [channels, length],
    forwardTrain: (b, z) => ({ output: run(b, z), moments: [] }),
    forwardEval: (b, z) => run(b, z),
  };
}

/** 862,465 parameters for series of 128 values and width 32. */
export function seriesCritic(name: string, config: SeriesCriticConfig): Net {
  const { length, channels, dropout, spectral_norm } = config;
  const maps = [channels, ...mapsOf(config).slice(1)], blocks = maps.length - 1;
  const features = maps.at(-1)! * Math.ceil(length / 2 ** blocks), end = `${name}.end`;
  const weightOf = (b: GraphBuilder, layer: string) =>
    spectral_norm && normalisedWeight(b, `${layer}.weight`);
  const run = (b: GraphBuilder, x: Value, drop?: Drop) => {
    for (let i = 0; i < blocks; i++) {
      const layer = `${name}.block${i}.conv`;
      x = leakyRelu(b, convolved(b, layer, x, 2, weightOf(b, layer)), SLOPE);
      if (dropout !== undefined && drop) x = drop(x, dropout);
    }
    return linear(b, end, b.op("Flatten", [x], { axis: 1 }), weightOf(b, end));
  };
  const parameters = [...blockSpecs(name, maps), ...linearOf(end, features, 1)];
  const weights = parameters.map(({ name }) => name).filter((name) => name.endsWith(".weight"));
  return {
    parameters,
    statistics: [],
    ...spectral_norm && { normalised: weights },
    input_shape: [channels, length],
    output_shape: [1],
    forwardTrain: (b, x, drop) => ({ output: run(b, x, drop), moments: [] }),
    forwardEval: (b, x) => run(b, x),
  };
}

/** Both, by the kinds of their configurations. */
export const SERIES = { series_generator: seriesGenerator, series_critic: seriesCritic } as const;

/** Feature maps from those next to the series to those of the shortest. */
function mapsOf({ length, channels, width }: Series): number[] {
  if (!(length >= SHORTEST_SERIES && channels >= 1 && width >= 1)) {
    throw new RangeError(
      `Cannot build a network for series: they must have ${SHORTEST_SERIES} values or more, and at least one channel and ` +
        `feature map, found ${length} values, ${channels} and ${width}`,
    );
  }
  const halvings = Math.min(MOST_BLOCKS, Math.floor(Math.log2(length / SMALLEST)));
  return Array.from({ length: halvings + 1 }, (_, i) => width * Math.min(MOST_TIMES, 2 ** i));
}

function blockSpecs(name: string, maps: readonly number[]): TensorSpec[] {
  return maps.slice(1).flatMap((outputs, i) =>
    kernelOf(`${name}.block${i}.conv`, maps[i]!, outputs, Math.SQRT2)
  );
}

/** Weight [outputs, inputs, 5] and a bias that begins at 0. */
function kernelOf(name: string, inputs: number, outputs: number, gain: number): TensorSpec[] {
  return [
    {
      name: `${name}.weight`,
      shape: [outputs, inputs, KERNEL],
      initialiser: glorot(KERNEL * inputs, KERNEL * outputs, gain),
    },
    { name: `${name}.bias`, shape: [outputs], initialiser: { kind: "constant", value: 0 } },
  ];
}

function linearOf(name: string, inputs: number, outputs: number): TensorSpec[] {
  return [
    { name: `${name}.weight`, shape: [outputs, inputs], initialiser: glorot(inputs, outputs) },
    { name: `${name}.bias`, shape: [outputs], initialiser: { kind: "constant", value: 0 } },
  ];
}

/** Convolution of x [N, inputs, length] over time, as torch.nn.Conv1d; of a length divided by `stride`, rounded up. */
function convolved(
  b: GraphBuilder,
  name: string,
  x: Value,
  stride: number,
  weight = b.value(`${name}.weight`),
): Value {
  const padding = (KERNEL - 1) / 2;
  return b.op("Conv", [x, weight, b.value(`${name}.bias`)], { strides: [stride], pads: [padding, padding] });
}

/** Each value twice. */
function repeated(b: GraphBuilder, x: Value): Value {
  const [, features, length] = x.type.shape.map(Number);
  const apart = b.op("Reshape", [x, b.ints([0, features!, length!, 1])]);
  const twice = b.op("Expand", [apart, b.ints([1, 1, 1, 2])]);
  return b.op("Reshape", [twice, b.ints([0, features!, 2 * length!])]);
}
