/** Presets: which networks, and the hyperparameters that suit them. Everything here can be overridden. */
import { imageCritic, imageGenerator, planeCritic, planeGenerator } from "../../models/nets/mlp.ts";
import { gumbelNoise, headsOf } from "../../models/nets/table.ts";
import type { Networks } from "../../models/nets/networks.ts";
import { hasPenalty, type ObjectiveName, objectiveOf } from "../../models/objectives/objectives.ts";
import { exampleKind } from "../../common/example_kind.ts";
import type { DataSet } from "../data/data_set.ts";
import { STROKES_SIDE } from "../data/strokes.ts";
import { ADAM_OF_GANS, ADAM_OF_WGAN_GP, type Optimizer, RMSPROP } from "../../algorithm/optimizers.ts";
import type { PenaltyConfig } from "./objective_config.ts";
import type { UpdateConfig } from "./update_config.ts";
import { dcgan, resnet, seriesPair } from "./networks/preset_networks.ts";
import { numElements } from "../../common/shape.ts";
import type { TableColumn } from "../../common/values/table.ts";

export interface Hyperparameters {
  /** The two losses. */
  readonly objective: ObjectiveName;
  /** Weight of the gradient penalty; null where the objective has none. */
  readonly penalty: number | null;
  /** Examples of one critic step over all shards. */
  readonly batch: number;
  readonly shards: number;
  /** Critic steps for one generator step. */
  readonly n_critic: number;
  /** The optimizer of both networks. */
  readonly optimizer: Optimizer;
  /** The optimizer's learning rate, both networks. */
  readonly lr: number;
  /** Critic steps over which lr falls linearly to 0; 0: it stays. */
  readonly decay_steps: number;
  /** Critic parameters are clipped to [-clip, clip] after each step; null: they are not. */
  readonly clip: number | null;
  readonly latent: number;
  /** Critic steps of a run, if nothing else is said. */
  readonly steps: number;
}

export interface Preset extends Hyperparameters, Partial<UpdateConfig>, Partial<PenaltyConfig> {
  /** For `--help`: the kind of its networks, and its data and loss. */
  readonly about: readonly [networks: string, purpose: string];
  /** Rows and columns of the images that the networks take; smaller ones are padded. Absent: any examples. */
  readonly sides?: readonly number[];
  /** True if the networks take points, and no images. */
  readonly plane?: true;
  /** True if the networks take series: [length] or [channels, length]. */
  readonly series?: true;
  /** How values are scaled, unless told otherwise; absent: they are not. */
  readonly scale?: string;
  /** True if the networks take labels: they are then made for the classes of the data. */
  readonly conditional?: true;
  /** True if the critic's weights are used divided by their spectral norms, unless told otherwise. */
  readonly spectral_norm?: true;
  /** Length of the noise for examples of this shape, where it follows from it; else `latent`. */
  latentFor?(example_shape: readonly number[], table?: readonly TableColumn[]): number;
  /** Feature maps next to the image, of convolutional networks; absent: the networks are others. */
  readonly width?: number;
  /**
   * The two networks for examples of this shape: [2], [rows, columns] or [channels, rows, columns]. `table`: the columns, where
   * some are categories.
   */
  networks(
    latent: number,
    example_shape: readonly number[],
    width?: number,
    table?: readonly TableColumn[],
  ): Networks;
}

/** The papers' settings for the three objectives (algorithm.md): losses, optimizer and schedule. */
const WGAN = {
  objective: "wgan",
  penalty: null,
  optimizer: RMSPROP,
  n_critic: 5,
} as const;
const GAN = {
  objective: "gan",
  penalty: null,
  optimizer: ADAM_OF_GANS,
  n_critic: 1,
  lr: 2e-4,
  clip: null,
} as const;
const WGAN_GP = {
  objective: "wgan-gp",
  penalty: 10,
  optimizer: ADAM_OF_WGAN_GP,
  n_critic: 5,
  lr: 1e-4,
  clip: null,
} as const;

/** Huang et al. 2024, with constant betas; the weights of R1 and R2 are those of each preset. */
const R3GAN = {
  objective: "rpgan",
  penalty: null,
  optimizer: { kind: "adam", beta1: 0, beta2: 0.99, eps: 1e-8 },
  n_critic: 1,
} as const;

/** The MLP pair of the original comparison. */
const IMAGES = {
  batch: 64,
  shards: 4,
  decay_steps: 0,
  latent: 100,
  steps: 20_000,
  networks: (latent: number, example_shape: readonly number[]) => ({
    generator: imageGenerator(latent, numElements(example_shape)),
    critic: imageCritic(numElements(example_shape)),
  }),
} as const;

