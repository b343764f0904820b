/** Measurements of whole steps: one entry for each round. */
import type { BareTimes } from "../step/bare_compute.ts";
import type { DdpFigures, DdpResult, DdpSetup } from "../peers/ddp.ts";
import type { RunTimings } from "./run_timings.ts";
import type { RunSetup } from "../training_run.ts";

/** A set-up of ours. */
export interface RunSamples {
  readonly setup: RunSetup;
  readonly timings: RunTimings[];
  readonly bare: BareTimes[];
  readonly bound: BareTimes[];
}

/** All variants of a set-up of PyTorch. */
export interface DdpSamples {
  readonly setup: DdpSetup;
  readonly rounds: DdpResult[][];
}

/** The best variant of a set-up of PyTorch. */
export interface DdpBest {
  readonly setup: DdpSetup;
  readonly figures: readonly DdpFigures[];
}
