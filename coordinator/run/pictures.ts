/** Files for people: the grid of samples beside real examples, and the generator. */
import { join } from "node:path";
import { type ExampleKind, exampleKind } from "../../common/example_kind.ts";
import { decodeRows } from "../../common/values/table.ts";
import { unscaled } from "../../common/values/scaling.ts";
import { numElements } from "../../common/shape.ts";
import { tonesOf } from "../../common/values/tones.ts";
import { WAGON_VERSION } from "../../common/version.ts";
import { criticOnnx } from "../../models/critic_file.ts";
import { type GeneratorFileOptions, generatorOnnx } from "../../models/generator_file.ts";
import { GAP_TONE, imageGrid, imageShape } from "../../pictures/grid.ts";
import { pairPlot } from "../../pictures/pair_plot.ts";
import { encodePng } from "../../pictures/png.ts";
import { type Raster, sideBySide } from "../../pictures/raster.ts";
import { scatterPlot } from "../../pictures/scatter.ts";
import { seriesGrid, seriesShape } from "../../pictures/series_grid.ts";
import { explainWriteFailure } from "../../runlog/log/write_failure.ts";
import { classRows } from "../data/labels/class_rows.ts";
import { decodeExamples, gatherExamples } from "../data/data_set.ts";
import { meanPairwiseDistance } from "../evaluation/diversity.ts";
import type { Prepared } from "./prepare.ts";
import { type RunFolder, sampleFile } from "./run_folder.ts";

/** Images, and series of numbers: 5 x 5. */
const GRID_SIDE = 5;
/** Points: enough to see the modes. */
const NUM_POINTS = 2_500;
/** Rows of a table: enough for histograms. */
const NUM_ROWS = 1_000;
/** Pixels between real examples and samples. */
const SIDES_GAP = 16;

/** Samples of one picture. */
const NUM_SAMPLES: Readonly<Record<ExampleKind, number>> = {
  images: GRID_SIDE * GRID_SIDE,
  series: GRID_SIDE * GRID_SIDE,
  points: NUM_POINTS,
  table: NUM_ROWS,
};

/** Inputs of a picture. */
export type PicturedRun = Pick<Prepared, "data" | "facts" | "state"> & {
  /** null: pictures are not kept. */
  readonly folder: Pick<RunFolder, "path" | "generator" | "critic" | "best_generator"> | null;
};

export class Pictures {
  /** Samples of one picture. */
  readonly count: number;
  /** Classes of the samples, where a grid has a row for each; null: there are none, or they are drawn. */
  readonly labels: Float32Array | null;
  readonly #run: PicturedRun;
  /** As the networks see them. */
  readonly #real: Float32Array<ArrayBuffer>;
  readonly #shown_real: Float32Array<ArrayBuffer>;
  readonly #grid: { readonly rows: number; readonly cols: number };

  constructor(run: PicturedRun) {
    this.#run = run;
    const { data, plan } = run.data;
    const kind = exampleKind(data);
    const by_class = data.labels && (kind === "images" || kind === "series")
      ? classRows(data.labels, plan)
      : null;
    this.#grid = by_class?.grid ?? { rows: GRID_SIDE, cols: GRID_SIDE };
    this.labels = by_class?.labels ?? null;
    this.count = by_class?.labels.length ?? NUM_SAMPLES[kind];
    // Spread over the first shard: its order is a permutation already.
    const indices = by_class?.examples ?? plan.shards[0]!.subarray(0, this.count);
    this.#real = decodeExamples(gatherExamples(data, indices), data.encoding);
    this.#shown_real = this.#shown(this.#real);
  }

