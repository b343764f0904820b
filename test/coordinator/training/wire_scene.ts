/** A training whose sums and weights travel rounded: scripted workers that hold, sum and round as real ones do. */
import { Fleet } from "../../../coordinator/fleet/fleet.ts";
import { RMSPROP } from "../../../coordinator/config/optimizers.ts";
import type { RunConfig } from "../../../coordinator/config/config.ts";
import { wireOf } from "../../../coordinator/config/wire_config.ts";
import { PackedResults } from "../../../coordinator/fleet/memory/packed_results.ts";
import { ResultMemory } from "../../../coordinator/fleet/memory/result_memory.ts";
import { largestPayload, resultSize, roomToTrain } from "../../../coordinator/run/run_graphs.ts";
import { TreeSum } from "../../../coordinator/training/averaging.ts";
import { ModelState } from "../../../coordinator/training/model_state.ts";
import { publishAll, train } from "../../../coordinator/training/train.ts";
import type { WireFormat } from "../../../common/wire_format.ts";
import { Kernels } from "../../../kernels/kernels.ts";
import { addDifference } from "../../../kernels/rounding.ts";
import { sumTree } from "../../../kernels/tree.ts";
import { bytesOf } from "../../../wire/frame.ts";
import { NETWORKS } from "../../../common/network_name.ts";
import type { MessageOf } from "../../../wire/messages.ts";
import { packResult, payloadSize, roundingKey } from "../../../kernels/result_payload.ts";
import { FakeClock, settled } from "../../wire/fake_clock.ts";
import { ScriptedWorker, TOKEN } from "../fleet/scripted_worker.ts";
import { SETTINGS, SHARDS, smallData, smallManifest } from "./small_training.ts";

const SEED = 5;
const SIZES = { critic: 20_300, generator: 40_001 };

export const WIRE_MANIFEST = smallManifest(SIZES);

/** A run that has not begun, or whose state has been brought back. */
export function openState(wire: WireFormat) {
  const config = { ...SETTINGS, wire, wire_groups: wire === "float32" ? null : SHARDS } as RunConfig;
  const kernels = Kernels.create(roomToTrain(WIRE_MANIFEST, config).bytes);
  const state = new ModelState(kernels, WIRE_MANIFEST, RMSPROP, wire);
  for (const { weights } of [state.critic, state.generator]) {
    weights.forEach((_, i) => weights[i] = Math.sin(i) / 4);
  }
  state.giveWhole();
  state.refreshChecksums();
  return { config, kernels, state };
}

export type OpenState = ReturnType<typeof openState>;

/** A worker that computes with the weights it holds: what it was sent, added up by itself. */
class HonestWorker {
  readonly #kernels = Kernels.create(1 << 21);
  readonly #held = {
    critic: this.#kernels.allocate(SIZES.critic),
    generator: this.#kernels.allocate(SIZES.generator),
  };
  readonly #payload = this.#kernels.allocate(SIZES.generator + 64);
  readonly #sum = this.#kernels.allocate(SIZES.generator + 64);
  /** Messages of weights that are in what it holds. */
  #taken = 0;
  readonly #groups = new Set<string>();

  constructor(readonly worker: ScriptedWorker, readonly format: WireFormat, readonly spoil: Spoil | null) {}

  /** Nodes of all its answers. */
  get groups(): readonly string[] {
    return [...this.#groups];
  }

  async answer(): Promise<void> {
    this.#takeWeights();
    const work = this.worker.work[0]!;
    for (const network of NETWORKS) {
      const found = this.#kernels.checksum(this.#held[network]);
      const required = work[`${network}_checksum`];
      if (found !== required) throw new Error(`${network} must be ${required}: held is ${found}`);
    }
    this.#groups.add(`${work.begin}-${work.end}`);
    const payload = this.#packed(work);
    this.spoil?.(payload, work);
    await this.worker.answer(payload);
  }

  #takeWeights(): void {
    for (const { message, payload } of this.worker.weights.slice(this.#taken)) {
      const held = this.#held[message.state];
      if (message.difference === null) bytesOf(held).set(payload);
      else if (this.format !== "float32") {
        const room = bytesOf(this.#payload).subarray(0, payload.length);
        room.set(payload);
        addDifference(this.#kernels, this.format, room, held);
      }
    }
    this.#taken = this.worker.weights.length;
  }

  #packed(work: MessageOf<"work">): Float32Array<ArrayBuffer> {
    const graph = WIRE_MANIFEST.graphs[`${work.kind}_training_model`];
    const known = ({ begin, end }: { begin: number; end: number }) =>
      end - begin === 1 ? this.#leaf(work, begin) : undefined;
    const sum = sumTree(work, known, (a, b) => a.map((value, i) => value + b[i]!));
    if (this.format === "float32") return sum;
    this.#sum.set(sum);
    const payload = this.#payload.subarray(0, payloadSize(this.format, graph));
    const key = roundingKey(SEED, work.kind, work.step, work.begin);
    packResult(
      this.#kernels,
      this.format,
      this.#sum.subarray(0, graph.size),
      graph.tail_offset,
      payload,
      key,
    );
    return payload.slice();
  }

  /** Pulls the weights towards a place of the shard's and the step's own. */
  #leaf({ kind, step }: MessageOf<"work">, shard: number): Float32Array<ArrayBuffer> {
    const held = this.#held[kind];
    const leaf = new Float32Array(SIZES[kind] + 3);
    for (let i = 0; i < held.length; i++) {
      leaf[i] = held[i]! - Math.fround(((i * 7 + shard * 3 + step) % 11) / 40);
    }
    leaf.set([step, shard, 0.5], held.length);
    return leaf;
  }
}

