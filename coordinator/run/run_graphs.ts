/**
 * The graphs of a run, as its configuration has them, and the memory that they are trained in: `train` begins with these,
 * `artifacts` only writes the graphs.
 */
import { embeddedFeatures } from "../../classifier/embedded.ts";
import { UserError } from "../../common/errors.ts";
import { exampleKind } from "../../common/example_kind.ts";
import type { WireFormat } from "../../common/wire_format.ts";
import { ALIGNMENT_BYTES, Kernels, MAX_CAPACITY_BYTES } from "../../kernels/kernels.ts";
import { type Artifacts, buildArtifacts } from "../../models/artifacts.ts";
import type { Manifest } from "../../models/manifest.ts";
import { dependsOnBatch, type Net } from "../../models/nets/net.ts";
import { unpackedShape } from "../../models/nets/packing.ts";
import { buildNetworks, type Networks } from "../../models/nets/networks.ts";
import type { Objective } from "../../models/objectives/objective.ts";
import { objectiveOf } from "../../models/objectives/objectives.ts";
import type { Graph } from "../../onnx/graph.ts";
import { GraphError } from "../../onnx/graph_error.ts";
import { imageShape } from "../../pictures/grid.ts";
import { payloadSize } from "../../kernels/result_payload.ts";
import { LearnerLayout } from "../../algorithm/learner_layout.ts";
import { TreeSum } from "../training/averaging.ts";
import { ChunkMemory } from "../fleet/memory/chunk_memory.ts";
import { chunkFloatsOf, ResultChunks } from "../fleet/streaming/result_chunks.ts";
import { PublishedStates } from "../training/published_states.ts";
import { PackedResults } from "../fleet/memory/packed_results.ts";
import { ResultMemory } from "../fleet/memory/result_memory.ts";
import type { RunConfig } from "../config/config.ts";
import { metricsOf } from "../config/evaluation_config.ts";
import { wireOf } from "../config/wire_config.ts";
import type { DataSet } from "../data/data_set.ts";
import { paddedShape } from "../data/pad.ts";
import { augmentationOf } from "../config/networks/augmentation.ts";
import { microBatchOf } from "../data/plan.ts";
import { ModelState } from "../training/model_state.ts";
import { updateRoomBytes } from "../training/update_room.ts";
import { areFromFiles, type OwnNetworks } from "../config/own_networks.ts";

export interface RunGraphs extends Artifacts {
  readonly networks: { readonly generator: Net; readonly critic: Net };
}

/**
 * Examples that a graph takes at a time: those of a shard in one step, or of one part of it with --accumulate.
 * Throws {@linkcode UserError} where they do not come out even, or are too few.
 */
export function graphBatchOf({ batch, shards, accumulate, networks, pac }: RunConfig): number {
  const micro_batch = microBatchOf({ batch, num_shards: shards });
  const normalises = areFromFiles(networks)
    ? networks.generator.batch_norm || networks.critic.batch_norm
    : Object.values(buildNetworks(networks)).some(dependsOnBatch);
  const compares = areFromFiles(networks) && networks.critic.couples_examples === true;
  const fewest = normalises || compares ? 2 : 1;
  if (micro_batch % accumulate !== 0) {
    throw new UserError(
      `Cannot accumulate gradients: --batch must be a multiple of --shards ${shards} times --accumulate ` +
        `${accumulate}, found ${batch}; use --batch ${fewest * shards * accumulate}`,
    );
  }
  const parts = accumulate === 1 ? "" : ` times --accumulate ${accumulate}`;
  if (micro_batch / accumulate < fewest) {
    throw new UserError(
      "Cannot plan shards: with " +
        `${normalises ? "batch normalisation" : "a critic that compares the examples of a batch"} ` +
        `--batch must be at least twice --shards ${shards}${parts}, found ${batch}; use --batch ` +
        `${2 * shards * accumulate} or fewer --shards`,
    );
  }
  if (micro_batch / accumulate % pac !== 0) {
    const unit = shards * accumulate * pac;
    throw new UserError(
      `Cannot pack examples: --batch must be a multiple of ${unit} (--shards ${shards}${parts} times --pac ${pac}), found ` +
        `${batch}; use --batch ${Math.ceil(batch / unit) * unit}`,
    );
  }
  return micro_batch / accumulate;
}

/**
 * The graphs for examples of this shape, before padding. `own`: what the configuration's networks are where they
 * come from files; `micro_batch`: examples that a graph takes at a time. Throws {@linkcode UserError} for networks
 * that do not fit together, or that are too large to train.
 */
export async function buildRunGraphs(
  config: RunConfig,
  data: Pick<DataSet, "example_shape" | "labels" | "axes" | "columns">,
  own: OwnNetworks | null,
  micro_batch = graphBatchOf(config),
  objective: Objective = objectiveOf(config),
): Promise<RunGraphs> {
  const { example_shape, labels } = data;
  const networks = own
    ? own.pairFor(paddedShape(example_shape, config), config.objective, labels?.class_names.length)
    : buildNetworks(config.networks as Networks);
  const augmentation = augmentationOf(config.augment, paddedShape(example_shape, config));
  const features = await featuresFor(config, data, unpackedShape(networks.critic, config.pac));
  const pair = {
    ...{ ...networks, objective, micro_batch, pac: config.pac },
    ...augmentation && { augmentation },
    ...features && { features },
  };
  try {
    const artifacts = await buildArtifacts(pair, config.accumulate);
    roomToTrain(artifacts.manifest, config);
    return { ...artifacts, networks };
  } catch (error) {
    // What does not fit together in a person's networks is theirs to know in one line.
    if (error instanceof RangeError || error instanceof GraphError) throw new UserError(error.message);
    throw error;
  }
}