  /** In the units of the data; images as tones. */
  #shown(values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
    const { scaling, value_range, example_shape } = this.#run.data.data;
    const own = scaling ? unscaled(values, scaling, numElements(example_shape)) : values;
    return value_range ? tonesOf(own, value_range) : own;
  }

  /** Writes the picture of these samples; returns its path within the run folder. */
  async write(step: number, samples: Float32Array): Promise<string> {
    const file = sampleFile(step);
    const { folder } = this.#run;
    if (folder !== null) await this.#write(join(folder.path, file), encodePng(this.#draw(samples)));
    return file;
  }

  #draw(drawn: Float32Array): Raster {
    const { data } = this.#run.data;
    const { example_shape, columns, table } = data;
    const samples = this.#shown(drawn.slice()), real = this.#shown_real;
    const kind = exampleKind(data);
    if (kind === "points") return scatterPlot(samples, real);
    if (kind === "table") {
      const rows = (values: Float32Array) => table ? decodeRows(values, table) : values;
      const names = table ? table.map(({ name }) => name) : columns!;
      return pairPlot({ names, samples: rows(samples), data: rows(real) });
    }
    const grid = this.#grid;
    const image = kind === "series" ? null : imageShape(example_shape);
    if (image === null) {
      const shape = { ...grid, ...seriesShape(example_shape), scale_by: real };
      return sideBySide(seriesGrid(real, shape), seriesGrid(samples, shape));
    }
    const shape = { ...grid, ...image };
    return sideBySide(imageGrid(real, shape), imageGrid(samples, shape), SIDES_GAP, GAP_TONE);
  }

  /** Mean pairwise distance of these samples over that of the real examples; null where the data are all alike. */
  diversity(samples: Float32Array): number | null {
    const dimension = numElements(this.#run.data.data.example_shape);
    const ratio = meanPairwiseDistance(samples, dimension) / meanPairwiseDistance(this.#real, dimension);
    return Number.isFinite(ratio) ? ratio : null;
  }

  /** Writes generator.onnx and critic.onnx with the weights as they are now. */
  async writeNetworks(): Promise<void> {
    const { folder } = this.#run;
    if (folder === null) return;
    await this.#write(folder.generator, generatorOf(this.#run));
    await this.#write(folder.critic, criticOf(this.#run));
  }

  /** Writes best_generator.onnx. */
  async writeBest(generator: Uint8Array): Promise<void> {
    const { folder } = this.#run;
    if (folder !== null) await this.#write(folder.best_generator, generator);
  }

  async #write(path: string, bytes: Uint8Array): Promise<void> {
    const temporary = `${path}.part`;
    try {
      await Deno.writeFile(temporary, bytes);
      await Deno.rename(temporary, path);
    } catch (error) {
      await Deno.remove(temporary).catch(() => {});
      throw explainWriteFailure(path, error);
    }
  }
}

type Trained = Pick<Prepared, "data" | "facts" | "state">;

/** The generator with its weights as they are now, as an ONNX file. */
export function generatorOf({ facts, state, data }: Trained): Uint8Array {
  const sampler = graphOf(facts, "sampler_model");
  return generatorOnnx(
    facts.manifest,
    sampler,
    state.sampled_parameters,
    state.statistics,
    fileOptions(data),
  );
}

/** The critic likewise. */
function criticOf({ facts, state, data }: Trained): Uint8Array {
  const scorer = graphOf(facts, "critic_eval_model");
  return criticOnnx(facts.manifest, scorer, state.critic.weights, fileOptions(data));
}

function graphOf(
  { manifest, files }: Trained["facts"],
  name: "sampler_model" | "critic_eval_model",
): Uint8Array {
  const { file } = manifest.graphs[name];
  return files.find((artifact) => artifact.file === file)!.bytes;
}

function fileOptions(data: Trained["data"]): GeneratorFileOptions {
  return {
    example_shape: data.data.example_shape,
    columns: data.data.columns ?? null,
    table: data.data.table ?? null,
    axes: data.data.axes ?? null,
    class_names: data.data.labels?.class_names ?? null,
    scaling: data.data.scaling ?? null,
    value_range: data.data.value_range ?? (data.data.encoding === "uint8" ? [-1, 1] : null),
    producer_version: WAGON_VERSION,
  };
}
