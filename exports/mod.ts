/**
 * Trains Wasserstein GANs from a program, data-parallel over any number of workers. The result has the same bits,
 * whatever their number.
 *
 * @example
 * ```ts
 * import { train } from "@wagon/wagon";
 *
 * const { summary, generator } = await train({ data: "8gaussians", steps: 20 });
 * console.log(summary.wasserstein_estimate, generator.length);
 * ```
 *
 * @module
 */
export { UserError } from "../common/errors.ts";
export { WAGON_VERSION } from "../common/version.ts";
export { train, type TrainOptions } from "../library/train.ts";
export { type Address, coordinate, type CoordinateOptions, type DoorOptions } from "../library/coordinate.ts";
export { work, type WorkOptions } from "../library/work.ts";
export { type Preset, presets } from "../library/presets.ts";
export type { ExampleArray } from "../library/example_array.ts";
export type { NetworkPair, RunOptions } from "../library/run_options.ts";
export type { RunSettings } from "../library/settings.ts";
export type { BatchMoments, Drop, Initialiser, Net, TensorSpec } from "../models/nets/net.ts";
export {
  type CriticBatch,
  type CriticLoss,
  type GeneratorLoss,
  meanOfAll,
  type Objective,
  scoreBoth,
} from "../models/objectives/objective.ts";
export type { LogOptions, OnRecord, OnStep, TrainedStep } from "../library/run_watch.ts";
export type { Trained, Weights, WeightTensor } from "../library/trained.ts";
