/**
 * `deno task artifacts`: writes the graphs that a run of the same options trains with into a folder, with the weights
 * that it begins with, for people who want to read the graphs or run them elsewhere.
 */
import { basename, extname, join } from "node:path";
import { parseOptions, runMain } from "../common/cli/cli.ts";
import { UserError } from "../common/errors.ts";
import { MAX_CLASSES } from "../common/labels/max_classes.ts";
import { cleanLines } from "../common/text/foreign_text.ts";
import type { Command } from "../common/cli/options.ts";
import { type GivenConfig, resolveConfig } from "../coordinator/config/config.ts";
import { wantedLabels } from "../coordinator/config/conditional.ts";
import type { Labels } from "../coordinator/data/labels/labels.ts";
import { STROKES_SIDE } from "../coordinator/data/strokes.ts";
import { givenConfig } from "../coordinator/config/given_config.ts";
import { RUN_OPTIONS } from "../coordinator/config/options/run_options.ts";
import { openOwnNetworks, type OwnOptions, ownOptions } from "../coordinator/config/own_networks.ts";
import {
  type Preset,
  presetForObjective,
  type PresetName,
  PRESETS,
  usualShape,
} from "../coordinator/config/presets.ts";
import { buildRunGraphs } from "../coordinator/run/run_graphs.ts";
import { encodeInitial } from "../models/initial_file.ts";
import { initialState } from "../models/initialise.ts";
import { decodeModel } from "../onnx/codec.ts";
import { printGraph } from "../onnx/text.ts";

const DEFAULT_CLASSES = 10;
const CHECKPOINT_FILE = "checkpoint.safetensors";

/** The options that a run's graphs and first weights depend on, and their substitute for its data. */
const OPTIONS = {
  out: { kind: "string", value: "DIR", about: "Folder to write to; created if missing (required)" },
  preset: {
    ...RUN_OPTIONS.preset,
    default_text: "for your own networks, that of --objective; otherwise required",
    about: "Loss, networks and hyperparameters; deno task train --help describes each",
  },
  generator: RUN_OPTIONS.generator,
  critic: RUN_OPTIONS.critic,
  objective: RUN_OPTIONS.objective,
  trainable: RUN_OPTIONS.trainable,
  shape: {
    kind: "string",
    value: "SHAPE",
    default_text:
      `the input of your own critic; for presets, 2 for points, ${STROKES_SIDE}x${STROKES_SIDE} for strokes, ` +
      "32x32 for convolutional networks, else 28x28",
    about: "Shape of one example, e.g. 28x28, 3x64x64 (channels first) or 784",
    group: "What to train",
  },
  classes: {
    kind: "number",
    integer: true,
    min: 2,
    max: MAX_CLASSES,
    default_text: "10",
    about: "Classes of the labels, for networks that take them",
    group: "What to train",
  },
  pad_to: RUN_OPTIONS.pad_to,
  seed: { ...RUN_OPTIONS.seed, default: 1, about: `Seed of the initial weights, ${CHECKPOINT_FILE}` },
  batch: RUN_OPTIONS.batch,
  shards: RUN_OPTIONS.shards,
  accumulate: RUN_OPTIONS.accumulate,
  micro_batch: {
    kind: "number",
    integer: true,
    min: 1,
    max: RUN_OPTIONS.batch.max,
    unit: "examples",
    default_text: "--batch divided by --shards and --accumulate",
    about: "Examples that a training graph computes at once; replaces --batch and --shards",
    group: "Hyperparameters",
  },
  penalty: RUN_OPTIONS.penalty,
  latent: RUN_OPTIONS.latent,
  width: RUN_OPTIONS.width,
  attention: RUN_OPTIONS.attention,
  dropout: RUN_OPTIONS.dropout,
  spectral_norm: RUN_OPTIONS.spectral_norm,
  text: { kind: "boolean", about: "Also write each graph as text, one line for each value and node" },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task artifacts",
  about:
    "Writes the graphs that deno task train computes with the same options (losses and gradients), and does not train: ONNX " +
    `files, artifacts.json, and the initial weights in ${CHECKPOINT_FILE}.`,
  options: OPTIONS,
  examples: [
    {
      line: "deno task artifacts --preset wgan --out graphs",
      about: "the WGAN of the paper, for images of 28 x 28",
    },
    {
      line: "deno task artifacts --preset toy-wgan --text --out graphs",
      about: "also write the graphs as text",
    },
    {
      line: "deno task artifacts --preset dcgan --spectral-norm --out graphs",
      about: "convolutional networks, the critic with spectral normalisation",
    },
    {
      line: "deno task artifacts --generator g.onnx --critic c.onnx --out graphs",
      about: "your own networks",
    },
  ],
};

/** Graphs to write: those of such a run on examples of this shape. */
export interface ArtifactRequest {
  readonly given: GivenConfig;
  /** Networks in place of the preset's. */
  readonly own: OwnOptions | null;
  /** Before padding; null: as the own critic takes it, or what the preset is for. */
  readonly example_shape: readonly number[] | null;
  /** Null: as the run's batch and shards have it. */
  readonly micro_batch: number | null;
  /** Classes of the labels, where the networks take them; absent: 10. */
  readonly num_classes?: number;
}

/** The request: the folder to write to, and whether to write the graphs as text as well. */
export interface ArtifactArgs {
  readonly out: string;
  readonly as_text: boolean;
  readonly request: ArtifactRequest;
}

