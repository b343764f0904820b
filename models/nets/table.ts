/**
 * The pair for tables: Xu, Skoularidou, Cuesta-Infante, Veeramachaneni, "Modeling tabular data using conditional GAN",
 * 2019 (arXiv:1907.00503), section 4.4. Each residual block of the generator is Linear, BatchNorm, ReLU, and puts its
 * features beside its input. A column of numbers comes as it is. A column of categories is a Gumbel softmax: Jang, Gu, Poole,
 * 2017 (arXiv:1611.01144), whose greatest number is drawn by the probabilities that the network has for the categories. Its
 * noise -log E, with E exponential, is made of two of the generator's normal numbers: (a^2 + b^2) / 2 is exponential.
 */
import type { TableColumn } from "../../common/values/table.ts";
import type { GraphBuilder, Value } from "../../onnx/builder.ts";
import {
  batchNormInfer,
  batchNormSpecs,
  batchNormStatistics,
  batchNormTrain,
  leakyRelu,
  linear,
  linearSpecs,
} from "./layers.ts";
import type { BatchMoments, Net } from "./net.ts";
import { normalisedWeight } from "./spectral_norm.ts";

/** Numbers side by side as they are, or the categories of one column. */
export type TableHead = { readonly numbers: number } | { readonly categories: number };

/** From noise to a row. */
export interface TableGeneratorConfig {
  readonly kind: "table_generator";
  /** Normal numbers, of which the last two for each category are the noise of the softmax. */
  readonly latent: number;
  /** Features that each residual block adds. */
  readonly hidden: readonly number[];
  /** What a row is made of, in order. */
  readonly heads: readonly TableHead[];
}

/** From a row to one number. */
export interface TableCriticConfig {
  readonly kind: "table_critic";
  /** Numbers in a row. */
  readonly features: number;
  readonly hidden: readonly number[];
  /** Share of each hidden layer's features that is dropped in training; absent: none. */
  readonly dropout?: number;
  /** True if weights are used divided by their spectral norm; absent: they are not. */
  readonly spectral_norm?: true;
}

/** As CTGAN has them. */
const TEMPERATURE = 0.2;
const SLOPE = 0.2;
/** Keeps the logarithm finite. */
const SMALLEST_EXPONENTIAL = 1e-12;

/** Normal numbers that the softmax of these heads takes. */
export function gumbelNoise(heads: readonly TableHead[]): number {
  return 2 * heads.reduce((sum, head) => sum + ("categories" in head ? head.categories : 0), 0);
}

/** What a row of `features` numbers is made of, in order: neighbouring columns of numbers together. */
export function headsOf(features: number, table?: readonly TableColumn[]): readonly TableHead[] {
  if (!table) return [{ numbers: features }];
  const heads: TableHead[] = [];
  for (const { categories } of table) {
    const last = heads.at(-1);
    if (categories) heads.push({ categories: categories.length });
    else if (last && "numbers" in last) heads[heads.length - 1] = { numbers: last.numbers + 1 };
    else heads.push({ numbers: 1 });
  }
  return heads;
}

function sizeOf(head: TableHead): number {
  return "categories" in head ? head.categories : head.numbers;
}

