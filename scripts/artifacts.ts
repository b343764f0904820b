/**
 * `deno task artifacts`: writes the training artifacts of a preset into a folder, with a checkpoint of the seeded
 * initial weights, for people who want to read the graphs or run them elsewhere.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { UserError } from "../common/errors.ts";
import { STROKES_SIDE } from "../coordinator/data/strokes.ts";
import { openOwnNetworks, type OwnOptions, ownOptions } from "../coordinator/own_networks.ts";
import { type Preset, type PresetName, PRESETS } from "../coordinator/presets.ts";
import { buildArtifacts } from "../models/artifacts.ts";
import { initialState } from "../models/initialise.ts";
import { encodeInitial } from "../models/initial_file.ts";
import { buildNetworks } from "../models/nets/networks.ts";
import { OBJECTIVE_NAMES, type ObjectiveName, objectiveOf } from "../models/objectives/objectives.ts";
import { GraphError } from "../models/onnx/graph_error.ts";

const CHECKPOINT_FILE = "checkpoint.safetensors";

/** Shape of one example of the data that a preset is for. */
const SHAPES: Readonly<Record<PresetName, readonly number[]>> = {
  wgan: [28, 28],
  "wgan-dcgan": [32, 32],
  "toy-wgan": [2],
  gan: [28, 28],
  dcgan: [32, 32],
  "toy-gan": [2],
  "wgan-gp": [28, 28],
  "wgan-gp-dcgan": [32, 32],
  "toy-wgan-gp": [2],
  strokes: [STROKES_SIDE, STROKES_SIDE],
};

const HELP =
  `Writes the training artifacts of a preset, or of your own networks: ONNX graphs, artifacts.json, ${CHECKPOINT_FILE}.

Usage: deno task artifacts --preset NAME --out DIR [options]
       deno task artifacts --generator FILE --critic FILE --objective NAME --out DIR [options]

  --preset NAME     ${Object.keys(PRESETS).join(", ")} (required)
  --generator FILE  your own generator, an ONNX file (docs/your-own-networks.md)
  --critic FILE     your own critic
  --objective NAME  the losses for them: ${OBJECTIVE_NAMES.join(", ")} (default wgan)
  --trainable P     weights of theirs to train, by name, * for any characters; may be repeated (default: all)
  --out DIR         folder to write into; made if it is not there (required)
  --shape S         shape of one example, e.g. 28x28, 3x64x64 (channels first) or 784 (default: ${
    Object.entries(SHAPES).map(([name, shape]) => `${name} ${shape.join("x")}`).join(", ")
  })
  --micro-batch N   examples of one shard in one step (default: the preset's batch over its shards)
  --latent N        size of the generator's noise (default: the preset's)
  --seed N          seed of the initial weights (default 1)
  --help            this text`;

/** What is written: the preset's networks for examples of this shape. */
export interface ArtifactRequest {
  readonly preset: PresetName;
  /** Networks in place of the preset's. */
  readonly own?: OwnOptions;
  /** Null: as the own critic takes it. */
  readonly example_shape: readonly number[] | null;
  readonly micro_batch: number;
  readonly latent: number;
  readonly seed: number;
}

/**
 * Reads the command line; null where help was asked for.
 * @throws {UserError} for unknown options and values out of range.
 */
export function parseArtifactArgs(args: readonly string[]): { out: string; request: ArtifactRequest } | null {
  const values = parseOptions(args);
  if (values.help) return null;
  const objective = objectiveName(values.objective);
  const own = ownOptions({ ...values, ...objective && { objective } });
  const name = own ? objective ?? "wgan" : values.preset;
  if (own && values.preset !== undefined) {
    throw new UserError(
      `Option --preset must not stand beside --generator, found ${values.preset}; take --objective`,
    );
  }
  if (name === undefined || !Object.hasOwn(PRESETS, name)) {
    throw new UserError(
      `Option --preset must be one of ${Object.keys(PRESETS).join(", ")}, found ${name ?? "none"}`,
    );
  }
  if (!values.out) throw new UserError("Option --out must name the folder to write into, found none");
  const preset = PRESETS[name as PresetName];
  return {
    out: values.out,
    request: {
      preset: name as PresetName,
      ...own && { own },
      example_shape: shapeOf(values.shape) ?? (own ? null : SHAPES[name as PresetName]),
      micro_batch: wholeNumber("micro-batch", values["micro-batch"], preset.batch / preset.shards, 1),
      latent: wholeNumber("latent", values.latent, preset.latent, 1),
      seed: wholeNumber("seed", values.seed, 1, 0),
    },
  };
}

