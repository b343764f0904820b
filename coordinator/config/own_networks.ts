/** Networks that a person brings: two model files, read, checked against each other and made into a pair. */
import type { NetworkName } from "../../common/network_name.ts";
import { realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, sep } from "node:path";
import { UserError } from "../../common/errors.ts";
import { importGraph } from "../../models/import/import_graph.ts";
import {
  criticNet,
  endsInSigmoid,
  generatorNet,
  type ImportedNetwork,
  importedNetwork,
} from "../../models/import/imported_net.ts";
import { matchesGlob } from "../../models/import/weights/trainable.ts";
import type { Net } from "../../models/nets/net.ts";
import type { Networks } from "../../models/nets/networks.ts";
import type { ObjectiveName } from "../../models/objectives/objectives.ts";
import { readModel } from "../../onnx/codec.ts";
import { numElements } from "../../common/shape.ts";
import { sha256 } from "../../common/sha256.ts";
import { NotRegularError, readRegularSync } from "../../common/files/regular_file.ts";
import { describeNetwork } from "./own_notes.ts";

/** ONNX files end there; of more weights no message could carry the gradients (wire/messages.ts). */
const MAX_FILE_BYTES = 2 ** 31;

/** Values of the options. */
export interface OwnOptions {
  /** Paths, or the files' bytes. */
  readonly generator: string | Uint8Array;
  readonly critic: string | Uint8Array;
  /** Patterns of names of weights; none: all are trained. */
  readonly trainable: readonly string[];
}

/** Record of a network that came from a file. */
export interface FileNetwork {
  readonly kind: "file";
  readonly file: string;
  readonly sha256: string;
  readonly opset: number;
  readonly producer: string;
  /** Weights that are trained, of how many. */
  readonly trained: number;
  readonly weights: number;
  readonly batch_norm: boolean;
  /** True if an example's score depends on the others of its batch in another way; absent: no. */
  readonly couples_examples?: true;
}
export type FileNetworks = Readonly<Record<NetworkName, FileNetwork>>;

/** True if a run's networks came from files. */
export function areFromFiles(networks: Networks | FileNetworks): networks is FileNetworks {
  return "kind" in networks.generator && networks.generator.kind === "file";
}

export interface OwnNetworks {
  readonly facts: FileNetworks;
  readonly latent: number;
  /** True if both networks take labels. */
  readonly takes_labels: boolean;
  /** Shape of one example, as the critic takes it. */
  readonly example_shape: readonly number[];
  /** Notes for a person, one line each. */
  notes(objective: ObjectiveName): readonly string[];
  /** The pair for examples of this shape. Throws {@linkcode UserError} where they do not fit. */
  pairFor(
    example_shape: readonly number[],
    objective: ObjectiveName,
    num_classes?: number,
  ): { generator: Net; critic: Net };
}

/** The own networks that the options name; null if none. Throws {@linkcode UserError} if only half is given. */
export function ownOptions(given: {
  readonly generator?: string | null;
  readonly critic?: string | null;
  readonly trainable?: readonly string[];
}): OwnOptions | null {
  const { generator, critic, trainable = [] } = given;
  if (generator && critic) return { generator, critic, trainable };
  if (generator || critic) {
    throw new UserError(
      "Cannot use own networks: --generator and --critic must be given together, found only " +
        `--${generator ? "generator" : "critic"}`,
    );
  }
  if (trainable.length === 0) return null;
  throw new UserError(
    "Cannot use --trainable alone: it is for own networks, with --generator and --critic; a preset has its own, see " +
      "--preset",
  );
}

/** Reads both files. Throws {@linkcode UserError} for files that cannot be read or trained. */
export function openOwnNetworks(options: OwnOptions): OwnNetworks {
  const { trainable } = options;
  const generator = openNetwork(options.generator, "generator", trainable);
  const critic = openNetwork(options.critic, "critic", trainable);
  checkPatterns(trainable, [generator, critic]);
  return {
    facts: { generator: generator.facts, critic: critic.facts },
    latent: numElements(generator.network.input_shape),
    takes_labels: takeLabels(generator, critic),
    example_shape: critic.network.input_shape,
    notes: (objective) => [
      ...[generator, critic].flatMap(describeNetwork),
      ...takesSigmoidOff(critic.network, objective)
        ? [
          "The critic's last Sigmoid is removed: the loss of objective gan takes logits, with the same result",
        ]
        : [],
    ],
    pairFor: (example_shape, objective, num_classes) => ({
      generator: generatorNet(generator.network, {
        example_shape,
        logits: false,
        ...num_classes && { num_classes },
      }),
      critic: criticNet(critic.network, {
        example_shape,
        ...num_classes && { num_classes },
        logits: takesSigmoidOff(critic.network, objective),
      }),
    }),
  };
}

