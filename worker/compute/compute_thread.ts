/**
 * Entry of a compute thread: a module worker that owns ONNX Runtime, whose runs block the thread they are called
 * on. Calls are handled one after another, in order.
 */
/// <reference lib="deno.worker" />
import { mapFile } from "../../common/files/mapped_file.ts";
import { VARYING_CLASS } from "../../common/numeric_class.ts";
import { bytesOf } from "../../wire/frame.ts";
import { NETWORKS } from "../../common/network_name.ts";
import type { Checksums } from "../../wire/messages.ts";
import { payloadOffset, seal, unseal, writeParcel } from "../../wire/shared_ring.ts";
import { readWeights } from "../../wire/shared_weights.ts";
import type { Answer, Call, Calls, PlacedSum, SumPlace, WeightsWanted } from "./compute_calls.ts";
import { Engine, type Sum } from "./engine.ts";
import { checkDevice } from "../devices/device_check.ts";
import { compileGraphs } from "./graph_runner.ts";
import { RUNTIME_VERSION } from "../runtime/node_session.ts";
import { Job } from "./jobs.ts";
import { Learner } from "./learners/learner.ts";
import { isKnownToVary, probe } from "./probe.ts";
import type { SharedFiles } from "./shared_memory.ts";
import { benchmarkDevice } from "../devices/device_benchmark.ts";

const scope = self as unknown as DedicatedWorkerGlobalScope;

/** The shared files. */
interface Shared {
  readonly weights: Deno.FsFile;
  readonly weights_offsets: SharedFiles["weights_offsets"];
  /** True if the file of weights has taken the place of the engine's. */
  readonly in_place: boolean;
  /** Checksums of the weights that the engine has. */
  readonly has: { -readonly [Network in keyof Checksums]: string };
  readonly sums: Deno.FsFile;
  /** Offsets of the engine's slots in the file of sums. */
  readonly mapped: ReadonlyMap<number, number>;
}

/** State of a thread between calls. */
class ComputeThread {
  #engine: Engine | null = null;
  /** Null where the run has no local steps. */
  #learner: Learner | null = null;
  #shared: Shared | null = null;
  readonly #jobs = new Map<number, Job>();

  async answer(call: Call): Promise<Answer> {
    try {
      return { ok: true, gives: await this.#handle(call) };
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      return { ok: false, error: text.split("\n")[0]! };
    }
  }

  async #handle(call: Call): Promise<Calls[Call["name"]]["gives"]> {
    switch (call.name) {
      case "runtime":
        return RUNTIME_VERSION;
      case "benchmark":
        return await benchmarkDevice(call.takes);
      case "check_device":
        return await checkDevice(call.takes);
      case "prepare":
        return await this.#prepare(call.takes);
      case "weights":
        return this.#weights(call.takes);
      case "share":
        this.#share(call.takes);
        return null;
      case "sum":
        return await this.#sum(call.takes);
      case "add":
        return await this.#add(call.takes);
      case "ahead":
        await this.#ready().makeAhead(call.takes);
        return null;
      case "begin_learner":
        this.#learning().begin(call.takes);
        return null;
      case "step_learner":
        return await this.#learning().step(call.takes);
      case "end_learner":
        return this.#learning().end();
      case "open_job":
        this.#jobs.set(call.takes.job, new Job(this.#ready(), call.takes.task));
        return null;
      case "step_job":
        return await this.#stepJob(call.takes.job);
      case "release":
        this.#release();
        return null;
      default:
        return call satisfies never;
    }
  }