/** Changes what a worker is about to send. */
export type Spoil = (payload: Float32Array, work: MessageOf<"work">) => unknown;

export interface Trained {
  /** Faults. */
  readonly told: readonly string[];
  readonly bytes: { in: number; out: number };
  /** Nodes that were answered. */
  readonly groups: readonly string[];
}

/** Trains up to a step with so many workers; after step `upset` the first is killed, and another joins; it may spoil what it sends. */
export async function trainTo(
  { config, kernels, state }: OpenState,
  steps: number,
  num_workers: number,
  { upset = null, spoil = null }: { readonly upset?: number | null; readonly spoil?: Spoil | null } = {},
): Promise<Trained> {
  const clock = new FakeClock();
  const told: string[] = [];
  const wire = wireOf(config);
  const facts = { run: "run-1", incarnation: 0, seed: SEED, manifest: WIRE_MANIFEST, files: [], wire };
  const packed = wire.format === "float32" ? null : new PackedResults(kernels, WIRE_MANIFEST, wire.format);
  const memory = new ResultMemory(kernels, SHARDS, largestPayload(WIRE_MANIFEST, wire.format));
  const classes = ["a".repeat(64)];
  const fleet = new Fleet(
    facts,
    await smallData(),
    { token: TOKEN, read_token: undefined, clock, exact: true, classes, shared_memory: null, memory, packed },
    { joined: () => {}, left: () => {}, fault: ({ what }) => told.push(what), refused: () => {} },
  );
  const workers: HonestWorker[] = [];
  const join = async (name: string) => {
    const worker = await ScriptedWorker.join(fleet, clock, { name, held: [0, 1, 2, 3] });
    workers.push(new HonestWorker(worker, wire.format, workers.length === 0 ? spoil : null));
  };
  for (let i = 0; i < num_workers; i++) await join(`${i}`);
  publishAll(state, fleet);
  let is_over = false;
  const tree = new TreeSum(kernels, SHARDS, resultSize(WIRE_MANIFEST), packed);
  const training = train({
    config: { ...config, steps },
    manifest: WIRE_MANIFEST,
    state,
    fleet,
    tree,
    epoch_steps: 2,
    now_ms: () => clock.now_ms(),
    committed: () => true,
  }).finally(() => is_over = true);
  training.catch(() => {});
  let is_upset = upset === null;
  while (!is_over) {
    await settled();
    if (!is_upset && state.step === upset) {
      is_upset = true;
      // In mid-step: one of its results has counted, if there are two.
      await workers[0]!.answer();
      await join("another");
      await workers[0]!.worker.die();
    }
    for (const worker of workers) {
      if (worker.worker.work.length > 0 && worker.worker.closed === null) await worker.answer();
    }
  }
  const { bytes } = fleet;
  await training.finally(() => fleet.finish("test over"));
  return { told, bytes, groups: workers.flatMap(({ groups }) => groups) };
}
