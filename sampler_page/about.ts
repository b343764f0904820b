import type { TableColumn } from "../common/values/table.ts";
import type { Scaling } from "../common/values/scaling.ts";

/** Facts about the run for the page that shows its generator, stored in the page as JSON. */
export interface About {
  readonly name: string;
  /** Preset, data and progress, e.g. "wgan on strokes". */
  readonly what: string;
  readonly latent: number;
  /** Shape of one sample: [n] for points, series and rows of a table, [height, width] or [channels, height, width] for images. */
  readonly example_shape: readonly number[];
  /** Names of the columns, where samples are rows of a table. */
  readonly columns?: readonly string[];
  /** Of a table with categories: its columns. */
  readonly table?: readonly TableColumn[];
  /** Axes of a sample, where --layout named them. */
  readonly axes?: string;
  /** How the data were scaled: samples are shown and saved in the units of the data. */
  readonly scaling?: Scaling;
  /** Names of the classes, by their numbers; absent where the generator takes no labels. */
  readonly class_names?: readonly string[];
  /** Values that stand for black and white, or null where samples are no images. */
  readonly value_range: readonly [number, number] | null;
}

/** Ids of the page's elements, and names of the files that it loads: elements of that id, or files beside it. */
export const FILES = { generator: "generator.onnx", runtime: "ort-wasm-simd-threaded.wasm" } as const;
