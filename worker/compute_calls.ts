/** What the socket's thread asks of a compute thread, and what that answers. Answers come in the order of calls. */
import type { Manifest } from "../models/manifest.ts";
import type { Device } from "./device.ts";
import type { AheadTask, EngineOptions, Sum, SumTask } from "./engine.ts";
import type { Network } from "./fence.ts";
import type { GraphBytes } from "./graph_runner.ts";
import type { JobTask } from "./jobs.ts";
import type { Probe } from "./probe.ts";
import type { Trial } from "./trial.ts";

/** Each call: what it takes and what it returns. */
export interface Calls {
  /** Loads ONNX Runtime; its version. */
  runtime: { readonly takes: null; readonly gives: string };
  /** Tries a device with a small graph of its own, before any run. */
  trial: { readonly takes: Device; readonly gives: Trial };
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
  /** Copies a network's weights, and gives the buffer back. */
  weights: {
    readonly takes: { readonly network: Network; readonly weights: Float32Array<ArrayBuffer> };
    readonly gives: Float32Array<ArrayBuffer>;
  };
  /** Computes a sum into `out`, and gives that back. */
  sum: {
    readonly takes: { readonly task: SumTask; readonly out: Float32Array<ArrayBuffer> };
    readonly gives: Sum;
  };
  ahead: { readonly takes: AheadTask; readonly gives: null };
  /** Begins a job with the weights held now. */
  open_job: { readonly takes: { readonly job: number; readonly task: JobTask }; readonly gives: null };
  /** Computes the job's next rows; the result after the last ones. */
  step_job: { readonly takes: { readonly job: number }; readonly gives: Float32Array<ArrayBuffer> | null };
}

export type CallName = keyof Calls;
export type Call = { [K in CallName]: { readonly name: K; readonly takes: Calls[K]["takes"] } }[CallName];

/** `error`: what was thrown, in one line. */
export type Answer =
  | { readonly ok: true; readonly gives: Calls[CallName]["gives"] }
  | { readonly ok: false; readonly error: string };
