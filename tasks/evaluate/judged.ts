/** What is compared with data: samples of a generator, drawn several times, or other examples. */
import { exists } from "../../common/files/exists.ts";
import { basename, join } from "node:path";
import { UserError } from "../../common/errors.ts";
import { cleanLine } from "../../common/text/foreign_text.ts";
import type { Scaling } from "../../common/values/scaling.ts";
import { type DataSet, decodeExamples, gatherExamples } from "../../coordinator/data/data_set.ts";
import type { TableColumn } from "../../common/values/table.ts";
import { comparedExamples } from "../../coordinator/evaluation/compared_examples.ts";
import { DATASET_NAMES, openDataSet } from "../../coordinator/data/resolve.ts";
import { summarize } from "../../inspect/run_folders.ts";
import { Generator } from "../../library/generator.ts";
import { latents } from "../../random/latents.ts";
import { findRun } from "../../runlog/log/find_run.ts";
import type { Summary } from "../../runlog/summary/summary.ts";

/** How data are read, where no run says it. */
export interface Reading {
  readonly image_size: number | undefined;
  readonly channels: number | undefined;
  readonly seed: number;
}

/** Something to be judged. */
export interface Judged {
  /** In words: "samples of run X". */
  readonly about: string;
  readonly example_shape: readonly number[];
  /** The run that it is of, with its summary; null where it is of none. */
  readonly summary: Summary | null;
  /** How its values were scaled for training; null: they were not. */
  readonly scaling: Scaling | null;
  /** Its columns, where it is a table. */
  readonly table: readonly TableColumn[] | null;
  /** True if each time there are others. */
  readonly varies: boolean;
  /** `count` vectors or, where there are fewer, all; the `time`-th ones, from 0. */
  draw(count: number, time: number): Promise<Float32Array<ArrayBuffer>>;
}

/** A run, a generator's file, or data, whichever is there. Throws {@linkcode UserError}. */
export async function findJudged(name: string, runs: string, reading: Reading): Promise<Judged> {
  if (/\.onnx$/i.test(name)) {
    return ofGenerator(await Generator.open(name), cleanLine(basename(name)), null, reading);
  }
  const run = await findRun(name, runs).catch((error: unknown) => {
    if (error instanceof UserError) return error;
    throw error;
  });
  if (typeof run === "string") {
    const generator = await Generator.open(join(run, "generator.onnx"));
    return ofGenerator(
      generator,
      `run ${cleanLine(basename(run))}`,
      await summarize(run, Date.now()),
      reading,
    );
  }
  const is_there = (DATASET_NAMES as readonly string[]).includes(name) || await exists(name);
  if (!is_there) throw run;
  return ofData(await openData(name, reading), reading.seed);
}

/** A built-in data set by its name, or data from a path. Throws {@linkcode UserError}. */
export async function openData(name: string, { image_size, channels, seed }: Reading): Promise<DataSet> {
  if (channels === 2) throw new UserError("Option --channels must be 1 (grey) or 3 (colour): found 2");
  const shaping = { image_size: image_size ?? null, channels: (channels ?? null) as 1 | 3 | null, seed };
  const is_built_in = (DATASET_NAMES as readonly string[]).includes(name) && !await exists(name);
  return await openDataSet(is_built_in ? { dataset: name, ...shaping } : { data: name, ...shaping });
}

/** At most so many of a data set's examples, as networks see them: the `part`-th of them in an order by the seed. */
export function examplesOf(data: DataSet, count: number, seed: number, part = 0): Float32Array<ArrayBuffer> {
  const chosen = comparedExamples(data.num_examples, count, seed, part);
  return decodeExamples(gatherExamples(data, chosen), data.encoding);
}

/** So many labels, each class as often as among the examples, as nearly as that goes. */
export function labelsLike(class_counts: readonly number[], count: number): Uint32Array {
  const num_examples = class_counts.reduce((a, b) => a + b, 0);
  const labels = new Uint32Array(count);
  for (let i = 0, label = 0, end = class_counts[0]!; i < count; i++) {
    while ((i + 0.5) / count * num_examples >= end) end += class_counts[++label]!;
    labels[i] = label;
  }
  return labels;
}

function ofGenerator(
  generator: Generator,
  about: string,
  summary: Summary | null,
  { seed }: Reading,
): Judged {
  const class_counts = generator.class_names && summary?.data.labels?.class_counts;
  return {
    about: `samples of ${about}`,
    example_shape: generator.example_shape,
    summary,
    scaling: generator.scaling ?? null,
    table: tableOf(generator),
    varies: true,
    draw: (count, time) =>
      generator.draw(
        latents(seed + time, count, generator.latent),
        class_counts && labelsLike(class_counts, count),
      ),
  };
}

function tableOf(
  { table, columns }: { readonly table?: readonly TableColumn[]; readonly columns?: readonly string[] },
): readonly TableColumn[] | null {
  return table ?? columns?.map((name) => ({ name })) ?? null;
}

function ofData(data: DataSet, seed: number): Judged {
  return {
    about: `examples of ${cleanLine(data.name)}`,
    example_shape: data.example_shape,
    summary: null,
    scaling: null,
    table: tableOf(data),
    varies: false,
    draw: (count) => Promise.resolve(examplesOf(data, count, seed)),
  };
}
