/** Arguments of every benchmark. */
import type { Kernels } from "../kernels/kernels.ts";
import type { Shaping } from "./far/far_run.ts";
import type { Link } from "../common/link.ts";
import type { Python } from "./peers/python.ts";
import type { Section } from "./report/report.ts";

/**
 * Links that workers are put behind, what makes them, which workers by name, what travels over the links by name, and how
 * long each run trains.
 */
export interface FarContext {
  readonly links: readonly Link[];
  readonly shapings: readonly Shaping[];
  readonly teams: readonly string[];
  readonly modes: readonly string[];
  readonly train_ms: number;
}

/** A sweep of many runs: where those are kept that are done, and how long new ones may be begun. */
export interface SweepContext {
  readonly folder: string;
  readonly budget_ms: number;
  /** null: the sweep's own. */
  readonly steps: number | null;
  readonly seeds: number;
}

export interface BenchContext {
  /** Interleaved repetitions of the small benchmarks, and of whole runs. */
  readonly rounds: number;
  readonly run_rounds: number;
  /** Critic steps of a whole run, and how many of them are warm-up. */
  readonly steps: number;
  readonly warmup_steps: number;
  /** Critic steps of a log that is opened. */
  readonly log_steps: number;
  readonly far: FarContext;
  readonly sweep: SweepContext;
  /** A plain IDX file of the images to train on, and what they are. */
  readonly data_file: string;
  readonly data_name: string;
  /** null: no Python with torch was found. */
  readonly python: Python | null;
  /** The kernels of another checkout, to be measured in turns with ours; null: none. */
  readonly other_kernels: typeof Kernels | null;
  /** A folder that is removed in the end. */
  readonly scratch: string;
  /** Tells the person at the terminal what is going on. */
  readonly say: (line: string) => void;
}

export type Bench = (context: BenchContext) => Promise<Section>;
