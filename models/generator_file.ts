/** `generator.onnx`: the sampler of a run with its weights inside, which any ONNX Runtime can run by itself. */
import { type Scaling, scalingText } from "../common/values/scaling.ts";
import { type TableColumn, tableText } from "../common/values/table.ts";
import { IR_VERSION, PRODUCER } from "./artifacts.ts";
import { views } from "./layout.ts";
import type { Layout, Manifest } from "./manifest.ts";
import { decodeModel, encodeModel } from "../onnx/codec.ts";
import type { Graph, Node, Tensor } from "../onnx/graph.ts";
import { elementCode } from "../onnx/tensor.ts";

/** Input of the sampler for the class of each sample. */
const LABEL = "label";

/** How to read the samples; kept as text in the file's metadata. */
export interface GeneratorFileOptions {
  /** Shape of one example to a person, e.g. [28, 28] where the network's is [784]. */
  readonly example_shape: readonly number[];
  /** Names of the columns, where samples are rows of a table. */
  readonly columns?: readonly string[] | null;
  /** Of a table with categories: its columns. */
  readonly table?: readonly TableColumn[] | null;
  /** Axes of a sample, where --layout named them, e.g. "CT". */
  readonly axes?: string | null;
  /** How the data were scaled: samples are to be scaled back. */
  readonly scaling?: Scaling | null;
  /** Names of the classes, by their numbers; null or absent where the generator takes no labels. */
  readonly class_names?: readonly string[] | null;
  /** Values that stand for black and white, in the data's units; null where examples are no images. */
  readonly value_range: readonly [number, number] | null;
  readonly producer_version: string;
}

/**
 * A model file with input `noise` [N, latent] (standard normal numbers) and output `samples` [N, ...]; where the networks
 * take labels, also with input `label` [N], int64: the number of the class of each sample.
 * `sampler`: the bytes of the run's sampler_model. `generator` and `statistics`: flat buffers in layout order.
 * @throws {RangeError} where a buffer is not as long as its layout says.
 */
export function generatorOnnx(
  manifest: Manifest,
  sampler: Uint8Array,
  generator: Float32Array,
  statistics: Float32Array,
  options: GeneratorFileOptions,
): Uint8Array {
  const { graph, opset } = decodeModel(sampler);
  const weights = new Map([
    ...tensorsOf(manifest.layouts.generator, generator),
    ...tensorsOf(manifest.layouts.statistics, statistics),
  ]);
  return encodeModel({
    graph: withWholeLabels(bindInputs({ ...graph, name: "generator" }, weights)),
    ir_version: IR_VERSION,
    opset,
    producer_name: PRODUCER,
    producer_version: options.producer_version,
    metadata: describe(manifest, options),
  });
}

/** The tensors of a flat buffer, by name. */
export function tensorsOf(layout: Layout, buffer: Float32Array): [string, Tensor][] {
  const data = views(layout, buffer);
  return layout.slots.map(({ name, shape }) => [name, { element: "float32", shape, data: data.get(name)! }]);
}

/** Turns inputs into constants. */
export function bindInputs(graph: Graph, values: ReadonlyMap<string, Tensor>): Graph {
  return {
    ...graph,
    inputs: graph.inputs.filter((name) => !values.has(name)),
    initializers: new Map([...graph.initializers, ...values]),
  };
}

/** Takes labels as int64, as other tools give them; in training they are float32 as all that is fed. */
export function withWholeLabels(graph: Graph): Graph {
  if (!graph.inputs.includes(LABEL)) return graph;
  const { shape } = graph.types.get(LABEL)!, floats = `${LABEL}_float32`;
  const cast: Node = {
    name: `${LABEL}_cast`,
    op: "Cast",
    domain: "",
    inputs: [LABEL],
    outputs: [floats],
    attributes: { to: { kind: "int", value: elementCode("float32") } },
  };
  const renamed = (node: Node): Node => ({
    ...node,
    inputs: node.inputs.map((name) => name === LABEL ? floats : name),
  });
  return {
    ...graph,
    nodes: [cast, ...graph.nodes.map(renamed)],
    types: new Map([
      ...graph.types,
      [LABEL, { element: "int64", shape }],
      [floats, { element: "float32", shape }],
    ]),
  };
}

function describe(manifest: Manifest, options: GeneratorFileOptions): Map<string, string> {
  const { example_shape, value_range, columns, table, axes, class_names, scaling } = options;
  const metadata = new Map([
    ["objective", manifest.objective],
    ["noise", `standard normal, [N, ${manifest.latent}]`],
    ["example_shape", example_shape.join(",")],
  ]);
  if (class_names) {
    metadata.set("label", `number of the class, int64 [N], 0 to ${class_names.length - 1}`);
    metadata.set("class_names", JSON.stringify(class_names));
  }
  if (columns) metadata.set("columns", JSON.stringify(columns));
  if (table) {
    metadata.set("table", tableText(table));
    metadata.set("category", "of each column with categories, that of the greatest number");
  }
  if (axes) metadata.set("axes", axes);
  if (scaling) {
    metadata.set("scaling", scalingText(scaling));
    metadata.set("value", "offset + factor * sample, for each channel or column");
  }
  if (value_range !== null) {
    const [low, high] = value_range;
    metadata.set("value_range", `${low},${high}`);
    metadata.set("byte", `round(255 * (value - low) / (high - low)), at least 0 and at most 255`);
  }
  return metadata;
}
