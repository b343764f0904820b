/** Scales data for training, each channel (or column) by itself: --scale. */
import { UserError } from "../../common/errors.ts";
import { readNamed } from "../../common/files/named_file.ts";
import { parseScaling, type Scaling } from "../../common/values/scaling.ts";
import { type TableColumn, widthOf } from "../../common/values/table.ts";
import { numElements } from "../../common/shape.ts";
import { type DataSet, dataSetOf } from "./data_set.ts";
import { type ExampleBytes, floatsIn, MappedBytes, wholeBytes } from "./files/example_bytes.ts";

export const SCALE_KINDS = ["none", "minmax", "standard"] as const;
export type FittedKind = Exclude<typeof SCALE_KINDS[number], "none">;

export function isFitted(scale: string): scale is FittedKind {
  return scale === "minmax" || scale === "standard";
}

/** Scales of a data set: one for each channel; one for all values where examples have no axis of channels. */
export function numScales({ example_shape, axes }: Pick<DataSet, "example_shape" | "axes">): number {
  const has_channels = axes === undefined ? example_shape.length === 1 : axes.startsWith("C");
  return has_channels ? example_shape[0]! : 1;
}

/**
 * The scaling that brings each channel of the examples that are not held out to [-1, 1] (`minmax`), or to mean 0 and
 * standard deviation 1 (`standard`, by the population's formula, as scikit-learn has it). A channel of one value is
 * only moved to 0. The examples are taken in the order of the data set, so the result does not depend on shards.
 */
export function fitScaling(data: DataSet, kind: FittedKind, holdout: Uint32Array): Scaling {
  const held_out = new Uint8Array(data.num_examples);
  for (const index of holdout) held_out[index] = 1;
  const channels = new Channels(data, held_out);
  const scaling = kind === "minmax" ? channels.minmax() : channels.standard();
  return data.table ? besideCategories(scaling, data.table) : scaling;
}

/** Categories stay 0 and 1. */
function besideCategories({ offset, factor }: Scaling, table: readonly TableColumn[]): Scaling {
  const is_number = table.flatMap((column) => Array<boolean>(widthOf(column)).fill(!column.categories));
  return {
    offset: offset.map((value, i) => is_number[i] ? value : 0),
    factor: factor.map((value, i) => is_number[i] ? value : 1),
  };
}

class Channels {
  readonly #bytes: ExampleBytes;
  readonly #size: number;
  readonly #count: number;
  readonly #held_out: Uint8Array;

  constructor(data: DataSet, held_out: Uint8Array) {
    this.#bytes = data.bytes;
    this.#size = numElements(data.example_shape);
    this.#count = numScales(data);
    this.#held_out = held_out;
  }

  minmax(): Scaling {
    const { low, high } = this.#extent();
    const factor = low.map((value, i) => (high[i]! - value) / 2 || 1);
    return { offset: low.map((value, i) => (value + high[i]!) / 2), factor };
  }

  standard(): Scaling {
    const { low, high } = this.#extent();
    const sums = low.map(() => 0), squares = sums.slice();
    let num_examples = 0;
    for (const out of this.#held_out) num_examples += 1 - out;
    const count = num_examples * this.#size / this.#count;
    this.#forEach((value, channel) => sums[channel]! += value);
    // The mean of equal numbers need not be that number to the last bit, and their deviation not 0.
    const offset = sums.map((sum, i) => low[i] === high[i] ? low[i]! : sum / count);
    this.#forEach((value, channel) => squares[channel]! += (value - offset[channel]!) ** 2);
    return { offset, factor: squares.map((sum) => Math.sqrt(sum / count) || 1) };
  }

  #extent(): { readonly low: number[]; readonly high: number[] } {
    const low = new Array<number>(this.#count).fill(Infinity), high = low.map(() => -Infinity);
    this.#forEach((value, channel) => {
      if (value < low[channel]!) low[channel] = value;
      if (value > high[channel]!) high[channel] = value;
    });
    return { low, high };
  }

  #forEach(visit: (value: number, channel: number) => void): void {
    const run = this.#size / this.#count;
    let example = 0;
    for (const values of floatsIn(this.#bytes, this.#size)) {
      for (let at = 0; at < values.length; example++) {
        if (this.#held_out[example]) {
          at += this.#size;
          continue;
        }
        for (let channel = 0; channel < this.#count; channel++) {
          for (let i = 0; i < run; i++) visit(values[at++]!, channel);
        }
      }
    }
  }
}

/** Throws {@linkcode UserError} where data need no scaling. */
export function requireScalable({ encoding, name }: Pick<DataSet, "encoding" | "name">, scale: string): void {
  if (scale === "none" || encoding === "float32") return;
  throw new UserError(
    `Cannot use --scale ${scale}: numbers are required, found images of bytes (${name}), which always become -1 ` +
      "(byte 0) to 1 (byte 255); leave it out",
  );
}

/** The scaling that a file holds. Throws {@linkcode UserError}. */
export async function readScaling(file: string): Promise<Scaling> {
  try {
    return parseScaling((await readNamed(file)).text);
  } catch (error) {
    throw new UserError(
      `Cannot read --scale ${file}: minmax, standard, none or a JSON file with "offset" and "factor" is required, ` +
        `found ${(error as Error).message}`,
    );
  }
}

/**
 * The data with each value made (value - offset) / factor, and the SHA-256 of the data as they were. Throws
 * {@linkcode UserError} where the scaling has another number of channels.
 */
export async function scaleData(data: DataSet, scaling: Scaling): Promise<DataSet> {
  const count = numScales(data), { offset, factor } = scaling;
  if (offset.length !== count && offset.length !== 1) {
    throw new UserError(
      `Cannot scale ${data.name}: an offset and a factor for each of ${count} channels or columns, or one for all, ` +
        `are required, found ${offset.length}`,
    );
  }
  const sha256 = await data.sha256();
  const size = numElements(data.example_shape), run = size / offset.length;
  const scale = (values: Float32Array, first: number) => {
    for (let at = 0; at < values.length;) {
      const channel = Math.floor((first + at) / run) % offset.length;
      const by = offset[channel]!, per = factor[channel]!;
      // Up to where the next channel begins.
      const end = Math.min(values.length, at + run - (first + at) % run);
      for (; at < end; at++) values[at] = (values[at]! - by) / per;
    }
  };
  const mapped = new MappedBytes(data.bytes, scale);
  const bytes = data.bytes instanceof Uint8Array ? wholeBytes(mapped) : mapped;
  const { columns, axes, labels, table, value_range } = data;
  return {
    ...dataSetOf(data.name, data.example_shape, "float32", bytes),
    ...columns && { columns },
    ...table && { table },
    ...axes !== undefined && { axes },
    ...labels && { labels },
    ...value_range && { value_range },
    scaling,
    sha256: () => Promise.resolve(sha256),
  };
}