  async #prepare(takes: Calls["prepare"]["takes"]): Promise<Calls["prepare"]["gives"]> {
    const { manifest, graphs, device, options } = takes;
    const runners = await compileGraphs(manifest, graphs, device);
    this.#engine = new Engine(manifest, runners, options);
    this.#learner = options.local ? new Learner(this.#engine, options.local) : null;
    const found = await probe(manifest, runners, device);
    return isKnownToVary(device, graphs) ? { ...found, numeric_class: VARYING_CLASS } : found;
  }

  #weights({ network, weights, is_difference }: Calls["weights"]["takes"]): Float32Array<ArrayBuffer> {
    if (is_difference) this.#ready().addDifference(network, weights);
    else this.#ready().setWeights(network, weights);
    return weights;
  }

  #share({ weights, weights_offsets, sums, slot_offsets }: SharedFiles): void {
    this.#closeShared();
    const engine = this.#ready();
    const places = engine.openPlaces(slot_offsets.length)
      .map((memory, i) => ({ memory, offset: payloadOffset(slot_offsets[i]!) }));
    const networks = NETWORKS
      .map((network) => ({ memory: engine.weightsPages(network), offset: weights_offsets[network] }));
    this.#shared = {
      weights: Deno.openSync(weights),
      weights_offsets,
      in_place: mapFile(weights, networks, "read"),
      has: { critic: "", generator: "" },
      sums: Deno.openSync(sums, { write: true, read: true }),
      mapped: new Map(mapFile(sums, places, "write") ? places.map((_, i) => [slot_offsets[i]!, i]) : []),
    };
  }

  #closeShared(): void {
    this.#shared?.weights.close();
    this.#shared?.sums.close();
    this.#shared = null;
  }

  /** Sees to it that the engine has the weights that are wanted. */
  #refresh(wanted: WeightsWanted): void {
    if (wanted === null) return;
    const { weights, weights_offsets, in_place, has } = this.#files();
    for (const network of NETWORKS) {
      if (has[network] === wanted[network]) continue;
      this.#ready().changeWeights(network, (into) => {
        if (!in_place) readWeights(weights, weights_offsets[network], into);
      });
      has[network] = wanted[network];
    }
  }

  #files() {
    if (this.#shared === null) throw new Error("A compute thread must know the shared files first");
    return this.#shared;
  }

  async #sum({ task, weights, place }: Calls["sum"]["takes"]): Promise<PlacedSum> {
    this.#refresh(weights);
    return await this.#placed(place, (at) => this.#ready().sum(task, at));
  }

  async #add({ node, parts, place, rounding }: Calls["add"]["takes"]): Promise<Calls["add"]["gives"]> {
    return { ...await this.#placed(place, (at) => this.#ready().add(node, parts, at, rounding)), parts };
  }

  /** Has a sum computed right where it is to go, if that is mapped, or else copied to there. */
  async #placed(place: SumPlace, compute: (at: number | null) => Sum | Promise<Sum>): Promise<PlacedSum> {
    if (place instanceof Float32Array) return this.#place(await compute(null), place);
    const { sums, mapped } = this.#files();
    const at = mapped.get(place.offset);
    if (at === undefined) return this.#place(await compute(null), place);
    unseal(sums, place);
    const { largest, compute_ms } = await compute(at);
    seal(sums, place);
    return { sum: null, largest, compute_ms };
  }

  #place({ sum, ...rest }: Sum, place: SumPlace): PlacedSum {
    if (place instanceof Float32Array) {
      place.set(sum);
      return { sum: place, ...rest };
    }
    writeParcel(this.#files().sums, place, bytesOf(sum));
    return { sum: null, ...rest };
  }

  #release(): void {
    this.#closeShared();
    this.#engine?.release();
    this.#engine = null;
    this.#learner = null;
  }

  async #stepJob(id: number): Promise<Float32Array<ArrayBuffer> | null> {
    const job = this.#jobs.get(id);
    if (job === undefined) throw new Error(`Job ${id} must be open`);
    try {
      const result = await job.step();
      if (result !== null) this.#jobs.delete(id);
      return result;
    } catch (error) {
      this.#jobs.delete(id);
      throw error;
    }
  }

  #learning(): Learner {
    if (this.#learner === null) throw new Error("A compute thread must be prepared for local steps first");
    return this.#learner;
  }

  #ready(): Engine {
    if (this.#engine === null) throw new Error("A compute thread must be prepared first");
    return this.#engine;
  }
}

/** Buffers that are handed over instead of copied. */
function transferred(answer: Answer): Transferable[] {
  if (!answer.ok || answer.gives === null) return [];
  const { gives } = answer;
  if (gives instanceof Float32Array) return [gives.buffer];
  if (typeof gives !== "object" || !("sum" in gives)) return [];
  const parts = "parts" in gives ? gives.parts : [];
  return [gives.sum, ...parts.map(({ sum }) => sum)].flatMap((sum) => sum === null ? [] : [sum.buffer]);
}

const thread = new ComputeThread();
let tail: Promise<void> = Promise.resolve();
scope.onmessage = ({ data }: MessageEvent<Call>) => {
  tail = tail.then(async () => {
    const answer = await thread.answer(data);
    scope.postMessage(answer, transferred(answer));
  });
};