/** @throws {RangeError} where nothing is left of the noise for the network. */
export function tableGenerator(name: string, { latent, hidden, heads }: TableGeneratorConfig): Net {
  const own = latent - gumbelNoise(heads);
  if (own < 1) {
    throw new RangeError(
      `Cannot build the ${name}: its noise must be longer than the ${
        gumbelNoise(heads)
      } numbers that draw categories, ` +
        `found ${latent}; use a larger --latent`,
    );
  }
  const blocks = hidden.map((outputs, i) => ({
    name: `${name}.block${i}`,
    inputs: own + hidden.slice(0, i).reduce((sum, features) => sum + features, 0),
    outputs,
  }));
  const last = own + hidden.reduce((sum, features) => sum + features, 0);
  const features = heads.reduce((sum, head) => sum + sizeOf(head), 0);
  const run = (b: GraphBuilder, noise: Value, normalise: (name: string, x: Value) => Value) => {
    const is_split = own < latent;
    let x = is_split ? sliced(b, noise, 0, own) : noise;
    for (const { name } of blocks) {
      const made = b.op("Relu", [normalise(`${name}.norm`, linear(b, `${name}.linear`, x))]);
      x = b.op("Concat", [made, x], { axis: 1 });
    }
    const row = linear(b, `${name}.end`, x);
    return is_split ? withCategories(b, row, gumbel(b, sliced(b, noise, own, latent)), heads) : row;
  };
  return {
    parameters: [
      ...blocks.flatMap(({ name, inputs, outputs }) => [
        ...linearSpecs(`${name}.linear`, inputs, outputs),
        ...batchNormSpecs(`${name}.norm`, outputs),
      ]),
      ...linearSpecs(`${name}.end`, last, features),
    ],
    statistics: blocks.flatMap(({ name, outputs }) => batchNormStatistics(`${name}.norm`, outputs)),
    input_shape: [latent],
    output_shape: [features],
    forwardTrain(b, noise) {
      const moments: BatchMoments[] = [];
      const output = run(b, noise, (name, x) => {
        const normal = batchNormTrain(b, name, x);
        moments.push(normal.moments);
        return normal.output;
      });
      return { output, moments };
    },
    forwardEval: (b, noise) => run(b, noise, (name, x) => batchNormInfer(b, name, x)),
  };
}

function sliced(b: GraphBuilder, x: Value, begin: number, end: number): Value {
  return b.op("Slice", [x, b.ints([begin]), b.ints([end]), b.ints([1])]);
}

/** Normal numbers [n, 2 k] as [n, k] of the standard Gumbel distribution. */
function gumbel(b: GraphBuilder, noise: Value): Value {
  const number = (value: number) => b.scalar(value, noise.type.element);
  const count = Number(noise.type.shape[1]) / 2;
  const [first, second] = [sliced(b, noise, 0, count), sliced(b, noise, count, 2 * count)];
  const squares = b.op("Add", [b.op("Mul", [first, first]), b.op("Mul", [second, second])]);
  const exponential = b.op("Add", [b.op("Mul", [squares, number(0.5)]), number(SMALLEST_EXPONENTIAL)]);
  return b.op("Neg", [b.op("Log", [exponential])]);
}

/** Each column of categories as softmax((logits + gumbel) / temperature), the numbers as they are. */
function withCategories(b: GraphBuilder, row: Value, noise: Value, heads: readonly TableHead[]): Value {
  const parts: Value[] = [];
  let at = 0, noise_at = 0;
  for (const head of heads) {
    const part = sliced(b, row, at, at += sizeOf(head));
    if ("numbers" in head) {
      parts.push(part);
      continue;
    }
    const drawn = b.op("Add", [part, sliced(b, noise, noise_at, noise_at += head.categories)]);
    const sharp = b.op("Div", [drawn, b.scalar(TEMPERATURE, row.type.element)]);
    parts.push(b.op("Softmax", [sharp], { axis: 1 }));
  }
  return parts.length === 1 ? parts[0]! : b.op("Concat", parts, { axis: 1 });
}

export function tableCritic(name: string, config: TableCriticConfig): Net {
  const { features, hidden, dropout, spectral_norm } = config;
  const widths = [features, ...hidden, 1];
  const layers = widths.slice(1).map((outputs, i) => ({ name: `${name}.${i}`, inputs: widths[i]!, outputs }));
  const run: Net["forwardTrain"] = (b, x, drop) => {
    for (const [i, { name }] of layers.entries()) {
      x = linear(b, name, x, spectral_norm && normalisedWeight(b, `${name}.weight`));
      if (i === layers.length - 1) break;
      x = leakyRelu(b, x, SLOPE);
      if (dropout !== undefined && drop) x = drop(x, dropout);
    }
    return { output: x, moments: [] };
  };
  return {
    parameters: layers.flatMap(({ name, inputs, outputs }) => linearSpecs(name, inputs, outputs)),
    statistics: [],
    ...spectral_norm && { normalised: layers.map(({ name }) => `${name}.weight`) },
    input_shape: [features],
    output_shape: [1],
    forwardTrain: run,
    forwardEval: (b, x) => run(b, x).output,
  };
}

/** Both, by the kinds of their configurations. */
export const TABLE = { table_generator: tableGenerator, table_critic: tableCritic } as const;
