/** The options of `train` and `coordinator`: one table each, most of it shared. The names are a contract. */
import type { OptionTable } from "../../common/cli/options.ts";
import { DEFAULT_MIN_STEPS } from "./config.ts";
import { DATASET_NAMES } from "../data/resolve.ts";
import { OBJECTIVE_NAMES } from "../../models/objectives/objectives.ts";
import { type PresetName, PRESETS } from "./presets.ts";

const PRESET_TEXT = "the preset's";
const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];

/** What makes a run what it is, and how it is watched. Also the keys of a `--config` file. */
export const RUN_OPTIONS = {
  preset: {
    kind: "choice",
    choices: PRESET_NAMES,
    default_text: "strokes for the drawn strokes, toy-wgan for points, else wgan",
    about: "Networks and hyperparameters; " +
      PRESET_NAMES.map((name) => `${name}: ${PRESETS[name].about}`).join(". "),
    group: "What to train",
  },
  dataset: {
    kind: "choice",
    choices: DATASET_NAMES,
    default_text: "strokes, unless --data is given",
    about: "A data set that wagon draws itself",
    group: "What to train",
  },
  data: {
    kind: "string",
    value: "PATH",
    about:
      "Your data: a folder of pictures (PNG, JPEG), an IDX, NPY, NPZ, CIFAR or CSV file, or a folder of them; " +
      "FILE.npz#NAME is one array, FILE.csv#columns=2-4 some columns (docs/your-own-data.md)",
    group: "What to train",
  },
  image_size: {
    kind: "number",
    integer: true,
    min: 4,
    max: 1024,
    unit: "pixels",
    default_text: "images as they are, all of one size",
    about: "Rows and columns that images are cropped and resized to: 32 or 64 for the convolutional presets",
    group: "What to train",
  },
  channels: {
    kind: "number",
    integer: true,
    min: 1,
    max: 3,
    default_text: "those of the images",
    about: "1: make images grey; 3: colour",
    group: "What to train",
  },
  generator: {
    kind: "string",
    value: "FILE",
    about: "Your own generator, an ONNX file (docs/your-own-networks.md); with --critic",
    group: "What to train",
  },
  critic: {
    kind: "string",
    value: "FILE",
    about: "Your own critic, an ONNX file; with --generator",
    group: "What to train",
  },
  objective: {
    kind: "choice",
    choices: OBJECTIVE_NAMES,
    default_text: "the preset's",
    about: "The losses for your own networks; the preset of that name then gives the hyperparameters",
    group: "What to train",
  },
  trainable: {
    kind: "string",
    value: "PATTERN",
    repeated: true,
    about:
      "Weights of your own networks to train, by name, e.g. generator.head.*; a network that no pattern " +
      "names trains all",
    group: "What to train",
  },
  pad_to: {
    kind: "number",
    integer: true,
    min: 1,
    max: 4096,
    unit: "pixels",
    default_text: "what a convolutional preset takes: 32 or 64; else images stay as they are",
    about: "Rows and columns of the images, which get a border for it",
    group: "What to train",
  },
  pad_value: {
    kind: "number",
    integer: true,
    min: 0,
    max: 255,
    default_text: "0",
    about: "Value of that border's pixels: the images' background",
    group: "What to train",
  },
  holdout: {
    kind: "number",
    min: 0,
    max: 0.9,
    unit: "share",
    default_text: "0",
    about: "Part of the data kept out of training, for the held-out critic cost",
    group: "What to train",
  },
  seed: {
    kind: "number",
    integer: true,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    default_text: "1",
    about: "Seed of everything random: weights, noise, order of examples, drawn data",
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
    about: "Length of the run, instead of --steps",
    group: "What to train",
  },
  batch: {
    kind: "number",
    integer: true,
    min: 1,
    max: 1 << 20,
    unit: "examples",
    default_text: PRESET_TEXT,
    about: "Examples of one step over all shards; a multiple of --shards",
    group: "Hyperparameters",
  },
  shards: {
    kind: "number",
    integer: true,
    min: 1,
    max: 4096,
    default_text: PRESET_TEXT + " (4)",
    about: "Logical shards: at most so many threads of workers have something to do; part of the bits",
    group: "Hyperparameters",
  },
  n_critic: {
    kind: "number",
    integer: true,
    min: 1,
    max: 10_000,
    unit: "critic steps",
    default_text: PRESET_TEXT + " (5)",
    about: "Critic steps for one generator step",
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
    about: "Steps over which the learning rate falls linearly to 0; 0: it stays",
    group: "Hyperparameters",
  },
  clip: {
    kind: "number",
    min: 0,
    above_min: true,
    max: 1000,
    default_text: PRESET_TEXT,
    about: "Critic parameters are clipped to [-clip, clip] after each step",
    group: "Hyperparameters",
  },
  penalty: {
    kind: "number",
    min: 0,
    above_min: true,
    max: 1e6,
    default_text: PRESET_TEXT,
    about: "Weight of the gradient penalty, for the presets that have one (wgan-gp)",
    group: "Hyperparameters",
  },
  latent: {
    kind: "number",
    integer: true,
    min: 1,
    max: 65_536,
    default_text: PRESET_TEXT,
    about: "Length of the generator's noise",
    group: "Hyperparameters",
  },
  width: {
    kind: "number",
    integer: true,
    min: 1,
    max: 1024,
    unit: "feature maps",
    default_text: "64, for the convolutional presets",
    about: "Feature maps next to the image, doubled at each halving of its side: fewer train faster",
    group: "Hyperparameters",
  },
  dropout: {
    kind: "number",
    min: 0,
    max: 0.9,
    unit: "share",
    default_text: "0",
    about: "Part of the critic's hidden features that each step drops (Srivastava et al. 2014)",
    group: "Hyperparameters",
  },
  spectral_norm: {
    kind: "boolean",
    default_text: "off",
    about:
      "Divides the critic's weights by their spectral norms (Miyato et al. 2018), in place of clipping and of " +
      "its batch normalisation",
    group: "Hyperparameters",
  },
  schedule: {
    kind: "choice",
    choices: ["paper", "post"],
    default_text: "paper",
    about: "When the generator learns; paper: after every n_critic-th step, with fresh noise; " +
      "post: when the batch's index in the epoch is a multiple of n_critic, with the critic's noise",
    group: "Hyperparameters",
  },
  warm_up: {
    kind: "boolean",
    default_text: "off",
    about:
      "100 critic steps for each of the first 25 generator steps and for every 500th, as the WGAN authors",
    group: "Hyperparameters",
  },
  accumulate: {
    kind: "number",
    integer: true,
    min: 1,
    max: 1024,
    unit: "parts, a power of two",
    default_text: "1",
    about: "Parts in which a shard computes its examples of a step, for less memory; part of the bits",
    group: "Hyperparameters",
  },
  auto_critic: {
    kind: "boolean",
    default_text: "off",
    about:
      "Doubles n_critic whenever the critic stays far from its optimum, up to 8 times; in the log, and exact " +
      "on --resume",
    group: "Hyperparameters",
  },
  stop_when_flat: {
    kind: "boolean",
    default_text: "off",
    about: "Ends the run once the Wasserstein estimate has stopped falling, by the test in docs/steering.md",
    group: "How to run",
  },
  min_steps: {
    kind: "number",
    integer: true,
    min: 1,
    max: 0xffff_fffe,
    unit: "critic steps",
    default_text: String(DEFAULT_MIN_STEPS),
    about: "--stop-when-flat does not stop before",
    group: "How to run",
  },
  exact: {
    kind: "boolean",
    default_text: "on for train, off for coordinator",
    about: "Refuse workers of another numeric class, so that the bits can be had again",
    group: "How to run",
  },
  sample_every: {
    kind: "number",
    integer: true,
    min: 0,
    unit: "critic steps",
    default_text: "1000",
    about: "A grid of samples so often, and at start and end; 0: only then",
    group: "How to run",
  },
  evaluate_every: {
    kind: "number",
    integer: true,
    min: 0,
    unit: "critic steps",
    default_text: "0",
    about: "The distance of samples to the data so often, and at start and end; 0: only then",
    group: "How to run",
  },
  checkpoint_every: {
    kind: "number",
    integer: true,
    min: 0,
    unit: "critic steps",
    default_text: "every 60 s and at the end",
    about: "A checkpoint so often, and at the end; 0: only then",
    group: "How to run",
  },
} as const satisfies OptionTable;

