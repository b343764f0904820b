/** A small run for tests: artifacts, weights and shards. */
import { buildArtifacts } from "../../models/artifacts.ts";
import { initialState } from "../../models/initialise.ts";
import { GRAPH_NAMES, type GraphName, type Manifest } from "../../models/manifest.ts";
import { mlp } from "../../models/nets/mlp.ts";
import type { Objective } from "../../models/objectives/objective.ts";
import { wgan } from "../../models/objectives/wgan.ts";
import { permutation } from "../../random/philox.ts";
import { checksumBytes } from "../../kernels/kernels.ts";
import { bytesOf } from "../../wire/frame.ts";
import type { NetworkName } from "../../common/network_name.ts";
import type { MessageOf } from "../../wire/messages.ts";
import { sha256 } from "../../common/sha256.ts";
import type { GraphBytes } from "../../worker/compute/graph_runner.ts";

export const TOKEN = "a token for tests";
export const RUN_ID = "test-run";
export const SEED = 7;
export const MICRO_BATCH = 3;
export const EXAMPLE_BYTES = 10;
const SHARD_SIZE = 7;

export type WelcomeBody = Omit<MessageOf<"welcome">, "type" | "proof" | "run" | "incarnation">;

export interface TestRun {
  readonly manifest: Manifest;
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  readonly graphs: GraphBytes;
  readonly weights: Readonly<Record<NetworkName, Float32Array<ArrayBuffer>>>;
  readonly statistics: Float32Array<ArrayBuffer>;
  readonly checksums: Readonly<Record<NetworkName, string>>;
  readonly shards: readonly Uint8Array<ArrayBuffer>[];
  readonly welcome: WelcomeBody;
}

/** Bytes that look like data, the same each time. */
export function exampleBytes(length: number, stream: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(permutation(length, { seed: 1, purpose: "dataset", counter: stream, shard: 0 }));
}

export async function testRun(num_shards = 4, objective: Objective = wgan, pac = 1): Promise<TestRun> {
  const critic = mlp("critic", {
    widths: [EXAMPLE_BYTES * pac, 8, 1],
    batch_norm: false,
    slope: 0.2,
    output: "linear",
  });
  const generator = mlp("generator", {
    widths: [4, 8, 8, EXAMPLE_BYTES],
    batch_norm: true,
    slope: 0.2,
    output: "tanh",
  });
  const { manifest, files } = await buildArtifacts({
    critic,
    generator,
    objective,
    micro_batch: MICRO_BATCH,
    pac,
  });
  const { statistics, ...weights } = initialState({ critic, generator }, SEED);
  const shards = Array.from({ length: num_shards }, (_, i) => exampleBytes(SHARD_SIZE * EXAMPLE_BYTES, i));
  const graphs = GRAPH_NAMES.map((name) => [name, files.get(manifest.graphs[name].file)!] as const);
  return {
    manifest,
    files,
    graphs: Object.fromEntries(graphs) as Record<GraphName, Uint8Array>,
    weights,
    statistics,
    checksums: {
      critic: checksumBytes(bytesOf(weights.critic)),
      generator: checksumBytes(bytesOf(weights.generator)),
    },
    shards,
    welcome: welcomeOf(files, shards),
  };
}

function welcomeOf(files: ReadonlyMap<string, Uint8Array>, shards: readonly Uint8Array[]): WelcomeBody {
  return {
    worker: 1,
    seed: SEED,
    shards: shards.length,
    shard_sizes: shards.map(() => SHARD_SIZE),
    example_bytes: EXAMPLE_BYTES,
    encoding: "uint8",
    wire: { format: "float32", group_shards: null },
    chunk_floats: 16_384,
    class_counts: null,
    flip_columns: null,
    local_steps: null,
    shard_sha256: shards.map(sha256),
    artifacts: [...files].map(([file, bytes]) => ({ file, sha256: sha256(bytes), bytes: bytes.length })),
    heartbeat_ms: 1000,
    silence_ms: 10_000,
    shared: null,
  };
}
