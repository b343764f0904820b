/**
 * `deno task artifacts`: writes the training artifacts of a preset into a folder, with a checkpoint of the seeded
 * initial weights, for people who want to read the graphs or run them elsewhere.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { UserError } from "../common/errors.ts";
import { STROKES_SIDE } from "../coordinator/data/strokes.ts";
import { type PresetName, PRESETS } from "../coordinator/presets.ts";
import { type Artifacts, buildArtifacts } from "../models/artifacts.ts";
import { type InitialState, initialState } from "../models/initialise.ts";
import { views } from "../models/layout.ts";
import { STATES } from "../models/manifest.ts";
import { buildNetworks } from "../models/nets/networks.ts";
import { objectiveOf } from "../models/objectives/objectives.ts";
import { encodeSafetensors, type SafetensorsTensor } from "../models/safetensors.ts";

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

const HELP = `Writes the training artifacts of a preset: ONNX graphs, artifacts.json, ${CHECKPOINT_FILE}.

Usage: deno task artifacts --preset NAME --out DIR [options]

  --preset NAME     ${Object.keys(PRESETS).join(", ")} (required)
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
  readonly example_shape: readonly number[];
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
  const name = values.preset;
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
      example_shape: shapeOf(values.shape) ?? SHAPES[name as PresetName],
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
  const networks = buildNetworks(preset.networks(request.latent, request.example_shape));
  const numbers = (shape: readonly number[]) => shape.reduce((product, extent) => product * extent, 1);
  const made = networks.generator.output_shape;
  if (numbers(made) !== numbers(request.example_shape)) {
    throw new UserError(
      `Option --shape must be of ${numbers(made)} numbers for ${request.preset}, found ${
        request.example_shape.join("x")
      }`,
    );
  }
  const pair = { ...networks, objective: objectiveOf(preset), micro_batch: request.micro_batch };
  const artifacts = await buildArtifacts(pair);
  const checkpoint = encodeState(artifacts, initialState(pair, request.seed), request.seed);
  return new Map([...artifacts.files, [CHECKPOINT_FILE, checkpoint]]);
}

function encodeState({ manifest }: Artifacts, state: InitialState, seed: number): Uint8Array {
  const tensors = new Map<string, SafetensorsTensor>();
  for (const name of STATES) {
    const layout = manifest.layouts[name];
    const data = views(layout, state[name]);
    for (const slot of layout.slots) {
      tensors.set(slot.name, { shape: slot.shape, data: data.get(slot.name)! });
    }
  }
  return encodeSafetensors({
    tensors,
    metadata: new Map([["format", "wagon-initial"], ["seed", `${seed}`]]),
  });
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
    if (!(error instanceof UserError || error instanceof RangeError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
