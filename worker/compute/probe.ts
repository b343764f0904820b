/**
 * The numeric class of a device: a hash of the bits it computes on a fixed probe of the run's own graphs. The
 * number of threads is no part of it: each session has one, and sums follow a fixed tree. Some kernels of GPUs add in
 * the order in which threads end; so the probe is run several times.
 */
import { numElements } from "../../common/shape.ts";
import { median } from "../../common/median.ts";
import { VARYING_CLASS } from "../../common/numeric_class.ts";
import { Sha256 } from "../../common/sha256.ts";
import { BETWEEN_GRAPH, GRAPH_NAMES, type Manifest } from "../../models/manifest.ts";
import { fillNormal } from "../../random/philox.ts";
import type { Device, ProviderName } from "../runtime/device.ts";
import type { NetworkName } from "../../common/network_name.ts";
import { DrawnInputs } from "./drawn_inputs.ts";
import { guardGraph } from "../runtime/graph_guard.ts";
import type { GraphBytes, Runners } from "./graph_runner.ts";
import { RUNTIME_VERSION } from "../runtime/node_session.ts";

const PROBE_SEED = 0;
/** Standard deviation of the probe's weights: small, so that tanh does not saturate. */
const WEIGHT_SCALE = 0.05;
const TIMED_RUNS = 5;

export interface Probe {
  /** SHA-256 in hexadecimal; {@linkcode VARYING_CLASS} where runs of the same differ. */
  readonly numeric_class: string;
  /** Median time of one critic shard, fakes included. */
  readonly shard_ms: number;
}

/**
 * Operators whose bits differ from process to process, by provider: ONNX Runtime 1.30 takes cuDNN's algorithms
 * without asking whether they are deterministic.
 */
const VARYING: Readonly<Partial<Record<ProviderName, readonly string[]>>> = {
  cuda: ["Conv", "ConvTranspose"],
};

/** True if a device is known to compute other bits each time, whatever its probe says. */
export function isKnownToVary({ provider }: Device, graphs: GraphBytes): boolean {
  const varying = VARYING[provider] ?? [];
  return varying.length > 0 && GRAPH_NAMES.some((name) => {
    const operators = guardGraph(name, graphs[name]);
    return varying.some((op) => operators.has(op));
  });
}

/** Runs the forward, the critic's and the generator's graph on the probe, and times the critic's shard. */
export async function probe(manifest: Manifest, runners: Runners, device: Device): Promise<Probe> {
  const { layouts, graphs, micro_batch, latent, example_shape } = manifest;
  const example = numElements(example_shape);
  const fake = new Float32Array(micro_batch * example);
  const sources = {
    critic: normals(layouts.critic.size, 0, WEIGHT_SCALE),
    generator: normals(layouts.generator.size, 1, WEIGHT_SCALE),
    real: normals(micro_batch * example, 2, 1),
    noise: normals(micro_batch * latent, 3, 1),
    fake,
    mix: new Float32Array(micro_batch).fill(0.25),
    label: Float32Array.from({ length: micro_batch }, (_, i) => i % (manifest.num_classes ?? 1)),
  };
  const critic_result = new Float32Array(graphs.critic_training_model.size);
  const generator_result = new Float32Array(graphs.generator_training_model.size);
  const between_result = new Float32Array(graphs[BETWEEN_GRAPH]?.size ?? 0);
  type Probed = "generator_forward_model" | `${NetworkName}_training_model` | typeof BETWEEN_GRAPH;
  const bind = (name: Probed, result: Float32Array) => {
    // What drops nothing, so that all of the graph is probed.
    const drawn = new DrawnInputs(graphs[name]!, "critic").sources;
    drawn.mask.fill(1);
    drawn.augment.fill(0.25);
    return runners[name]!.bind({ ...sources, ...drawn }, result, micro_batch);
  };
  const forward = bind("generator_forward_model", fake);
  const critic = bind("critic_training_model", critic_result);
  const generator = bind("generator_training_model", generator_result);
  const between = graphs[BETWEEN_GRAPH] && bind(BETWEEN_GRAPH, between_result);
  const times: number[] = [];
  const classes = new Set<string>();
  for (let i = 0; i <= TIMED_RUNS; i++) {
    times.push(await forward.run() + await critic.run());
    // The processor's kernels add in a fixed order: once is enough.
    if (device.provider === "cpu" && i < TIMED_RUNS) continue;
    await generator.run();
    await between?.run();
    classes.add(hash([fake, critic_result, generator_result, between_result], settings(device)));
  }
  for (const bound of [forward, critic, generator, between]) bound?.release();
  const numeric_class = classes.size === 1 ? [...classes][0]! : VARYING_CLASS;
  return { numeric_class, shard_ms: median(times.slice(1)) * (manifest.accumulate ?? 1) };
}

function settings(device: Device): string {
  return `onnxruntime ${RUNTIME_VERSION}, ${device.provider}, intra_op 1`;
}

function hash(results: readonly Float32Array[], settings: string): string {
  const hash = new Sha256();
  for (const part of [...results, settings]) hash.update(part);
  return hash.hex();
}

function normals(length: number, counter: number, scale: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(length);
  fillNormal(out, { seed: PROBE_SEED, purpose: "probe", counter, shard: 0 });
  return out.map((value) => value * scale);
}
