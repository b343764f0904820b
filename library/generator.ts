/** A run's generator.onnx, ready to draw: what it takes and gives is read from the file itself. */
import * as ort from "onnxruntime-node";
import { numElements } from "../common/shape.ts";
import { UserError } from "../common/errors.ts";
import { readRegular } from "../common/files/regular_file.ts";
import { cleanText } from "../common/text/foreign_text.ts";
import { parseScaling, type Scaling, unscaled } from "../common/values/scaling.ts";
import { parseTable, type TableColumn } from "../common/values/table.ts";
import { decodeModel } from "../onnx/codec.ts";
import { isFixed } from "../onnx/dims.ts";
import type { Shape } from "../onnx/graph.ts";

/** Samples of one call, always: so the bits of a sample do not depend on how many are drawn. */
const ROWS = 64;

export class Generator {
  readonly latent: number;
  /** Shape of one sample: [n] for points, [height, width] or [channels, height, width] for images. */
  readonly example_shape: readonly number[];
  /** Names of the columns, where samples are rows of a table. */
  readonly columns?: readonly string[];
  /** Of a table with categories: its columns. A sample has a number for each category, of which the greatest counts. */
  readonly table?: readonly TableColumn[];
  /** Axes of a sample, where --layout named them. */
  readonly axes?: string;
  /** How the data were scaled; {@linkcode draw} scales samples back. */
  readonly scaling?: Scaling;
  /** Names of the classes, by their numbers; absent where the generator takes no labels. */
  readonly class_names?: readonly string[];
  /** Values that stand for black and white, or null where samples are no images. */
  readonly value_range: readonly [number, number] | null;
  readonly #session: ort.InferenceSession;

  private constructor(session: ort.InferenceSession, latent: number, metadata: ReadonlyMap<string, string>) {
    this.#session = session;
    this.latent = latent;
    this.example_shape = metadata.get("example_shape")!.split(",").map(Number);
    const columns = columnsIn(metadata.get("columns"), this.example_shape);
    if (columns !== null) this.columns = columns;
    const table = columns && parseTable(metadata.get("table") ?? "", this.example_shape[0]!, cleanText);
    if (table) this.table = table;
    const axes = metadata.get("axes");
    if (axes !== undefined && /^[CDTHW]{1,5}$/.test(axes)) this.axes = axes;
    const scaling = metadata.get("scaling");
    if (scaling !== undefined) this.scaling = parseScaling(scaling);
    const class_names = classNamesIn(metadata);
    if (class_names !== null) this.class_names = class_names;
    const range = metadata.get("value_range")?.split(",").map(Number);
    this.value_range = range ? [range[0]!, range[1]!] : null;
  }

  /** Throws {@linkcode UserError} where the file is no generator of wagon's. */
  static async open(path: string): Promise<Generator> {
    try {
      return await Generator.#read(path);
    } catch (error) {
      if (error instanceof UserError) throw error;
      if (error instanceof Deno.errors.NotFound) {
        throw new UserError(
          `Cannot draw samples: ${path} is required, found none; it is written with the first checkpoint`,
        );
      }
      throw new UserError(
        `Cannot draw samples: ${path} must be a generator that wagon wrote, found another file: ` +
          `${(error as Error).message}; a resumed run writes it again`,
      );
    }
  }

  static async #read(path: string): Promise<Generator> {
    return await Generator.of(await readRegular(path));
  }

  /** The generator in these bytes. Throws an Error that says why, where they hold another model. */
  static async of(bytes: Uint8Array): Promise<Generator> {
    const { graph, metadata } = decodeModel(bytes);
    const latent = graph.types.get("noise")?.shape[1];
    const samples = graph.outputs.includes("samples") ? graph.types.get("samples") : undefined;
    if (typeof latent !== "number" || samples === undefined || !describes(metadata, samples.shape)) {
      throw new Error("it must take noise [N, latent], give samples, and say their example_shape");
    }
    if (graph.inputs.includes("label") !== (classNamesIn(metadata) !== null)) {
      throw new Error("where it takes labels, it must say their class_names");
    }
    ort.env.logLevel = "fatal";
    const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1, interOpNumThreads: 1 });
    return new Generator(session, latent, metadata);
  }

  /** Elements of one sample. */
  get size(): number {
    return numElements(this.example_shape);
  }

  /**
   * The samples of these noise vectors, one after the other, in the units of the data. `labels`: the number of the class of
   * each, where the generator takes labels; absent: each class in turn.
   */
  async draw(noise: Float32Array, labels?: ArrayLike<number>): Promise<Float32Array<ArrayBuffer>> {
    const { latent, size, class_names } = this;
    const count = noise.length / latent;
    const classes = class_names &&
      (labels ?? Uint32Array.from({ length: count }, (_, i) => i % class_names.length));
    const samples = new Float32Array(count * size);
    const rows = new Float32Array(ROWS * latent);
    for (let begin = 0; begin < count; begin += ROWS) {
      const end = Math.min(count, begin + ROWS);
      rows.set(noise.subarray(begin * latent, end * latent));
      const noise_rows = new ort.Tensor("float32", rows, [ROWS, latent]);
      const label = classes && { label: labelRows(classes, begin, end) };
      const outputs = await this.#session.run({ noise: noise_rows, ...label });
      const drawn = outputs.samples!.data as Float32Array;
      samples.set(drawn.subarray(0, (end - begin) * size), begin * size);
    }
    return this.scaling ? unscaled(samples, this.scaling, size) : samples;
  }
}

/** Labels of [begin, end), in as many rows as always. */
function labelRows(labels: ArrayLike<number>, begin: number, end: number): ort.Tensor {
  const rows = new BigInt64Array(ROWS);
  for (let i = begin; i < end; i++) rows[i - begin] = BigInt(labels[i]!);
  return new ort.Tensor("int64", rows, [ROWS]);
}

/** The names that a file gives its classes; null where it gives none. It may be anybody's. */
function classNamesIn(metadata: ReadonlyMap<string, string>): readonly string[] | null {
  try {
    const names: unknown = JSON.parse(metadata.get("class_names") ?? "null");
    return Array.isArray(names) && names.length > 0 ? names.map((name) => cleanText(String(name))) : null;
  } catch {
    return null;
  }
}

/** The names that a file gives its columns; null where it gives none that fit. It may be anybody's. */
function columnsIn(text: string | undefined, [width, ...more]: readonly number[]): readonly string[] | null {
  if (text === undefined || more.length > 0) return null;
  try {
    const names: unknown = JSON.parse(text);
    if (!Array.isArray(names) || names.length !== width) return null;
    return names.map((name) => cleanText(String(name)));
  } catch {
    return null;
  }
}

/** True if metadata say what the values of samples [N, ...] are. */
function describes(metadata: ReadonlyMap<string, string>, [, ...values]: Shape): boolean {
  const numbers = (name: string) => metadata.get(name)?.split(",").map(Number);
  const shape = numbers("example_shape"), range = numbers("value_range");
  return shape !== undefined && shape.every((extent) => Number.isSafeInteger(extent) && extent > 0) &&
    isFixed(values) && numElements(values) === numElements(shape) &&
    (range === undefined || (range.length === 2 && range.every(Number.isFinite)));
}
