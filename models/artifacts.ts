/** Training artifacts: the graphs of a pair of networks as ONNX files, and the manifest that says how to run them. */
import type { NetworkName } from "../common/network_name.ts";
import { sha256Aside } from "../common/sha256.ts";
import { buildLayout, trainedLayout } from "./layout.ts";
import {
  type AnyGraphName,
  BETWEEN_GRAPH,
  type ByGraph,
  FEATURES_GRAPH,
  type GraphEntry,
  type GraphInput,
  graphNamesOf,
  type Layout,
  type Manifest,
  type Source,
  type State,
  STATES,
} from "./manifest.ts";
import { dependsOnBatch, type Net } from "./nets/net.ts";
import { weightTensors } from "./nets/spectral_norm.ts";
import { unpackedShape } from "./nets/packing.ts";
import { encodeModel } from "../onnx/codec.ts";
import type { Graph } from "../onnx/graph.ts";
import { OPSET } from "../onnx/shapes.ts";
import {
  criticBetweenGraph,
  criticEvalGraph,
  criticTrainingGraph,
  type DropoutMask,
  generatorForwardGraph,
  generatorTrainingGraph,
  type Pair,
  samplerGraph,
} from "./training_graphs.ts";
import { checkValueSizes } from "./value_sizes.ts";

/** Versions written into every model file. */
export const IR_VERSION = 9;
export const PRODUCER = "wagon";

/** Name of the manifest's own file. */
export const MANIFEST_FILE = "artifacts.json";

