/** `critic.onnx`: the critic of a run with its weights inside, which any ONNX Runtime can run by itself. */
import { IR_VERSION, PRODUCER } from "./artifacts.ts";
import { bindInputs, type GeneratorFileOptions, tensorsOf, withWholeLabels } from "./generator_file.ts";
import type { Manifest } from "./manifest.ts";
import { decodeModel, encodeModel } from "../onnx/codec.ts";
import type { Graph } from "../onnx/graph.ts";

/** The graph's input, and its name in the file: examples may be real or generated. */
const GRAPH_INPUT = "real", INPUT = "examples";

/**
 * A model file with input `examples` [N, ...] as the networks have them (of a critic of packs, N packs, packing.ts), and output `scores` [N, 1]; where the networks
 * take labels, also with input `label` [N], int64. `scorer`: the bytes of the run's critic_eval_model. `critic`: its flat
 * buffer in layout order.
 * @throws {RangeError} where the buffer is not as long as its layout says.
 */
export function criticOnnx(
  manifest: Manifest,
  scorer: Uint8Array,
  critic: Float32Array,
  { example_shape, value_range, producer_version }: GeneratorFileOptions,
): Uint8Array {
  const { graph, opset } = decodeModel(scorer);
  const weights = new Map(tensorsOf(manifest.layouts.critic, critic));
  return encodeModel({
    graph: withWholeLabels(withExamples(bindInputs({ ...graph, name: "critic" }, weights))),
    ir_version: IR_VERSION,
    opset,
    producer_name: PRODUCER,
    producer_version,
    metadata: new Map([
      ["objective", manifest.objective],
      ["example_shape", example_shape.join(",")],
      ...manifest.pac === undefined ? [] : [["pac", `${manifest.pac}`] as const],
      [
        "scores",
        "higher for examples that look like the data; only differences between scores mean something",
      ],
      ...value_range === null ? [] : [["value_range", value_range.join(",")] as const],
    ]),
  });
}

function withExamples(graph: Graph): Graph {
  const rename = (name: string) => name === GRAPH_INPUT ? INPUT : name;
  return {
    ...graph,
    inputs: graph.inputs.map(rename),
    nodes: graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(rename) })),
    types: new Map([...graph.types].map(([name, type]) => [rename(name), type])),
  };
}
