/** Result of a run for a program. */
import { UserError } from "../common/errors.ts";
import type { Conducted } from "../coordinator/conduct.ts";
import { generatorOf } from "../coordinator/run/pictures.ts";
import { trainedLayout, views } from "../models/layout.ts";
import { classIndex, labelsByClass } from "../common/labels/class_labels.ts";
import type { Layout } from "../models/manifest.ts";
import { latents } from "../random/latents.ts";
import type { Summary } from "../runlog/summary/summary.ts";
import type { LocalWorkers } from "./local_workers.ts";
import type { RunWatch } from "./run_watch.ts";

/**
 * A tensor of a network.
 *
 * @example
 * ```ts
 * import type { WeightTensor } from "@wagon/wagon";
 *
 * const largest = ({ data }: WeightTensor) => data.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
 * console.assert(largest({ shape: [2], data: Float32Array.of(-2, 1) }) === 2);
 * ```
 */
export interface WeightTensor {
  /** Sizes of the axes. */
  readonly shape: readonly number[];
  /** In row-major order. */
  readonly data: Float32Array;
}

/**
 * Tensors by their names.
 *
 * @example
 * ```ts
 * import type { Weights } from "@wagon/wagon";
 *
 * const shapesOf = (weights: Weights) => Object.values(weights).map(({ shape }) => shape.join(" x "));
 * console.assert(shapesOf({ bias: { shape: [2], data: Float32Array.of(0, 1) } }).join() === "2");
 * ```
 */
export type Weights = Readonly<Record<string, WeightTensor>>;

/**
 * Result of a run that has ended, at its last step or because it was stopped.
 *
 * @example
 * ```ts
 * import type { Trained } from "@wagon/wagon";
 *
 * const save = ({ generator }: Pick<Trained, "generator">) => Deno.writeFile("generator.onnx", generator);
 * console.log(save.name);
 * ```
 */
export interface Trained {
  /** True if the run has reached its last step; false if `signal` stopped it. */
  readonly finished: boolean;
  /** Critic steps made. */
  readonly steps: number;
  /** Generator steps made. */
  readonly generator_steps: number;
  /** The weights after the last step; `statistics` are those of the generator's batch normalisations. */
  readonly weights: { readonly generator: Weights; readonly critic: Weights; readonly statistics: Weights };
  /** SHA-256 of the weights, as `deno task train` prints it. */
  readonly sha256: string;
  /** The averaged generator, and the SHA-256 of it and the statistics; null without `ema_half_life`. Samples come from it. */
  readonly averaged: { readonly generator: Weights; readonly sha256: string } | null;
  /** "exact" if the same options give the same bits again. */
  readonly bits: "exact" | "tolerance";
  /**
   * The generator, averaged if it is, as an ONNX file: noise [N, latent], and label [N] if it takes labels -> samples
   * [N, ...].
   */
  readonly generator: Uint8Array;
  /** Summary of the run's log. */
  readonly summary: Summary;
  /** The run folder; null if you did not ask for one. */
  readonly folder: string | null;
  /**
   * Draws `count` samples with ONNX Runtime, one after the other, as `deno task sample` does: the same seed (default 1)
   * draws the same. `label`: the name or number of their class, if the generator takes labels; without it, the same
   * number of each, one class after the other. Throws {@linkcode UserError} if `count` is no positive integer, or if there
   * is no such class.
   */
  sample(count: number, seed?: number, label?: string | number): Promise<Float32Array>;
}

/** The result. Throws the error that stopped the run, if it failed. */
export function endedWell(
  conducted: Conducted,
  local: Pick<LocalWorkers, "throwIfFailed">,
  watch: Pick<RunWatch, "summary" | "throwIfFailed">,
): Trained {
  local.throwIfFailed();
  if (conducted.error !== null) throw conducted.error;
  watch.throwIfFailed();
  return trainedOf(conducted, watch.summary());
}

function trainedOf({ run, record }: Pick<Conducted, "run" | "record">, summary: Summary): Trained {
  const { state, facts: { manifest } } = run;
  const generator = generatorOf(run);
  return {
    finished: record.reason === "finished",
    steps: record.step,
    generator_steps: record.generator_steps,
    weights: {
      generator: weightsOf(manifest.layouts.generator, state.generator.parameters),
      critic: weightsOf(trainedLayout(manifest, "critic"), state.critic.parameters),
      statistics: weightsOf(manifest.layouts.statistics, state.statistics),
    },
    sha256: record.weights_sha256,
    averaged: state.averaged && {
      generator: weightsOf(manifest.layouts.generator, state.averaged.parameters),
      sha256: record.averaged_sha256!,
    },
    bits: record.bits,
    generator,
    summary,
    folder: run.folder?.path ?? null,
    sample: (count, seed = 1, label) => sampleOf(generator, count, seed, label),
  };
}

/** Copies: the run's own memory is one piece. */
function weightsOf(layout: Layout, buffer: Float32Array): Weights {
  const values = views(layout, buffer);
  return Object.fromEntries(
    layout.slots.map(({ name, shape }) => [name, { shape, data: values.get(name)!.slice() }]),
  );
}

async function sampleOf(
  bytes: Uint8Array,
  count: number,
  seed: number,
  label: string | number | undefined,
): Promise<Float32Array> {
  if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed) || seed < 0) {
    throw new UserError(
      `Cannot draw samples: a count of at least 1 and a seed of at least 0 are required, found ${count} and ${seed}`,
    );
  }
  // Only here is ONNX Runtime needed in this thread.
  const { Generator } = await import("./generator.ts");
  const generator = await Generator.of(bytes);
  const { class_names = [] } = generator;
  if (label !== undefined && classIndex(class_names, String(label)) < 0) {
    throw new UserError(
      `Cannot draw samples of class ${label}: a class of the run is required, found ` +
        (class_names.length === 0 ? "a generator that takes no labels" : `none of ${class_names.join(", ")}`),
    );
  }
  const classes = label === undefined ? [...class_names.keys()] : [classIndex(class_names, String(label))];
  const labels = labelsByClass(classes, count);
  return await generator.draw(latents(seed, count, generator.latent), labels);
}