function parseOptions(args: readonly string[]) {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        preset: text,
        generator: text,
        critic: text,
        objective: text,
        trainable: { ...text, multiple: true },
        out: text,
        shape: text,
        "micro-batch": text,
        latent: text,
        seed: text,
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw new UserError(`Cannot read the command line: ${(error as Error).message}; see --help`);
  }
}

function objectiveName(text: string | undefined): ObjectiveName | undefined {
  const found = OBJECTIVE_NAMES.find((name) => name === text);
  if (text === undefined || found !== undefined) return found;
  throw new UserError(`Option --objective must be one of ${OBJECTIVE_NAMES.join(", ")}, found ${text}`);
}

function wholeNumber(option: string, text: string | undefined, otherwise: number, min: number): number {
  const value = text === undefined ? otherwise : /^\d+$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw new UserError(`Option --${option} must be a whole number of at least ${min}, found ${text}`);
}

/** Whole numbers with an x between them. */
function shapeOf(text: string | undefined): readonly number[] | undefined {
  if (text === undefined || /^[1-9]\d{0,5}(x[1-9]\d{0,5}){0,2}$/.test(text)) {
    return text?.split("x").map(Number);
  }
  throw new UserError(`Option --shape must be up to three whole numbers, as in 3x64x64, found ${text}`);
}

/**
 * The folder's files by name.
 * @throws {UserError} where the preset's networks are not for such examples.
 */
export async function makeArtifacts(request: ArtifactRequest): Promise<Map<string, Uint8Array>> {
  const preset = PRESETS[request.preset];
  const networks = request.own ? ownPair(request, request.own) : presetPair(request);
  const pair = { ...networks, objective: objectiveOf(preset), micro_batch: request.micro_batch };
  const artifacts = await buildArtifacts(pair);
  const checkpoint = encodeInitial(artifacts.manifest, initialState(pair, request.seed), request.seed);
  return new Map([...artifacts.files, [CHECKPOINT_FILE, checkpoint]]);
}

function ownPair({ example_shape, preset }: ArtifactRequest, options: OwnOptions) {
  const own = openOwnNetworks(options);
  return own.pairFor(example_shape ?? own.example_shape, PRESETS[preset].objective);
}

function presetPair({ preset, latent, example_shape }: ArtifactRequest) {
  const shape = example_shape ?? SHAPES[preset];
  const { plane, networks: of }: Preset = PRESETS[preset];
  if (plane && shape.length !== 1) {
    throw new UserError(
      `Option --shape must be one number for ${preset}, whose networks take points, found ${shape.join("x")}`,
    );
  }
  const networks = buildNetworks(of(latent, shape));
  const numbers = (shape: readonly number[]) => shape.reduce((product, extent) => product * extent, 1);
  const made = networks.generator.output_shape;
  if (numbers(made) === numbers(shape)) return networks;
  throw new UserError(
    `Option --shape must be of ${numbers(made)} numbers for ${preset}, found ${shape.join("x")}`,
  );
}

/** Writes files into a folder, which is made if it is not there. */
export async function writeArtifacts(dir: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  await Deno.mkdir(dir, { recursive: true });
  for (const [name, bytes] of files) await Deno.writeFile(join(dir, name), bytes);
}

async function main(): Promise<void> {
  const parsed = parseArtifactArgs(Deno.args);
  if (parsed === null) return console.log(HELP);
  const files = await makeArtifacts(parsed.request);
  await writeArtifacts(parsed.out, files);
  for (const [name, { length }] of files) console.log(`${join(parsed.out, name)}  ${length} bytes`);
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof UserError || error instanceof RangeError || error instanceof GraphError)) {
      throw error;
    }
    console.error(error.message);
    Deno.exit(2);
  }
}
