/** `deno task sample`: draws from the trained generator of a run. */
import { basename, join } from "node:path";
import { type Parsed, parseOptions, runMain } from "../common/cli/cli.ts";
import { UserError } from "../common/errors.ts";
import { cleanLine } from "../common/text/foreign_text.ts";
import { exampleKind } from "../common/example_kind.ts";
import type { Command } from "../common/cli/options.ts";
import { findRun } from "../runlog/log/find_run.ts";
import { classIndex, labelsByClass } from "../common/labels/class_labels.ts";
import { latents, latentWays } from "../random/latents.ts";
import { imageGrid, imageShape } from "../pictures/grid.ts";
import { decodeRows } from "../common/values/table.ts";
import { tonesOf } from "../common/values/tones.ts";
import { csvLines, csvNames, tableLines } from "../common/files/csv_lines.ts";
import { encodeNpy } from "../common/files/npy.ts";
import { pairPlot } from "../pictures/pair_plot.ts";
import { encodePng } from "../pictures/png.ts";
import { scatterPlot } from "../pictures/scatter.ts";
import { seriesGrid, seriesShape } from "../pictures/series_grid.ts";
import { Generator } from "../library/generator.ts";
import { writeFile } from "../common/files/write_file.ts";

const OPTIONS = {
  count: {
    kind: "number",
    integer: true,
    min: 1,
    max: 1_000_000,
    default_text: "64, or 8 of each class; with --interpolate 8",
    unit: "samples",
    about: "Number of samples to draw; with --interpolate, number of interpolations",
  },
  seed: {
    kind: "number",
    integer: true,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    default: 1,
    about: "Seed of the noise: the same seed draws the same samples",
  },
  class: {
    kind: "string",
    value: "NAME",
    repeated: true,
    about:
      "Draw samples of this class, given by name or number, if the generator takes labels. Without it, draw the " +
      "same number of each class, one class after the other",
  },
  interpolate: {
    kind: "number",
    integer: true,
    min: 2,
    max: 1_000,
    unit: "samples",
    about: "Draw interpolations between two points in latent space, with this many samples each",
  },
  grid: {
    kind: "string",
    value: "FILE",
    about:
      "Write one PNG of all samples, without real examples: images as a grid, points as a scatter plot, series as " +
      "curves, tables as histograms and pair plots",
  },
  folder: { kind: "string", value: "DIR", about: "Write each image as its own PNG, unscaled" },
  npy: {
    kind: "string",
    value: "FILE",
    about: "Write the values as float32 for NumPy, in the units of the data even if --scale scaled them",
  },
  csv: {
    kind: "string",
    value: "FILE",
    about:
      "Write the values as a table with a line for each sample, with the names of the data's columns and categories",
  },
  runs: { kind: "string", value: "DIR", default: "runs", about: "The folder of runs" },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task sample",
  about: "Draws samples from a run's generator.onnx. Give at least one of --grid, --folder, --npy and --csv.",
  positionals: [{ name: "RUN", about: 'A run: its folder, its name in the folder of runs, or "latest"' }],
  options: OPTIONS,
  examples: [
    { line: "deno task sample latest --grid samples.png", about: "draw 64 samples" },
    {
      line: "deno task sample latest --class 7 --count 64 --grid sevens.png",
      about: "draw samples of one class",
    },
    {
      line: "deno task sample latest --interpolate 10 --grid interpolations.png",
      about: "draw 8 interpolations of 10 samples each",
    },
    {
      line: "deno task sample latest --count 10000 --seed 7 --npy samples.npy",
      about: "write samples for NumPy",
    },
  ],
};

const DEFAULT_COUNT = 64;
const DEFAULT_WAYS = 8;
/** Samples of each class. */
const DEFAULT_EACH = 8;
/** Classes that are named in an error. */
const MOST_NAMED = 20;

type Values = Parsed<typeof OPTIONS>["values"];

/** The drawn samples. */
interface Drawn {
  readonly samples: Float32Array<ArrayBuffer>;
  readonly count: number;
  /** Samples beside each other on a grid. */
  readonly cols: number;
  readonly generator: Generator;
  /** The run that they are of, in words. */
  readonly run: string;
}

async function draw(
  generator: Generator,
  { count, seed, interpolate, class: wanted = [] }: Values,
): Promise<Omit<Drawn, "run">> {
  const { latent } = generator;
  const classes = classesOf(generator, wanted);
  if (interpolate === undefined) {
    const num_samples = count ?? (classes.length > 1 ? classes.length * DEFAULT_EACH : DEFAULT_COUNT);
    const labels = labelsByClass(classes, num_samples);
    const samples = await generator.draw(latents(seed, num_samples, latent), labels);
    const cols = classes.length > 1
      ? Math.ceil(num_samples / classes.length)
      : Math.ceil(Math.sqrt(num_samples));
    return { samples, count: num_samples, cols, generator };
  }
  const ways = count ?? DEFAULT_WAYS;
  const labels = labelsByClass(classes, ways).flatMap((label) => Array<number>(interpolate).fill(label));
  const samples = await generator.draw(latentWays(seed, ways, latent, interpolate), labels);
  return { samples, count: ways * interpolate, cols: interpolate, generator };
}

