/** A fleet on its own: scripted workers before it, what it tells noted down. */
import type { LocalSteps } from "../../../algorithm/local_steps.ts";
import type { RunFacts } from "../../../coordinator/fleet/admission/join.ts";
import { dataSetOf } from "../../../coordinator/data/data_set.ts";
import { ShardPlan } from "../../../coordinator/data/plan.ts";
import type { AdmissionOptions } from "../../../coordinator/fleet/admission/admission.ts";
import type { RoundRequest } from "../../../coordinator/fleet/fence.ts";
import { Fleet } from "../../../coordinator/fleet/fleet.ts";
import type { FleetObserver } from "../../../coordinator/fleet/observer.ts";
import { ShardedData } from "../../../coordinator/data/sharded_data.ts";
import { ResultMemory } from "../../../coordinator/fleet/memory/result_memory.ts";
import { Kernels } from "../../../kernels/kernels.ts";
import { buildLayout } from "../../../models/layout.ts";
import type { Manifest } from "../../../models/manifest.ts";
import { FakeClock } from "../../wire/fake_clock.ts";
import { READ_TOKEN, ScriptedWorker, TOKEN } from "./scripted_worker.ts";

export const RESULT_SIZE = 5;
/** Of these; the rest is the tail. */
export const NUM_GRADIENTS = 2;
export const REQUEST: RoundRequest = {
  kind: "critic",
  step: 1,
  epoch: 0,
  batch: 0,
  noise_purpose: "critic_noise",
  noise_counter: 1,
  next_noise_counter: 2,
};

/** Gradients of one tensor with two numbers, then the tail: loss and means, or loss, mean, and a variance. */
export const MANIFEST = {
  micro_batch: 2,
  example_shape: [2],
  layouts: {
    critic: buildLayout([{ name: "critic.0.weight", shape: [2] }]),
    generator: buildLayout([{ name: "generator.0.weight", shape: [2] }]),
    statistics: buildLayout([{ name: "generator.2.running_var", shape: [1] }]),
  },
  graphs: {
    critic_training_model: trainingGraph("critic", ["loss", "mean_D_real", "mean_D_fake"]),
    generator_training_model: trainingGraph("generator", ["loss", "mean_D_fake", "generator.2.batch_var"]),
  },
} as unknown as Manifest;

function trainingGraph(network: string, tail: readonly string[]) {
  const { size, slots } = buildLayout([
    { name: `${network}.0.weight_grad`, shape: [NUM_GRADIENTS] },
    ...tail.map((name) => ({ name, shape: [] })),
  ]);
  return { size, inputs: [], outputs: slots, tail_offset: NUM_GRADIENTS };
}

/** A fleet over four shards of four examples each, and what it told. */
export async function open(
  options: {
    exact?: boolean;
    num_shards?: number;
    shared_memory?: AdmissionOptions["shared_memory"];
    memory?: ResultMemory;
    local?: LocalSteps;
    allowed_keys?: AdmissionOptions["allowed_keys"];
  } = {},
) {
  const { exact = true, num_shards = 4, shared_memory = null, local = null } = options;
  const { memory = resultMemory(num_shards) } = options;
  const clock = new FakeClock();
  const told: string[] = [];
  const observer: FleetObserver = {
    joined: (member) => told.push(`${member.name} joined`),
    relayed: ({ name, threads }) => told.push(`${name} relays ${threads}`),
    left: (member, reason) => told.push(`${member.name} left: ${reason}`),
    fault: ({ what, decision }) => told.push(`${what}: ${decision}`),
    refused: (peer, reason) => told.push(`${peer} refused: ${reason}`),
  };
  const data = dataSetOf("test", [2], "uint8", Uint8Array.from({ length: 32 }, (_, i) => i));
  const plan = new ShardPlan({ num_examples: 16, num_shards, batch: 2 * num_shards, holdout: 0, seed: 1 });
  const facts: RunFacts = { run: "run-1", incarnation: 0, seed: 1, manifest: MANIFEST, files: [], local };
  const fleet = new Fleet(facts, await ShardedData.of(data, plan), {
    token: TOKEN,
    read_token: READ_TOKEN,
    allowed_keys: options.allowed_keys,
    clock,
    exact,
    classes: [],
    shared_memory,
    memory,
  }, observer);
  fleet.publish("critic", 0, { checksum: "00000000000000c1", given: Float32Array.of(1, 2), change: null });
  fleet.publish("generator", 0, { checksum: "00000000000000d1", given: Float32Array.of(3), change: null });
  const join = (name: string, more = {}) => ScriptedWorker.join(fleet, clock, { name, ...more });
  return { clock, told, fleet, join };
}

/** Room for the results of a fleet, and for the rings of so many workers. */
export function resultMemory(num_shards = 4, num_rings = 0): ResultMemory {
  const kernels = Kernels.create(ResultMemory.bytesNeeded(num_shards, RESULT_SIZE, num_rings));
  return new ResultMemory(kernels, num_shards, RESULT_SIZE, num_rings);
}

export const values = (n: number) => new Float32Array(RESULT_SIZE).fill(n);

/** The begin of each result with its first value. */
export async function outcome(round: ReturnType<Fleet["round"]>): Promise<string[]> {
  const { results } = await round;
  return results.map(({ begin, end, values }) => `${begin}-${end}: ${values[0]}`).sort();
}
