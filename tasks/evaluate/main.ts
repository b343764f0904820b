/** `deno task evaluate`: how good samples are, in the figures of the field. */
import { writeFile } from "../../common/files/write_file.ts";
import { type Parsed, parseOptions, runMain } from "../../common/cli/cli.ts";
import type { Command } from "../../common/cli/options.ts";
import { UserError } from "../../common/errors.ts";
import { TRAIN_OPTIONS } from "../../coordinator/config/options/options.ts";
import { cleanLine } from "../../common/text/foreign_text.ts";
import type { DataSet } from "../../coordinator/data/data_set.ts";
import { USUAL_SEED } from "../../coordinator/evaluation/compared_examples.ts";
import { compareWith, FEWEST_VECTORS, type Figures, referenceOf } from "../../metrics/comparison.ts";
import { meanFigures, type TableFigures, tableFigures } from "../../metrics/table_figures.ts";
import { imageShape } from "../../pictures/grid.ts";
import { runData } from "./run_data.ts";
import { embeddedFeatures, type FeatureNetwork, featuresFrom, ownValues } from "./feature_network.ts";
import { examplesOf, findJudged, type Judged, openData } from "./judged.ts";
import { type Evaluated, evaluationJson, evaluationLines } from "./results.ts";

const OPTIONS = {
  against: {
    kind: "string",
    value: "DATA",
    default_text: "the data that the run trained on",
    about:
      "Data to compare with: a path, as for --data of deno task train, or the name of a built-in data set",
  },
  count: {
    kind: "number",
    integer: true,
    min: FEWEST_VECTORS,
    max: 50_000,
    default: 5_000,
    unit: "examples",
    about:
      "Number of samples and of examples to compare; fewer if the data has fewer. The figures depend on it",
  },
  features: {
    kind: "string",
    value: "NAME",
    default_text: "embedded for images, values for others",
    about:
      "Features to compare: embedded (of wagon's own small network), values (the numbers of an example), or the " +
      "output of your own network, an ONNX file that takes [N, ...] examples",
  },
  repeats: {
    kind: "number",
    integer: true,
    min: 1,
    max: 100,
    default: 3,
    unit: "times",
    about:
      "Number of sets of samples, each drawn with different noise; prints the mean and the standard deviation " +
      "over them",
  },
  seed: {
    kind: "number",
    integer: true,
    min: 0,
    max: 2 ** 31,
    default: USUAL_SEED,
    about: "Seed of the noise, and of the choice of examples",
  },
  image_size: TRAIN_OPTIONS.image_size,
  channels: TRAIN_OPTIONS.channels,
  json: { kind: "string", value: "FILE", about: "Also write the figures as JSON" },
  runs: { kind: "string", value: "DIR", default: "runs", about: "The folder of runs" },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task evaluate",
  about:
    "Compares samples with data: Fréchet distance, kernel distance, sliced Wasserstein distance, precision, " +
    "recall, density and coverage of their features. Also prints what other examples of the data reach.",
  positionals: [{
    name: "SAMPLES",
    about: 'A run (its folder, its name, or "latest"), a generator.onnx, or data',
  }],
  options: OPTIONS,
  examples: [
    { line: "deno task evaluate latest", about: "compare the newest run with the data that it trained on" },
    {
      line: "deno task evaluate latest --features inception.onnx --count 10000",
      about: "with the features of your own network",
    },
    {
      line: "deno task evaluate samples/ --against photos/ --image-size 64",
      about: "compare two folders of pictures",
    },
  ],
};

type Values = Parsed<typeof OPTIONS>["values"];

async function dataFor({ summary, about }: Judged, { against, ...values }: Values): Promise<DataSet> {
  if (against !== undefined) return await openData(against, values);
  if (summary !== null) return await runData(summary, "compare with the data of the run");
  throw new UserError(
    `Cannot evaluate ${about}: data to compare with is required, found none; use --against`,
  );
}

function networkFor(
  features: string | undefined,
  { example_shape, scaling }: Judged,
): Promise<FeatureNetwork> {
  const name = features ?? (imageShape(example_shape) === null ? "values" : "embedded");
  if (name === "embedded") return embeddedFeatures(example_shape);
  if (name === "values") return Promise.resolve(ownValues(example_shape, scaling));
  return featuresFrom(name, example_shape);
}

function requireSameShape(judged: Judged, data: DataSet): void {
  if (judged.example_shape.join() === data.example_shape.join()) return;
  throw new UserError(
    `Cannot compare ${judged.about} with ${cleanLine(data.name)}: examples must have the same shape, found ` +
      `${judged.example_shape.join(" x ")} and ${
        data.example_shape.join(" x ")
      }; see --image-size and --channels`,
  );
}

async function evaluate(judged: Judged, data: DataSet, values: Values): Promise<Evaluated> {
  const { count: most, seed, features } = values;
  const count = Math.min(most, data.num_examples);
  if (count < FEWEST_VECTORS) {
    throw new UserError(
      `Cannot compare with ${
        cleanLine(data.name)
      }: ${FEWEST_VECTORS} examples or more are required, found ${count}`,
    );
  }
  const network = await networkFor(features, judged);
  const { table } = judged, real = examplesOf(data, count, seed), tables: TableFigures[] = [];
  const reference = referenceOf(await network.featuresOf(real));
  const repeats = judged.varies ? values.repeats : 1;
  const figures: Figures[] = [];
  let num_samples = 0;
  for (let time = 0; time < repeats; time++) {
    const drawn = await judged.draw(count, time);
    if (table) tables.push(tableFigures(real, drawn, table));
    const samples = await network.featuresOf(drawn);
    num_samples = samples.values.length / samples.dimension;
    if (num_samples < FEWEST_VECTORS) {
      throw new UserError(
        `Cannot evaluate ${judged.about}: ${FEWEST_VECTORS} or more are required, found ${num_samples}`,
      );
    }
    figures.push(compareWith(reference, samples));
  }
  // As many others as there are, if they are about as many.
  const more = data.num_examples >= 2 * count ? examplesOf(data, count, seed, 1) : null;
  const others = more && compareWith(reference, await network.featuresOf(more));
  return {
    samples: judged.about,
    data: cleanLine(data.name),
    features: network.about,
    num_samples,
    num_examples: count,
    seed,
    figures,
    others,
    table: table && { figures: meanFigures(tables), others: more && tableFigures(real, more, table) },
  };
}

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseOptions(COMMAND, args);
  const [name] = positionals;
  if (name === undefined) {
    throw new UserError(
      "Cannot evaluate: samples are required, found none; give a run, generator.onnx or data",
    );
  }
  const judged = await findJudged(name, values.runs, values);
  const data = await dataFor(judged, values);
  requireSameShape(judged, data);
  const evaluated = await evaluate(judged, data, values);
  console.log(evaluationLines(evaluated).join("\n"));
  if (values.json !== undefined) console.log(await writeFile(values.json, evaluationJson(evaluated)));
}

if (import.meta.main) await runMain(main);