/** Reads the command line. Throws {@linkcode UserError} for what it does not know and for what is missing. */
export function parseArtifactArgs(args: readonly string[]): ArtifactArgs {
  const { values: { out, shape, micro_batch, classes, text }, given: options } = parseOptions(COMMAND, args);
  const given = givenConfig(options);
  const own = ownOptions(given);
  if (own === null && given.preset === undefined) {
    throw new UserError(`Option --preset must be one of ${Object.keys(PRESETS).join(", ")}, found none`);
  }
  if (out === undefined) throw new UserError("Option --out must name the folder to write to, found none");
  const replaced = (["batch", "shards"] as const).find((name) => given[name] !== undefined);
  if (micro_batch !== undefined && replaced !== undefined) {
    throw new UserError(
      `Option --micro-batch must not be given with --${replaced}, which it replaces: found ${micro_batch} and ` +
        `${given[replaced]}; leave one out`,
    );
  }
  return {
    out,
    as_text: text,
    request: {
      given,
      own,
      example_shape: shapeOf(shape) ?? null,
      micro_batch: micro_batch ?? null,
      ...classes !== undefined && { num_classes: classes },
    },
  };
}

/** Whole numbers with an x between them. */
function shapeOf(text: string | undefined): readonly number[] | undefined {
  if (text === undefined || /^[1-9]\d{0,5}(x[1-9]\d{0,5}){0,2}$/.test(text)) {
    return text?.split("x").map(Number);
  }
  throw new UserError(`Option --shape must be up to three whole numbers, as in 3x64x64, found ${text}`);
}

/**
 * The folder's files by name: the same as those of a run with these options. Throws {@linkcode UserError} where there
 * can be no such run. `tell`: takes what a person should know of own networks, a line each.
 */
export async function makeArtifacts(
  request: ArtifactRequest,
  tell: (line: string) => void = () => {},
): Promise<Map<string, Uint8Array>> {
  const { given, micro_batch } = request;
  const own = request.own && openOwnNetworks(request.own);
  const example_shape = request.example_shape ?? own?.example_shape ?? usualShape(given.preset!);
  if (own === null) checkShape(given.preset!, example_shape);
  const labels = wantedLabels(given, own) && labelsOfMany(request.num_classes ?? DEFAULT_CLASSES);
  const examples = { dataset: null, example_shape, ...labels && { labels } };
  // Own networks take labels by themselves.
  const preset = presetForObjective(given.objective, own ? { dataset: null, example_shape } : examples);
  const config = resolveConfig(given, preset, examples, own);
  const { manifest, files, networks } = await buildRunGraphs(
    config,
    examples,
    own,
    micro_batch ?? undefined,
  );
  own?.notes(config.objective).forEach(tell);
  const checkpoint = encodeInitial(manifest, initialState(networks, config.seed), config.seed);
  return new Map([...files, [CHECKPOINT_FILE, checkpoint]]);
}

/** Classes by number, without examples. */
function labelsOfMany(num_classes: number): Labels {
  return { values: new Uint32Array(), class_names: Array.from({ length: num_classes }, (_, i) => String(i)) };
}

/** Refuses examples that no networks of the preset are for, in terms of this task's options. */
function checkShape(name: PresetName, shape: readonly number[]): void {
  const { plane, sides }: Preset = PRESETS[name];
  const found = `for ${name}, whose networks take`;
  if (plane && shape.length !== 1) {
    throw new UserError(`Option --shape must be one number ${found} points, found ${shape.join("x")}`);
  }
  const largest = Math.max(...sides ?? [Infinity]);
  if (sides && (shape.length === 1 || shape.slice(-2).some((extent) => extent > largest))) {
    throw new UserError(
      `Option --shape must be rows and columns of at most ${largest} ${found} images, found ` +
        `${shape.join("x")}`,
    );
  }
}

/** The graphs among the files as text, for people: `critic_training_model.txt` for `critic_training_model.onnx`. */
export function graphTexts(files: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  const graphs = [...files].filter(([name]) => extname(name) === ".onnx");
  return new Map(graphs.map(([name, bytes]) => {
    // Names in own networks are what their files say.
    const text = cleanLines(printGraph(decodeModel(bytes).graph));
    return [`${basename(name, ".onnx")}.txt`, new TextEncoder().encode(text)];
  }));
}

/** Writes files into a folder, which is made if it is not there. Throws {@linkcode UserError} where it cannot. */
export async function writeArtifacts(dir: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  try {
    await Deno.mkdir(dir, { recursive: true });
    for (const [name, bytes] of files) await Deno.writeFile(join(dir, name), bytes);
  } catch (error) {
    throw new UserError(
      `Cannot write artifacts into ${dir}: it must be a folder that can be written, on a disk with free space, found ` +
        `${(error as Error).message}; name another with --out`,
    );
  }
}

async function main(args: readonly string[]): Promise<void> {
  const { out, as_text, request } = parseArtifactArgs(args);
  const made = await makeArtifacts(request, (line) => console.log(line));
  const files = as_text ? new Map([...made, ...graphTexts(made)]) : made;
  await writeArtifacts(out, files);
  for (const [name, { length }] of files) console.log(`${join(out, name)}  ${length} bytes`);
}

if (import.meta.main) await runMain(main);
