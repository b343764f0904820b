/** `generator.onnx`: the sampler of a run with its weights inside, which any ONNX Runtime can run by itself. */
import { type Scaling, scalingText } from "../common/values/scaling.ts";
import { IR_VERSION, PRODUCER } from "./artifacts.ts";
import { views } from "./layout.ts";
import type { Layout, Manifest } from "./manifest.ts";
import { decodeModel, encodeModel } from "../onnx/codec.ts";
import type { Graph, Tensor } from "../onnx/graph.ts";

/** How to read the samples; kept as text in the file's metadata. */
export interface GeneratorFileOptions {
  /** Shape of one example to a person, e.g. [28, 28] where the network's is [784]. */
  readonly example_shape: readonly number[];
  /** Names of the columns, where samples are rows of a table. */
  readonly columns?: readonly string[] | null;
  /** Axes of a sample, where --layout named them, e.g. "CT". */
  readonly axes?: string | null;
  /** How the data were scaled: samples are to be scaled back. */
  readonly scaling?: Scaling | null;
  /** Values that stand for black and white, in the data's units; null where examples are no images. */
  readonly value_range: readonly [number, number] | null;
  readonly producer_version: string;
}

/**
 * A model file with input `noise` [N, latent] (standard normal numbers) and output `samples` [N, ...].
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
    graph: bindInputs({ ...graph, name: "generator" }, weights),
    ir_version: IR_VERSION,
    opset,
    producer_name: PRODUCER,
    producer_version: options.producer_version,
    metadata: describe(manifest, options),
  });
}

function tensorsOf(layout: Layout, buffer: Float32Array): [string, Tensor][] {
  const data = views(layout, buffer);
  return layout.slots.map(({ name, shape }) => [name, { element: "float32", shape, data: data.get(name)! }]);
}

/** Turns inputs into constants. */
function bindInputs(graph: Graph, values: ReadonlyMap<string, Tensor>): Graph {
  return {
    ...graph,
    inputs: graph.inputs.filter((name) => !values.has(name)),
    initializers: new Map([...graph.initializers, ...values]),
  };
}

function describe(manifest: Manifest, options: GeneratorFileOptions): Map<string, string> {
  const { example_shape, value_range, columns, axes, scaling } = options;
  const metadata = new Map([
    ["objective", manifest.objective],
    ["noise", `standard normal, [N, ${manifest.latent}]`],
    ["example_shape", example_shape.join(",")],
  ]);
  if (columns) metadata.set("columns", JSON.stringify(columns));
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