/** Numbers of the classes to draw; none where the generator takes no labels. Throws {@linkcode UserError}. */
function classesOf({ class_names }: Generator, wanted: readonly string[]): readonly number[] {
  if (class_names === undefined) {
    if (wanted.length === 0) return [];
    throw new UserError(
      `Cannot draw samples of class ${
        wanted[0]
      }: a generator that takes labels is required, found one that takes none; ` +
        "train one with --preset cwgan-gp",
    );
  }
  if (wanted.length === 0) return [...class_names.keys()];
  return wanted.map((name) => {
    const index = classIndex(class_names, name);
    if (index >= 0) return index;
    const known = class_names.slice(0, MOST_NAMED).join(", ") +
      (class_names.length > MOST_NAMED ? ", …" : "");
    throw new UserError(
      `Cannot draw samples of class ${name}: a class of the run is required, found none of that name; the classes ` +
        `are ${known}`,
    );
  });
}

/** Rows, columns and channels of a sample as an image. Throws {@linkcode UserError} where it is none. */
function shapeOf({ example_shape, value_range }: Generator, wish: string) {
  const shape = value_range === null ? null : imageShape(example_shape);
  if (shape === null) {
    throw new UserError(
      `Cannot write ${wish}: samples must be grey or colour images, found shape ` +
        `${example_shape.join(" x ")}; use --npy`,
    );
  }
  return shape;
}

function gridPicture({ samples, count, cols, generator }: Drawn): Uint8Array {
  const { example_shape, columns } = generator;
  const kind = exampleKind(generator);
  if (kind === "points") return encodePng(scatterPlot(samples));
  if (kind === "table") {
    const { table } = generator;
    const rows = table
      ? { names: table.map(({ name }) => name), samples: decodeRows(samples, table) }
      : { names: columns!, samples };
    return encodePng(pairPlot(rows));
  }
  if (kind === "series") {
    const grid = { cols, rows: Math.ceil(count / cols), ...seriesShape(example_shape) };
    return encodePng(seriesGrid(samples, { ...grid, scale_by: samples }));
  }
  const shape = { ...shapeOf(generator, "a grid"), cols, rows: Math.ceil(count / cols) };
  return encodePng(imageGrid(tonesOf(samples, generator.value_range!), shape));
}

async function writeFolder(folder: string, { samples, count, generator, run }: Drawn): Promise<void> {
  const shape = { ...shapeOf(generator, "a folder of images"), rows: 1, cols: 1, gap: 0, factor: 1 };
  const values = tonesOf(samples, generator.value_range!);
  const digits = String(count - 1).length;
  for (let i = 0; i < count; i++) {
    const image = imageGrid(values.subarray(i * generator.size, (i + 1) * generator.size), shape);
    await writeFile(join(folder, `${String(i).padStart(digits, "0")}.png`), encodePng(image));
  }
  console.log(`${folder}: ${count} images of ${run}`);
}

async function write(drawn: Drawn, { grid, folder, npy, csv }: Values): Promise<void> {
  const { samples, count, generator, run } = drawn;
  const what = `${count} samples of ${run}`;
  if (grid !== undefined) console.log(`${await writeFile(grid, gridPicture(drawn))}: ${what}`);
  if (folder !== undefined) await writeFolder(folder, drawn);
  if (npy !== undefined) {
    console.log(`${await writeFile(npy, encodeNpy(samples, [count, ...generator.example_shape]))}: ${what}`);
  }
  if (csv !== undefined) console.log(`${await writeCsv(csv, drawn)}: ${what}`);
}

async function writeCsv(
  file: string,
  { samples, generator: { size, example_shape, columns, table } }: Drawn,
): Promise<string> {
  const text = table
    ? tableLines(table, decodeRows(samples, table))
    : csvLines(columns ?? csvNames(example_shape), samples, size);
  return await writeFile(file, new TextEncoder().encode(text));
}

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseOptions(COMMAND, args);
  const [wanted] = positionals;
  if (wanted === undefined) {
    throw new UserError("Cannot draw samples: a run is required, found none; give its name, or latest");
  }
  if ([values.grid, values.folder, values.npy, values.csv].every((given) => given === undefined)) {
    throw new UserError(
      "Cannot draw samples: one of --grid, --folder, --npy and --csv is required, found none",
    );
  }
  const folder = await findRun(wanted, values.runs);
  const generator = await Generator.open(join(folder, "generator.onnx"));
  await write({ ...await draw(generator, values), run: `run ${cleanLine(basename(folder))}` }, values);
}

if (import.meta.main) await runMain(main);