/** Where a run lives and whom it waits for: no part of what it computes. */
const PLACE_OPTIONS = {
  config: { kind: "string", value: "FILE", about: "Options in a JSON file, under these names with _ for -" },
  out: {
    kind: "string",
    value: "DIR",
    default_text: "runs/ and a name with time and preset",
    about: "Run folder",
  },
  resume: { kind: "string", value: "DIR", about: "Go on with the run in this folder, to the same bits" },
  readable: {
    kind: "boolean",
    about: "Lets other users of this machine read the run folder, as far as umask does",
    group: "How to run",
  },
  read_token_file: {
    kind: "string",
    value: "FILE",
    default_text: "WAGON_READ_TOKEN, else a fresh one",
    about: "File with the secret that opens the live page and /metrics",
    group: "How to run",
  },
  give_up_after: {
    kind: "number",
    min: 0,
    above_min: true,
    unit: "seconds",
    default_text: "wait without end",
    about: "Stop, and save, after waiting so long for workers",
    group: "How to run",
  },
} as const satisfies OptionTable;

export const TRAIN_OPTIONS = {
  ...RUN_OPTIONS,
  ...PLACE_OPTIONS,
  workers: {
    kind: "number",
    integer: true,
    min: 1,
    max: 64,
    default: 2,
    about: "Local workers to start; the machine's cores are shared out among them",
    group: "How to run",
  },
  gpu: {
    kind: "string",
    value: "N[,M…]|all",
    about: "GPUs for the workers, as deno task worker takes them",
    group: "How to run",
  },
  cpu: { kind: "boolean", about: "Compute on the CPU (the default without --gpu)", group: "How to run" },
} as const satisfies OptionTable;

/** Where `deno task coordinator` listens unless told otherwise. */
export const DEFAULT_PORT = 7700;

export const COORDINATOR_OPTIONS = {
  ...RUN_OPTIONS,
  ...PLACE_OPTIONS,
  host: {
    kind: "string",
    default: "127.0.0.1",
    about: "Address to listen on; 0.0.0.0 lets workers on other machines in",
    group: "Workers",
  },
  port: {
    kind: "number",
    integer: true,
    min: 0,
    max: 65_535,
    default: DEFAULT_PORT,
    about: "Port; 0: any free one",
    group: "Workers",
  },
  token_file: {
    kind: "string",
    value: "FILE",
    default_text: "WAGON_TOKEN, else a fresh one",
    about: "File with the secret that workers must know",
    group: "Workers",
  },
  min_workers: {
    kind: "number",
    integer: true,
    min: 1,
    max: 4096,
    default: 1,
    about: "Workers to wait for before the first step",
    group: "Workers",
  },
} as const satisfies OptionTable;