/** Throws {@linkcode UserError} where only one of them takes labels. */
function takeLabels(generator: Opened, critic: Opened): boolean {
  const takes = [generator, critic].map(({ network }) => network.most_classes !== null);
  if (takes[0] === takes[1]) return takes[0]!;
  const [with_labels, without] = takes[0] ? [generator, critic] : [critic, generator];
  throw new UserError(
    `Cannot use own networks: both must take labels, or none, found that ${with_labels.facts.file} takes them and ` +
      `${without.facts.file} does not; export both with a second input int64 [batch]`,
  );
}

function takesSigmoidOff(critic: ImportedNetwork, objective: ObjectiveName): boolean {
  return objective === "gan" && endsInSigmoid(critic);
}

interface Opened {
  readonly role: NetworkName;
  readonly network: ImportedNetwork;
  readonly facts: FileNetwork;
  /** Names of all weights. */
  readonly names: readonly string[];
}

function openNetwork(given: string | Uint8Array, role: NetworkName, patterns: readonly string[]): Opened {
  const path = typeof given === "string" ? given : `${role}.onnx`;
  const name = basename(path);
  const bytes = typeof given === "string" ? readFile(path, `${role} ${path}`, `check --${role}`) : given;
  let model: ReturnType<typeof readModel>;
  try {
    model = readModel(bytes, typeof given === "string" ? dataBeside(path) : noDataBeside(role));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(error.message.replace(/^Cannot read ONNX model/, `Cannot read ${role} ${path}`));
  }
  const imported = importGraph(model, name, role);
  const network = importedNetwork(imported, role, patterns);
  const running = new Set(network.statistics.map((spec) => spec.name));
  const names = [...imported.values.keys()].filter((weight) => !running.has(weight));
  const { opset, producer_name, producer_version } = model;
  const facts = {
    kind: "file",
    file: name,
    sha256: sha256(bytes),
    opset,
    producer: `${producer_name} ${producer_version}`.trim(),
    trained: network.parameters.length,
    weights: network.weights.length,
    batch_norm: network.statistics.length > 0,
    ...network.coupling !== null && { couples_examples: true as const },
  } as const;
  return { role, network, facts, names };
}

function checkPatterns(patterns: readonly string[], networks: readonly Opened[]): void {
  const names = networks.flatMap((opened) => opened.names);
  const idle = patterns.find((pattern) => !names.some((name) => matchesGlob(pattern, name)));
  if (idle === undefined) return;
  throw new UserError(
    `Cannot use --trainable ${idle}: no weight's name matches it; names are ` +
      `${names.slice(0, 6).join(", ")}${names.length > 6 ? ", …" : ""}`,
  );
}

function readFile(path: string, what: string, advice: string): Uint8Array {
  try {
    return readRegularSync(path, MAX_FILE_BYTES);
  } catch (error) {
    const found = error instanceof NotRegularError ? error.found : (error as Error).message;
    throw new UserError(`Cannot read ${what}: a readable file is required, found ${found}; ${advice}`);
  }
}

function noDataBeside(role: NetworkName): (location: string) => Uint8Array {
  return (location) => {
    throw new UserError(
      `Cannot read the ${role}: bytes must hold all weights themselves, found some in the file ${location}; name the ` +
        "model's path instead, or export it as one file",
    );
  };
}

/** Data in other files: only in the model's own folder and below it, wherever links lead. */
function dataBeside(path: string): (location: string) => Uint8Array {
  const read = new Map<string, Uint8Array>();
  return (location) => {
    const known = read.get(location);
    if (known) return known;
    const refuse = (found: string): never => {
      throw new UserError(
        `Cannot read data of ${path}: they must lie in a file in its folder, found ${found}; export the model again`,
      );
    };
    if (isAbsolute(location) || location.split(/[\\/]/).includes("..")) return refuse(location);
    const folder = realpathSync(dirname(path));
    let real: string;
    try {
      real = realpathSync(join(folder, location));
    } catch {
      return refuse(`no ${location}`);
    }
    if (!real.startsWith(folder.endsWith(sep) ? folder : folder + sep)) {
      return refuse(`${location}, a link out of it`);
    }
    const bytes = readFile(real, `data ${location} of ${path}`, "keep them in the folder of the model");
    read.set(location, bytes);
    return bytes;
  };
}