/** Points of two or more numbers: three hidden layers of 128. */
const PLANE = {
  batch: 256,
  shards: 4,
  latent: 2,
  plane: true,
  latentFor: (example_shape: readonly number[]) => Math.max(2, numElements(example_shape)),
  networks: (latent: number, example_shape: readonly number[]) => ({
    generator: planeGenerator(latent, numElements(example_shape)),
    critic: planeCritic(numElements(example_shape)),
  }),
} as const;

/** The WGAN authors' convolutional pair; a gradient penalty allows no batch normalisation in the critic. */
const DCGAN = {
  batch: 64,
  shards: 4,
  decay_steps: 0,
  latent: 100,
  steps: 5_000,
  sides: [32, 64],
  width: 64,
  networks: (latent: number, example_shape: readonly number[], width = 64) =>
    dcgan(latent, example_shape, width, true),
} as const;

/** Noise of the generators of tables, without that which draws categories. */
const TABLE_LATENT = 64;

/** What residual presets have in common. */
const RESNET = {
  ...{ batch: 64, shards: 4, lr: 2e-4, decay_steps: 0, clip: null, latent: 128, steps: 5_000 },
  ...{ sides: [32, 64], width: 128 },
} as const;

export const PRESETS = {
  wgan: {
    about: ["MLP", "images of any size; WGAN as in the paper"],
    ...WGAN,
    ...IMAGES,
    lr: 5e-5,
    clip: 0.01,
  },
  "wgan-dcgan": {
    about: ["convolutional", "images of 32 x 32 or 64 x 64; WGAN"],
    ...WGAN,
    ...DCGAN,
    lr: 5e-5,
    clip: 0.01,
  },
  "toy-wgan": {
    about: ["small MLP", "points and rows of numbers; WGAN"],
    ...WGAN,
    ...PLANE,
    lr: 5e-4,
    decay_steps: 40_000,
    clip: 0.03,
    steps: 40_000,
  },
  gan: {
    about: ["MLP", "images of any size; GAN"],
    ...GAN,
    ...IMAGES,
  },
  dcgan: {
    about: ["convolutional", "images of 32 x 32 or 64 x 64; GAN"],
    ...GAN,
    ...DCGAN,
  },
  "toy-gan": {
    about: ["small MLP", "points and rows of numbers; GAN"],
    ...GAN,
    ...PLANE,
    lr: 1e-3,
    decay_steps: 20_000,
    steps: 20_000,
  },
  "wgan-gp": {
    about: ["MLP", "images of any size; WGAN-GP"],
    ...WGAN_GP,
    ...IMAGES,
  },
  "wgan-gp-dcgan": {
    about: ["convolutional", "images of 32 x 32 or 64 x 64; WGAN-GP"],
    ...WGAN_GP,
    ...DCGAN,
    networks: (latent: number, example_shape: readonly number[], width = 64) =>
      dcgan(latent, example_shape, width, false),
  },
  "toy-wgan-gp": {
    about: ["small MLP", "points and rows of numbers; WGAN-GP"],
    ...WGAN_GP,
    ...PLANE,
    lr: 2e-3,
    penalty: 0.1,
    decay_steps: 20_000,
    steps: 20_000,
  },
  "toy-r3gan": {
    about: ["small MLP", "points and rows of numbers; relativistic pairs, R1 and R2"],
    ...R3GAN,
    ...PLANE,
    lr: 2e-3,
    r1: 0.1,
    r2: 0.1,
    decay_steps: 10_000,
    ema_half_life: 100_000,
    clip: null,
    steps: 10_000,
  },
  "cwgan-gp": {
    about: ["MLP", "images of any size, by class; WGAN-GP"],
    ...WGAN_GP,
    ...IMAGES,
    lr: 5e-4,
    n_critic: 2,
    decay_steps: 20_000,
    conditional: true,
  },
  cdcgan: {
    about: ["convolutional", "images of 32 x 32 or 64 x 64, by class; GAN"],
    ...GAN,
    ...DCGAN,
    conditional: true,
  },
  "toy-cwgan-gp": {
    about: ["small MLP", "points and rows of numbers, by class; WGAN-GP"],
    ...WGAN_GP,
    ...PLANE,
    lr: 2e-3,
    penalty: 0.1,
    decay_steps: 20_000,
    steps: 20_000,
    conditional: true,
  },
  "table-wgan-gp": {
    about: ["residual MLP", "tables of numbers and categories; WGAN-GP"],
    ...WGAN_GP,
    penalty: 1,
    batch: 512,
    shards: 4,
    lr: 1e-3,
    n_critic: 2,
    decay_steps: 12_000,
    latent: TABLE_LATENT,
    steps: 12_000,
    plane: true,
    scale: "standard",
    latentFor: (example_shape: readonly number[], table?: readonly TableColumn[]) =>
      TABLE_LATENT + gumbelNoise(headsOf(numElements(example_shape), table)),
    networks: (
      latent: number,
      example_shape: readonly number[],
      _width?: number,
      table?: readonly TableColumn[],
    ) => ({
      generator: {
        kind: "table_generator",
        latent,
        hidden: [256, 256],
        heads: headsOf(numElements(example_shape), table),
      },
      critic: { kind: "table_critic", features: numElements(example_shape), hidden: [256, 256] },
    }),
  },
  "wgan-gp-resnet": {
    about: ["residual", "images of 32 x 32 or 64 x 64; WGAN-GP"],
    ...WGAN_GP,
    ...RESNET,
    networks: (latent: number, example_shape: readonly number[], width = 128) =>
      resnet(latent, example_shape, { generator: width, critic: width }, "mean"),
  },
  sngan: {
    about: ["residual", "images of 32 x 32 or 64 x 64; hinge loss, spectral norms"],
    objective: "hinge",
    penalty: null,
    optimizer: ADAM_OF_WGAN_GP,
    n_critic: 5,
    ...RESNET,
    spectral_norm: true,
    networks: (latent: number, example_shape: readonly number[], width = 128) =>
      resnet(latent, example_shape, { generator: 2 * width, critic: width }, "sum"),
  },
  "r3gan-lite": {
    about: ["residual", "images of 32 x 32 or 64 x 64; relativistic pairs, R1 and R2"],
    ...R3GAN,
    ...RESNET,
    r1: 1,
    r2: 1,
    width: 64,
    networks: (latent: number, example_shape: readonly number[], width = 64) =>
      resnet(latent, example_shape, { generator: width, critic: width }, "mean"),
  },
  "series-wgan-gp": {
    about: ["convolutional", "series of 8 values or more, with channels; WGAN-GP"],
    ...WGAN_GP,
    ...{ batch: 64, shards: 4, decay_steps: 0, latent: 64, steps: 10_000, width: 32, series: true },
    networks: seriesPair,
  },
  strokes: {
    about: ["small MLP", "the letters that wagon draws; WGAN"],
    ...WGAN,
    batch: 64,
    shards: 4,
    lr: 5e-4,
    decay_steps: 0,
    clip: 0.02,
    latent: 16,
    steps: 30_000,
    networks: (latent, example_shape) => {
      const features = numElements(example_shape);
      return {
        generator: { widths: [latent, 128, 256, features], batch_norm: true, slope: 0.2, output: "tanh" },
        critic: { widths: [features, 256, 128, 1], batch_norm: false, slope: 0.2, output: "linear" },
      };
    },
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;

/** Facts about a data set that decide which preset suits it. `labels`: present if networks are to take them. */
export interface PresetData extends Pick<DataSet, "example_shape" | "axes" | "labels" | "table"> {
  readonly dataset: string | null;
}

/** The preset for a data set when none is named: what its examples look like decides. */
export function presetFor(data: PresetData): PresetName {
  if (data.labels) return exampleKind(data) === "images" ? "cwgan-gp" : "toy-cwgan-gp";
  if (data.table) return "table-wgan-gp";
  if (exampleKind(data) !== "images") return "toy-wgan";
  return data.dataset === "strokes" ? "strokes" : "wgan";
}

/**
 * The preset for these losses and data where none is named: the usual one, or that of the objective. An objective without
 * a preset has that of the one that is most like it.
 */
export function presetForObjective(
  objective: ObjectiveName | undefined,
  data: PresetData,
): PresetName {
  const usual = presetFor(data);
  // Labels decide the networks, whatever the losses are.
  if (data.labels) return usual;
  if (objective === undefined || PRESETS[usual].objective === objective) return usual;
  const kind = exampleKind(data) === "images" ? "" : "toy-";
  const named = `${kind}${objective}`;
  return isPreset(named) ? named : `${kind}${likest(objective)}`;
}

/** Shape of one example of the data that a preset is for. */
export function usualShape(name: PresetName): readonly number[] {
  const { plane, sides, series }: Preset = PRESETS[name];
  if (plane) return [2];
  if (series) return [128];
  const side = sides?.[0] ?? (name === "strokes" ? STROKES_SIDE : 28);
  return [side, side];
}

/** True if the preset's critic has spectral norms, unless told otherwise. */
export function isSpectral(name: PresetName): boolean {
  const { spectral_norm }: Preset = PRESETS[name];
  return spectral_norm === true;
}

function isPreset(name: string): name is PresetName {
  return Object.hasOwn(PRESETS, name);
}

function likest(objective: ObjectiveName): "wgan-gp" | "wgan" | "gan" {
  if (hasPenalty(objective)) return "wgan-gp";
  return objectiveOf({ objective, penalty: null }).estimates_distance ? "wgan" : "gan";
}

/** True if the preset's networks take labels. */
export function isConditional(name: PresetName): boolean {
  const { conditional }: Preset = PRESETS[name];
  return conditional === true;
}
