/** The gradients of a model file, as a model file: read, differentiated, written. */
import { decompose } from "../../autodiff/decompose.ts";
import { gradients as gradientsOf } from "../../autodiff/gradients.ts";
import { simplify } from "../../autodiff/simplify.ts";
import { UserError } from "../../common/errors.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { decodeModel, encodeModel, readModel } from "../../onnx/codec.ts";
import type { Graph, Model, Shape } from "../../onnx/graph.ts";
import { GraphError } from "../../onnx/graph_error.ts";
import { numElements } from "../../common/shape.ts";
import { OPSET, Typing } from "../../onnx/shapes.ts";
import { isFixed } from "../../onnx/dims.ts";
import { fileInputs, onlyOutput } from "./file_ends.ts";
import { importGraph } from "./import_graph.ts";

/**
 * The loss, and the values to differentiate it by.
 *
 * @example
 * ```ts
 * import { gradients, type GradientsOptions } from "@wagon/wagon/autodiff";
 * import { encodeModel, GraphBuilder, modelOf } from "@wagon/wagon/onnx";
 *
 * const b = new GraphBuilder("square");
 * const x = b.input("x", "float32", ["N"]);
 * b.output(b.op("Mul", [x, x]), "y");
 * const options: GradientsOptions = { loss: "y", inputs: ["x"], dims: { N: 4 } };
 * console.log(gradients(encodeModel(modelOf(b.build())), options).length);
 * ```
 */
export interface GradientsOptions {
  /** Name of the value to differentiate; the sum of its elements, where it has more than one. */
  readonly loss: string;
  /** Names of the inputs, weights or values between to differentiate by. */
  readonly inputs: readonly string[];
  /** Numbers for extents that the file leaves open, by their names: `{ batch: 16 }`. */
  readonly dims?: Readonly<Record<string, number>>;
  /** Names of values through which no gradient flows. */
  readonly constants?: readonly string[];
  /** Suffix that makes the name of a value's gradient. Default: "_grad". */
  readonly suffix?: string;
}

/**
 * The same model with one more output for each of `inputs`: the gradient of the loss by it, called `<name>_grad`. What
 * comes out is a model of standard operators, which any ONNX Runtime runs, and which can be differentiated again: the
 * second order is the gradient of a gradient. A model of an older version of ai.onnx, or with operators that are brought
 * to others, must have one input and one output.
 *
 * @throws {UserError} in one line, for bytes that are no model, unknown names, open extents and operators without a
 * gradient.
 *
 * @example Slope and curvature of y = x^3 at each x
 * ```ts
 * import { gradients } from "@wagon/wagon/autodiff";
 * import { encodeModel, GraphBuilder, modelOf } from "@wagon/wagon/onnx";
 *
 * const b = new GraphBuilder("cube");
 * const x = b.input("x", "float32", [4]);
 * b.output(b.op("Mul", [x, b.op("Mul", [x, x])]), "y");
 * const cube = encodeModel(modelOf(b.build()));
 * const slope = gradients(cube, { loss: "y", inputs: ["x"] });
 * const curvature = gradients(slope, { loss: "x_grad", inputs: ["x"], suffix: "_grad2" });
 * console.log(curvature.length);
 * ```
 */
export function gradients(bytes: Uint8Array, options: GradientsOptions): Uint8Array {
  try {
    const model = readAny(bytes);
    const graph = decompose(summed(withDims(model.graph, options.dims ?? {}), options.loss));
    const { inputs: wrt, loss, constants, suffix } = options;
    const derived = gradientsOf(graph, {
      loss: graph.types.has(SUM) ? SUM : loss,
      wrt,
      ...constants && { constants },
      ...suffix !== undefined && { suffix },
    });
    return encodeModel({ ...model, graph: simplify(derived), opset: OPSET });
  } catch (error) {
    throw error instanceof GraphError ? new UserError(error.message) : error;
  }
}

/** Name of the sum of a loss of several elements. */
const SUM = "sum of the loss";

/** A graph of ours from a file of any version that is known. */
function readAny(bytes: Uint8Array): Model {
  let refusal: unknown;
  try {
    const model = decodeModel(bytes);
    GraphBuilder.from(model.graph);
    return model;
  } catch (error) {
    refusal = error;
  }
  const file = readModel(bytes);
  const own = file.graph.inputs.filter(({ name }) => !file.graph.initializers.has(name));
  // Only networks of one input and one output can be brought to our operators.
  if (own.length !== 1 || file.graph.outputs.length !== 1) throw refusal;
  const { graph, values } = importGraph(file, file.graph.name || "the model", "weights");
  const { input } = fileInputs(file.graph, "the model"), output = onlyOutput(file.graph, "the model");
  const names = new Map([[graph.inputs[0]!, input.name], [graph.outputs[0]!, output]]);
  const initializers = new Map([...graph.initializers, ...values]);
  const ours = renamed({ ...graph, inputs: [graph.inputs[0]!], initializers }, names);
  // The batch as the file has it: a number, or its own name.
  return { ...file, graph: { ...ours, types: new Map([...ours.types, [input.name, input.type]]) } };
}

function renamed(graph: Graph, names: ReadonlyMap<string, string>): Graph {
  const to = (name: string) => names.get(name) ?? name;
  return {
    ...graph,
    inputs: graph.inputs.map(to),
    outputs: graph.outputs.map(to),
    nodes: graph.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(to),
      outputs: node.outputs.map(to),
    })),
    types: new Map(Array.from(graph.types, ([name, type]) => [to(name), type])),
  };
}

/** The graph with numbers for its open extents, every type inferred again. */
function withDims(graph: Graph, dims: Readonly<Record<string, number>>): Graph {
  const bound = (shape: Shape): Shape => shape.map((dim) => typeof dim === "string" ? dims[dim] ?? dim : dim);
  const typing = new Typing(graph.name);
  for (const name of graph.inputs) {
    const { element, shape } = graph.types.get(name)!;
    typing.declare(name, { element, shape: bound(shape) });
  }
  for (const [name, tensor] of graph.initializers) typing.constant(name, tensor);
  for (const node of graph.nodes) typing.node(node);
  return { ...graph, types: typing.types };
}

/** The graph with the sum of its loss, where that has more than one element. */
function summed(graph: Graph, loss: string): Graph {
  const type = graph.types.get(loss);
  if (type === undefined || !isFixed(type.shape) || numElements(type.shape) === 1) return graph;
  const b = GraphBuilder.from(graph);
  b.op("ReduceSum", [b.value(loss)], { keepdims: 0 }, { output: SUM });
  return b.build();
}
