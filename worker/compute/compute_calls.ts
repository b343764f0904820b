/** Messages from the socket's thread to a compute thread, and its answers. Answers come in the order of calls. */
import type { TreeNode } from "../../kernels/tree.ts";
import type { Manifest } from "../../models/manifest.ts";
import type { Device } from "../runtime/device.ts";
import type { PayloadRef } from "../../wire/payload_ref.ts";
import type { DeviceCheck } from "../devices/device_check.ts";
import type { EngineOptions } from "./engine_options.ts";
import type { AheadTask, Part, SumTask } from "./sum_task.ts";
import type { NetworkName } from "../../common/network_name.ts";
import type { Checksums } from "../../wire/messages.ts";
import type { Rounding } from "./rounder.ts";
import type { GraphBytes } from "./graph_runner.ts";
import type { JobTask } from "./jobs.ts";
import type { LearnerBegin, LearnerStep } from "./learners/learner.ts";
import type { Probe } from "./probe.ts";
import type { SharedFiles } from "./shared_memory.ts";
import type { DeviceBenchmark } from "../devices/device_benchmark.ts";

/** Destination of a sum: a buffer, which travels to the thread and back, or a shared file. */
export type SumPlace = Float32Array<ArrayBuffer> | PayloadRef;

/** Checksums of the weights to compute with, which lie in the shared file; null: those that were given. */
export type WeightsWanted = Checksums | null;

/** Requirements of work whose weights and sum lie in shared files. */
export interface SharedWork {
  readonly weights: Checksums;
  readonly parcel: PayloadRef;
}

/** A sum where it was to go: null, if that is a shared file. `largest`, `compute_ms`: as in engine.ts. */
export interface PlacedSum {
  readonly sum: Float32Array<ArrayBuffer> | null;
  readonly largest: number;
  readonly compute_ms: number;
}

/** Each call: what it takes and what it returns. */
export interface Calls {
  /** Loads ONNX Runtime; its version. */
  runtime: { readonly takes: null; readonly gives: string };
  /** Tries a device with a small graph of its own, before any run. */
  benchmark: { readonly takes: Device; readonly gives: DeviceBenchmark };
  /** Runs training graphs on a device, to tell what it can do. */
  check_device: { readonly takes: Device; readonly gives: DeviceCheck };
  /** Compiles a run's graphs and runs the probe. */
  prepare: {
    readonly takes: {
      readonly manifest: Manifest;
      readonly graphs: GraphBytes;
      readonly device: Device;
      readonly options: EngineOptions;
    };
    readonly gives: Probe;
  };
  /** Copies a network's weights, or adds a rounded difference to them, and gives the buffer back. */
  weights: {
    readonly takes: {
      readonly network: NetworkName;
      readonly weights: Float32Array<ArrayBuffer>;
      readonly is_difference: boolean;
    };
    readonly gives: Float32Array<ArrayBuffer>;
  };
  /** Opens the shared files: what weights lie in, and what sums go to. */
  share: { readonly takes: SharedFiles; readonly gives: null };
  sum: {
    readonly takes: { readonly task: SumTask; readonly weights: WeightsWanted; readonly place: SumPlace };
    readonly gives: PlacedSum;
  };
  /** Adds the sums of subtrees, in the order of the tree, and gives the parts' buffers back. */
  add: {
    readonly takes: {
      readonly node: TreeNode;
      readonly parts: readonly Part[];
      readonly place: SumPlace;
      readonly rounding: Rounding | null;
    };
    readonly gives: PlacedSum & { readonly parts: readonly Part[] };
  };
  ahead: { readonly takes: AheadTask; readonly gives: null };
  /** Begins a learner's round. */
  begin_learner: { readonly takes: LearnerBegin; readonly gives: null };
  /** Takes the round's next step; time in ONNX Runtime. */
  step_learner: { readonly takes: LearnerStep; readonly gives: number };
  /** Ends the round: its result. */
  end_learner: { readonly takes: null; readonly gives: Float32Array<ArrayBuffer> };
  /** Begins a job. */
  open_job: { readonly takes: { readonly job: number; readonly task: JobTask }; readonly gives: null };
  /** Computes the job's next rows; the result after the last ones. */
  step_job: { readonly takes: { readonly job: number }; readonly gives: Float32Array<ArrayBuffer> | null };
  /** Frees what the garbage collector does not know of. The last call. */
  release: { readonly takes: null; readonly gives: null };
}

export type CallName = keyof Calls;
export type Call = { [K in CallName]: { readonly name: K; readonly takes: Calls[K]["takes"] } }[CallName];

/** `error`: what was thrown, in one line. */
export type Answer =
  | { readonly ok: true; readonly gives: Calls[CallName]["gives"] }
  | { readonly ok: false; readonly error: string };
