/** What presets were measured to reach on two cores. README.md has the same figures; docs/results/quality.md has the commands. */
import type { PresetName } from "../../coordinator/config/presets.ts";

export interface Measured {
  /** What was learned. */
  readonly data: string;
  /** Critic steps that were made. */
  readonly steps: number;
  /** On two cores that do nothing else; null: they did other things. */
  readonly seconds: number | null;
  /** Sliced Wasserstein distances of samples to the data, before the first step and at the end; null: not measured. */
  readonly distance: { readonly start: number; readonly end: number } | null;
}

/** MNIST's 10,000 test images, and letters that wagon draws. */
const UNTRAINED_IMAGES = 0.76;

/** A preset that is not here has not been measured at the end of a training. */
export const MEASURED: Readonly<Partial<Record<PresetName, Measured>>> = {
  strokes: {
    data: "drawn letters",
    steps: 30_000,
    seconds: 37,
    distance: { start: UNTRAINED_IMAGES, end: 0.039 },
  },
  wgan: { data: "MNIST", steps: 20_000, seconds: 95, distance: { start: UNTRAINED_IMAGES, end: 0.078 } },
  "wgan-gp": {
    data: "MNIST",
    steps: 12_000,
    seconds: 169,
    distance: { start: UNTRAINED_IMAGES, end: 0.041 },
  },
  gan: { data: "MNIST", steps: 15_000, seconds: null, distance: { start: UNTRAINED_IMAGES, end: 0.051 } },
  dcgan: { data: "MNIST", steps: 1_500, seconds: 225, distance: { start: UNTRAINED_IMAGES, end: 0.046 } },
  "wgan-dcgan": {
    data: "MNIST",
    steps: 3_500,
    seconds: 256,
    distance: { start: UNTRAINED_IMAGES, end: 0.067 },
  },
  "cwgan-gp": {
    data: "MNIST",
    steps: 20_000,
    seconds: 339,
    distance: { start: UNTRAINED_IMAGES, end: 0.024 },
  },
  "toy-r3gan": {
    data: "25 Gaussians",
    steps: 10_000,
    seconds: 64,
    distance: { start: 0.82, end: 0.032 },
  },
  "toy-wgan": {
    data: "8 Gaussians",
    steps: 40_000,
    seconds: 90,
    distance: { start: 0.882, end: 0.04 },
  },
  "table-wgan-gp": { data: "a table", steps: 12_000, seconds: 191, distance: null },
};