/**
 * The graph of the features that metrics compare, from examples of `input_shape`; null where they need none: of what is no
 * image, they are the values.
 */
async function featuresFor(
  config: RunConfig,
  data: Pick<DataSet, "example_shape" | "axes" | "columns">,
  input_shape: readonly number[],
): Promise<Graph | null> {
  if (metricsOf(config).length === 0 || exampleKind(data) !== "images") return null;
  const image = imageShape(paddedShape(data.example_shape, config));
  return image && await embeddedFeatures(input_shape, [image.channels, image.height, image.width]);
}

/** Settings that say how much memory a run takes. */
export type MemoryConfig = Pick<
  RunConfig,
  "shards" | "optimizer" | "wire" | "wire_groups" | "local_steps" | "outer_momentum" | "ema_half_life"
>;

/**
 * Bytes of the coordinator's memory that a run takes, and for how many workers' rings that is enough. Throws
 * {@linkcode UserError} where they are too many.
 */
export function roomToTrain(
  manifest: Manifest,
  config: MemoryConfig,
): { readonly bytes: number; readonly num_rings: number } {
  const { shards, optimizer, ema_half_life } = config;
  const local = learnerRoom(manifest, config);
  if (local !== null) return { bytes: fitting(shards, local.bytes), num_rings: 0 };
  const { format, group_shards } = wireOf(config);
  const payload = largestPayload(manifest, format);
  const needed_bytes = (num_rings: number) =>
    ModelState.bytesNeeded(manifest, optimizer, format, ema_half_life) +
    TreeSum.bytesNeeded(shards, resultSize(manifest)) +
    ResultMemory.bytesNeeded(shards, payload, num_rings, group_shards) +
    (format === "float32" ? 0 : PackedResults.bytesNeeded(manifest, format));
  for (const num_rings of [ResultMemory.wantedRings(shards, payload, group_shards), 0]) {
    const bytes = needed_bytes(num_rings);
    if (bytes <= MAX_CAPACITY_BYTES) return { bytes, num_rings };
  }
  return { bytes: fitting(shards, needed_bytes(0)), num_rings: 0 };
}

/** Throws {@linkcode UserError} for more than there can be. */
function fitting(shards: number, bytes: number): number {
  if (bytes <= MAX_CAPACITY_BYTES) return bytes;
  throw new UserError(
    "Cannot train networks of this size: weights, the optimizer's state and the sums of " +
      `${shards} shards must fit into 4 GiB, found ${(bytes / 2 ** 30).toFixed(1)} ` +
      "GiB; use smaller networks or images, or fewer --shards",
  );
}

/** What learners need instead of the rest; null where there are none. `size`: numbers of a result. */
function learnerRoom(
  manifest: Manifest,
  { shards, optimizer, local_steps, ema_half_life }: MemoryConfig,
): { readonly size: number; readonly bytes: number } | null {
  if (!local_steps) return null;
  const layout = new LearnerLayout(manifest, optimizer.kind, local_steps);
  const bytes = ModelState.bytesNeeded(manifest, optimizer, "float32", ema_half_life) +
    TreeSum.bytesNeeded(shards, layout.size) +
    PublishedStates.bytesNeeded(layout);
  return { size: layout.size, bytes };
}

/** What a run is trained in. */
export interface Allocated {
  readonly state: ModelState;
  readonly tree: TreeSum;
  readonly results: ResultMemory;
  /** Reads rounded results; null: they are float32. */
  readonly packed: PackedResults | null;
  /** Where results lie that come in chunks; null: all come whole. */
  readonly chunks: ChunkMemory | null;
}

/** Throws {@linkcode UserError} where the networks are too large. */
export function allocate(manifest: Manifest, config: RunConfig): Allocated {
  const { shards, optimizer, ema_half_life } = config;
  const { format, group_shards } = wireOf(config);
  const { bytes, num_rings } = roomToTrain(manifest, config);
  const kernels = Kernels.create(bytes);
  const has_velocity = (config.outer_momentum ?? 0) > 0;
  const state = new ModelState(kernels, manifest, optimizer, format, has_velocity, ema_half_life);
  const local = learnerRoom(manifest, config);
  if (local !== null) {
    const tree = new TreeSum(kernels, shards, local.size);
    return { state, tree, results: new ResultMemory(kernels, shards, 0), packed: null, chunks: null };
  }
  const packed = format === "float32" ? null : new PackedResults(kernels, manifest, format);
  const payload = largestPayload(manifest, format);
  return {
    state,
    tree: new TreeSum(kernels, shards, resultSize(manifest), packed),
    results: new ResultMemory(kernels, shards, payload, num_rings, group_shards),
    packed,
    chunks: chunkMemory(manifest, config),
  };
}

function chunkMemory(manifest: Manifest, config: RunConfig): ChunkMemory {
  const { shards, optimizer } = config;
  const { format } = wireOf(config);
  const chunk_floats = chunkFloatsOf({ manifest });
  const num_chunks = new ResultChunks(manifest, format, chunk_floats).most;
  const result_bytes = 4 * largestPayload(manifest, format) + num_chunks * ALIGNMENT_BYTES;
  const beside_bytes = updateRoomBytes({ manifest, optimizer, format, shards, chunk_floats });
  return new ChunkMemory(shards * result_bytes, beside_bytes);
}

/** Length of the largest payload of a result, counted in float32. */
export function largestPayload({ graphs }: Manifest, format: WireFormat): number {
  const { critic_training_model: critic, generator_training_model: generator } = graphs;
  return Math.max(payloadSize(format, critic), payloadSize(format, generator));
}

/** Numbers in the larger result of the two training graphs. */
export function resultSize({ graphs }: Manifest): number {
  return Math.max(graphs.critic_training_model.size, graphs.generator_training_model.size);
}