export interface Artifacts {
  readonly manifest: Manifest;
  /** `artifacts.json` and every graph, by file name. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** `build` puts the masks of what is dropped into `masks`. */
interface GraphKind {
  readonly build: (pair: Pair, masks: DropoutMask[]) => Graph;
  readonly trains: NetworkName | null;
}

const GRAPHS: Readonly<Record<AnyGraphName, GraphKind>> = {
  critic_training_model: {
    build: (pair, masks) => criticTrainingGraph(pair, undefined, masks),
    trains: "critic",
  },
  [BETWEEN_GRAPH]: { build: criticBetweenGraph, trains: "critic" },
  generator_training_model: {
    build: (pair, masks) => generatorTrainingGraph(pair, undefined, masks),
    trains: "generator",
  },
  generator_forward_model: { build: generatorForwardGraph, trains: null },
  critic_eval_model: { build: criticEvalGraph, trains: null },
  sampler_model: { build: samplerGraph, trains: null },
  [FEATURES_GRAPH]: { build: ({ features }) => features!, trains: null },
};

/**
 * Builds the artifacts of a pair. The same pair gives the same bytes. `accumulate`: micro-batches of a shard in a step.
 * @throws {RangeError} where the two networks do not fit each other or the micro-batch.
 */
export async function buildArtifacts(pair: Pair, accumulate = 1): Promise<Artifacts> {
  checkPair(pair);
  const layouts: Record<State, Layout> = {
    critic: buildLayout(weightTensors(pair.critic)),
    generator: buildLayout(pair.generator.parameters),
    statistics: buildLayout(pair.generator.statistics),
  };
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const entries: [AnyGraphName, GraphEntry][] = [];
  const { normalised, num_classes } = pair.critic, { pac = 1 } = pair;
  const trained = { critic: pair.critic.parameters, generator: pair.generator.parameters };
  const lazy = pair.objective.lazy && { lazy_penalty: pair.objective.lazy.every };
  const measured = pair.features && { num_features: numFeatures(pair.features) };
  for (const name of graphNamesOf({ ...lazy, ...measured })) {
    const { build, trains } = GRAPHS[name];
    const masks: DropoutMask[] = [];
    const graph = build(pair, masks);
    checkValueSizes(graph);
    const bytes = encodeGraph(graph);
    const file = `${name}.onnx`;
    files.set(file, bytes);
    entries.push([name, {
      file,
      sha256: await sha256Aside(bytes),
      bytes: bytes.length,
      inputs: graphInputs(graph, layouts, masks),
      ...(trains === null ? forwardOutputs(graph) : resultOutputs(graph, buildLayout(trained[trains]))),
    }]);
  }
  const manifest: Manifest = {
    format: "wagon-artifacts",
    version: 1,
    objective: pair.objective.name,
    opset: OPSET,
    micro_batch: pair.micro_batch,
    ...accumulate > 1 && { accumulate },
    ...normalised && { spectral_norm: normalised },
    ...lazy,
    ...num_classes !== undefined && { num_classes },
    ...pac > 1 && { pac },
    ...measured,
    latent: pair.generator.input_shape[0]!,
    example_shape: unpackedShape(pair.critic, pac),
    layouts,
    graphs: Object.fromEntries(entries) as unknown as ByGraph<GraphEntry>,
  };
  files.set(MANIFEST_FILE, new TextEncoder().encode(`${JSON.stringify(asWritten(manifest), null, 1)}\n`));
  return { manifest, files };
}

/** Length of a row of features. */
function numFeatures({ outputs, types }: Graph): number {
  return types.get(outputs[0]!)!.shape[1] as number;
}

/** The file's layout: the critic's without the vectors of spectral norms, which follow from the weights. */
function asWritten(manifest: Manifest): Manifest {
  if (manifest.spectral_norm === undefined) return manifest;
  return { ...manifest, layouts: { ...manifest.layouts, critic: trainedLayout(manifest, "critic") } };
}

function checkPair({ critic, generator, micro_batch, pac = 1 }: Pair): void {
  const made = generator.output_shape, scored = unpackedShape(critic, pac);
  if (made.length !== scored.length || made.some((extent, i) => extent !== scored[i])) {
    throw new RangeError(
      `Cannot build artifacts: the generator must make examples of shape [${scored}], as the critic takes them, ` +
        `found [${made}]`,
    );
  }
  if (generator.num_classes !== critic.num_classes) {
    const found = ({ num_classes }: Net) =>
      num_classes === undefined ? "no labels" : `${num_classes} classes`;
    throw new RangeError(
      "Cannot build artifacts: generator and critic must take labels of the same classes, found a generator that takes " +
        `${found(generator)}, and a critic that takes ${found(critic)}`,
    );
  }
  if (pac > 1 && (micro_batch % pac !== 0 || critic.num_classes !== undefined)) {
    throw new RangeError(
      `Cannot build artifacts: packs of ${pac} need a micro-batch of whole packs and no labels, found ${micro_batch} examples` +
        `${critic.num_classes === undefined ? "" : " with labels"}`,
    );
  }
  const fewest = dependsOnBatch(generator) ? 2 : 1;
  if (!Number.isSafeInteger(micro_batch) || micro_batch < fewest) {
    throw new RangeError(
      `Cannot build artifacts: a shard's micro-batch must be at least ${fewest} examples` +
        `${fewest > 1 ? " for batch normalisation" : ""}, found ${micro_batch}`,
    );
  }
}

/** Without a version of the producer: a release that changes no graph changes no hash. */
function encodeGraph(graph: Graph): Uint8Array<ArrayBuffer> {
  const model = {
    graph,
    ir_version: IR_VERSION,
    opset: OPSET,
    producer_name: PRODUCER,
    producer_version: "",
  };
  return new Uint8Array(encodeModel({ ...model, metadata: new Map() }));
}

/** Source of a graph input: a state with a slot of that name, otherwise a user input. */
function graphInputs(
  graph: Graph,
  layouts: Readonly<Record<State, Layout>>,
  masks: readonly DropoutMask[],
): GraphInput[] {
  const sources = new Map<string, State>(
    STATES.flatMap((state) => layouts[state].slots.map((slot) => [slot.name, state] as const)),
  );
  return graph.inputs.map((name) => {
    const { shape } = graph.types.get(name)!;
    const mask = masks.find(({ input }) => input === name);
    if (mask?.ratio === null) return { name, shape, source: "augment" };
    if (mask) return { name, shape, source: "mask", ratio: mask.ratio };
    return { name, shape, source: sources.get(name) ?? name as Source };
  });
}

type Outputs = Pick<GraphEntry, "outputs" | "size" | "tail_offset">;

function forwardOutputs(graph: Graph): Outputs {
  const outputs = graph.outputs.map((name) => ({ name, shape: graph.types.get(name)!.shape, offset: 0 }));
  return { outputs, size: 0, tail_offset: 0 };
}

/** The flat result buffer: gradients where the trained state has its tensors, then the loss and the rest. */
function resultOutputs(graph: Graph, trained: Layout): Outputs {
  const [loss, ...others] = graph.outputs;
  const gradients = others.slice(0, trained.slots.length);
  const tail = [loss!, ...others.slice(trained.slots.length)];
  const { size, slots } = buildLayout(
    [...gradients, ...tail].map((name) => ({
      name,
      shape: graph.types.get(name)!.shape as readonly number[],
    })),
  );
  return { outputs: slots, size, tail_offset: trained.size };
}
