/** The options that define a run, for every task that starts one. The names are a contract. */
import type { OptionTable } from "../../../common/cli/options.ts";
import { WIRE_FORMATS } from "../../../common/wire_format.ts";
import { DEFAULT_MIN_STEPS } from "../config.ts";
import { DATA_OPTIONS } from "./data_options.ts";
import { EVALUATION_OPTIONS } from "./evaluation_options.ts";
import { LOCAL_OPTIONS } from "./local_options.ts";
import { DATASET_NAMES } from "../../data/resolve.ts";
import { OBJECTIVE_NAMES } from "../../../models/objectives/objectives.ts";
import { type PresetName, PRESETS } from "../presets.ts";
import { NETWORK_OPTIONS } from "./network_options.ts";
import { PENALTY_OPTIONS } from "./penalty_options.ts";
import { UPDATE_OPTIONS } from "./update_options.ts";

const PRESET_TEXT = "the preset's";
const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];

/** Options that define a run and how it is recorded; also the keys of a `--config` file. */
export const RUN_OPTIONS = {
  preset: {
    kind: "choice",
    choices: PRESET_NAMES,
    default_text:
      "strokes for the drawn letters, table-wgan-gp for tables with categories, toy-wgan for points, else wgan",
    about: "Loss, networks and hyperparameters",
    table: PRESET_NAMES.map((name) => [name, ...PRESETS[name].about]),
    group: "What to train",
  },
  dataset: {
    kind: "choice",
    choices: DATASET_NAMES,
    default_text: "strokes, unless --data is given",
    about: "Data that wagon draws itself",
    group: "What to train",
  },
  data: {
    kind: "string",
    value: "PATH",
    about:
      "Your data: a folder of pictures or of NPY files, an IDX, NPY, NPZ, CIFAR, Parquet or CSV file, or a folder of them; " +
      "FILE.npz#NAME selects one array, FILE.csv#columns=2-4 selects columns (docs/your-own-data.md)",
    group: "What to train",
  },
  labels: {
    kind: "string",
    value: "auto|none|SOURCE",
    default_text: "auto for the presets that take labels (cwgan-gp, cdcgan, toy-cwgan-gp), else none",
    about:
      "Where the class of each example comes from. auto: labels that wagon finds with the data; SOURCE: an IDX or " +
      "NPY file, FILE.npz#NAME, or a " +
      "column of the CSV file (docs/labels.md)",
    group: "What to train",
  },
  image_size: {
    kind: "number",
    integer: true,
    min: 4,
    max: 1024,
    unit: "pixels",
    default_text: "the size of the images, which must all be the same",
    about:
      "Crop images to squares and resize them to this many rows and columns; 32 or 64 for the convolutional presets",
    group: "What to train",
  },
  channels: {
    kind: "number",
    integer: true,
    min: 1,
    max: 3,
    default_text: "those of the images",
    about: "1 makes images grey, 3 makes them colour",
    group: "What to train",
  },
  ...DATA_OPTIONS,
  generator: {
    kind: "string",
    value: "FILE",
    about: "Your own generator, an ONNX file (docs/your-own-networks.md); needs --critic",
    group: "What to train",
  },
  critic: {
    kind: "string",
    value: "FILE",
    about: "Your own critic, an ONNX file; needs --generator",
    group: "What to train",
  },
  objective: {
    kind: "choice",
    choices: OBJECTIVE_NAMES,
    default_text: "the preset's",
    about:
      "Losses to use instead of the preset's (docs/losses.md). Without --preset, the other settings come from the " +
      "preset of this name, or of the most similar losses; your own networks use its hyperparameters, too",
    group: "What to train",
  },
  trainable: {
    kind: "string",
    value: "PATTERN",
    repeated: true,
    about:
      "Train only those weights of your own networks whose names match, e.g. generator.head.*; if nothing matches " +
      "in a network, all its weights are trained",
    group: "What to train",
  },
  pad_to: {
    kind: "number",
    integer: true,
    min: 1,
    max: 4096,
    unit: "pixels",
    default_text: "32 or 64 for a convolutional preset, else no border",
    about: "Add a border to images up to this many rows and columns",
    group: "What to train",
  },
  pad_value: {
    kind: "number",
    integer: true,
    min: 0,
    max: 255,
    default_text: "0",
    about: "Pixel value of the border of --pad-to: the background of the images",
    group: "What to train",
  },
  holdout: {
    kind: "number",
    min: 0,
    max: 0.9,
    unit: "share",
    default_text: "0",
    about: "Share of the data kept out of training, on which the critic is evaluated",
    group: "What to train",
  },
  seed: {
    kind: "number",
    integer: true,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    default_text: "1",
    about: "Seed of all random numbers: weights, noise, order of examples, drawn data",
    group: "What to train",
  },
  steps: {
    kind: "number",
    integer: true,
    min: 1,
    max: 0xffff_fffe,
    unit: "critic steps",
    default_text: PRESET_TEXT,
    about: "Length of the run",
    group: "What to train",
  },
  epochs: {
    kind: "number",
    integer: true,
    min: 1,
    unit: "passes over the data",
    about: "Length of the run in passes over the data, instead of --steps",
    group: "What to train",
  },
  batch: {
    kind: "number",
    integer: true,
    min: 1,
    max: 1 << 20,
    unit: "examples",
    default_text: PRESET_TEXT,
    about: "Real examples in one step; a multiple of --shards",
    group: "Hyperparameters",
  },
  shards: {
    kind: "number",
    integer: true,
    min: 1,
    max: 4096,
    default_text: PRESET_TEXT + " (4)",
    about:
      "Equal parts of a batch, each computed by one worker thread; so no more threads than this can be busy. The " +
      "results depend on it",
    group: "Hyperparameters",
  },
  for_workers: {
    kind: "number",
    integer: true,
    min: 1,
    max: 4096,
    unit: "threads of all workers",
    default_text: "the preset's shards",
    about:
      "Choose --shards for this many threads: the smallest divisor of --batch that gives each thread a shard",
    group: "Hyperparameters",
  },
  scale_batch: {
    kind: "boolean",
    about:
      "With --for-workers: give each thread as many examples as a shard of the preset has, so that --batch grows with " +
      "the threads, and --lr with the square root of --batch",
    group: "Hyperparameters",
  },
  n_critic: {
    kind: "number",
    integer: true,
    min: 1,
    max: 10_000,
    unit: "critic steps",
    default_text: PRESET_TEXT + " (5)",
    about: "Critic steps for each generator step",
    group: "Hyperparameters",
  },
  lr: {
    kind: "number",
    min: 0,
    above_min: true,
    max: 10,
    default_text: PRESET_TEXT,
    about: "Learning rate of both networks",
    group: "Hyperparameters",
  },
  decay_steps: {
    kind: "number",
    integer: true,
    min: 0,
    max: 0xffff_fffe,
    unit: "critic steps",
    default_text: PRESET_TEXT,
    about: "Steps over which the learning rates fall to 0; 0 keeps them constant",
    group: "Hyperparameters",
  },
  clip: {
    kind: "number",
    min: 0,
    above_min: true,
    max: 1000,
    default_text: PRESET_TEXT,
    about: "Clip the critic's weights to [-clip, clip] after each step",
    group: "Hyperparameters",
  },
  penalty: {
    kind: "number",
    min: 0,
    above_min: true,
    max: 1e6,
    default_text: PRESET_TEXT,
    about: "Weight of the gradient penalty of objective wgan-gp",
    group: "Hyperparameters",
  },
  ...PENALTY_OPTIONS,
  latent: {
    kind: "number",
    integer: true,
    min: 1,
    max: 65_536,
    default_text: PRESET_TEXT,
    about: "Length of the generator's noise vector",
    group: "Hyperparameters",
  },
  width: {
    kind: "number",
    integer: true,
    min: 1,
    max: 1024,
    unit: "feature maps",
    default_text: "64, for the convolutional presets",
    about:
      "Feature maps in the layer next to the image; they double whenever the image halves. Fewer train faster",
    group: "Hyperparameters",
  },
  ...NETWORK_OPTIONS,
  dropout: {
    kind: "number",
    min: 0,
    max: 0.9,
    unit: "share",
    default_text: "0",
    about: "Share of the critic's hidden features to drop in each step (Srivastava et al. 2014)",
    group: "Hyperparameters",
  },
  spectral_norm: {
    kind: "boolean",
    default_text: "off",
    about:
      "Divide the critic's weights by their spectral norms (Miyato et al. 2018), instead of clipping and batch " +
      "normalisation",
    group: "Hyperparameters",
  },
  schedule: {
    kind: "choice",
    choices: ["paper", "post"],
    default_text: "paper",
    about:
      "When to train the generator. paper: after every n_critic-th critic step, with new noise. post: after the " +
      "batches 0, n_critic, 2 n_critic, ... of each epoch, with the noise of the critic step",
    group: "Hyperparameters",
  },
  warm_up: {
    kind: "boolean",
    default_text: "off",
    about:
      "Make 100 critic steps before each of the first 25 generator steps and before every 500th after that, as the " +
      "authors of " +
      "the WGAN paper do",
    group: "Hyperparameters",
  },
  accumulate: {
    kind: "number",
    integer: true,
    min: 1,
    max: 1024,
    unit: "parts, a power of two",
    default_text: "1",
    about: "Compute each shard in this many parts, to save memory. The results depend on it",
    group: "Hyperparameters",
  },
  wire: {
    kind: "choice",
    choices: WIRE_FORMATS,
    default_text: "float32",
    about:
      "Number format in which gradients and weights are sent. bfloat16 and int8 round them, for slow links; the " +
      "results depend on it (docs/slow-links.md)",
    group: "Hyperparameters",
  },
  wire_groups: {
    kind: "number",
    integer: true,
    min: 1,
    max: 4096,
    default_text: "the number of shards",
    about:
      "With --wire bfloat16 or int8: groups of shards; one worker computes a whole group and sends one rounded " +
      "sum. " +
      "At most this many workers can compute. The results depend on it",
    group: "Hyperparameters",
  },
  ...UPDATE_OPTIONS,
  ...LOCAL_OPTIONS,
  adaptive_n_critic: {
    kind: "boolean",
    default_text: "off",
    about: "Double n_critic when the critic stays far from its optimum, up to 8 times its first value " +
      "(docs/run-control.md)",
    group: "Hyperparameters",
  },
  early_stopping: {
    kind: "boolean",
    default_text: "off",
    about: "End the run once the Wasserstein estimate has stopped falling (docs/run-control.md)",
    group: "How to run",
  },
  min_steps: {
    kind: "number",
    integer: true,
    min: 1,
    max: 0xffff_fffe,
    unit: "critic steps",
    default_text: String(DEFAULT_MIN_STEPS),
    about: "First step at which --early-stopping may end the run",
    group: "How to run",
  },
  exact: {
    kind: "boolean",
    default_text: "on for train, off for coordinator",
    about: "Refuse workers whose devices round differently, so that the run can be reproduced bit for bit",
    group: "How to run",
  },
  ...EVALUATION_OPTIONS,
  checkpoint_every: {
    kind: "number",
    integer: true,
    min: 0,
    unit: "critic steps",
    default_text: "after 5 s, then every 60 s, and at the end",
    about: "Steps between checkpoints (also at the end); 0: at the end only",
    group: "How to run",
  },
} as const satisfies OptionTable;
