/** A network made of an imported graph: what it trains, and how it runs in training and afterwards. */
import type { NetworkName } from "../../common/network_name.ts";
import { UserError } from "../../common/errors.ts";
import { decompose } from "../../autodiff/decompose.ts";
import { expandAll } from "../../autodiff/expansion.ts";
import { gradients } from "../../autodiff/gradients.ts";
import { batchMoments, scaleAndShift } from "../nets/layers.ts";
import type { BatchMoments, Net, TensorSpec } from "../nets/net.ts";
import { vectorsOf } from "../nets/spectral_norm.ts";
import type { GraphBuilder, Value } from "../../onnx/builder.ts";
import { isFixed } from "../../onnx/dims.ts";
import { attributeOf, type Graph, type Node } from "../../onnx/graph.ts";
import { elementCode } from "../../onnx/tensor.ts";
import { MAX_CLASSES } from "../../common/labels/max_classes.ts";
import { GraphError } from "../../onnx/graph_error.ts";
import { numElements } from "../../common/shape.ts";
import { couplingNode } from "./batch_coupling.ts";
import { LABEL_INPUT } from "./file_ends.ts";
import { applyLayoutMatch, type LayoutMatch, matchLayout } from "./layout_match.ts";
import type { ImportedGraph } from "./import_graph.ts";
import { boundTo, builderFor, COMPOSITES, replay, type ReplayOptions } from "./replay.ts";
import { isOverRows, spectralNorms, withVectorNames } from "./weights/spectral.ts";
import { sortWeights } from "./weights/trainable.ts";

/** An imported graph with its weights sorted out. */
export interface ImportedNetwork {
  readonly role: NetworkName;
  /** Inputs: the network's own, labels if it takes them, trained weights, running statistics. */
  readonly graph: Graph;
  /** Classes that it can take: rows of the smallest table that labels are looked up in; null: it takes no labels. */
  readonly most_classes: number | null;
  readonly parameters: readonly TensorSpec[];
  readonly statistics: readonly TensorSpec[];
  /** Names of the critic's weights that are divided by their spectral norm, and u and v of each in turn. */
  readonly normalised: readonly string[];
  readonly vectors: readonly TensorSpec[];
  /** Shape of one example, as the file says. */
  readonly input_shape: readonly number[];
  readonly output_shape: readonly number[];
  /** Names of what the network trains where nothing else is asked for. */
  readonly weights: readonly string[];
  /** Names of what stays as it is in the file. */
  readonly kept: readonly string[];
  /** Names of what the output reads, but by no way that a gradient takes. */
  readonly unreached: readonly string[];
  /** Names of trained tensors that the exporter named, and may have computed from parameters. */
  readonly unnamed: readonly string[];
  /** Names of weights with a spectral norm whose vectors stay as they are. */
  readonly stale_norms: readonly string[];
  /** Names of trained tensors that the file holds as one with an equal one before them. */
  readonly parted: readonly string[];
  readonly num_idle_dropouts: number;
  /** For a critic: the node through which an example's score depends on the others of its batch, or null. */
  readonly coupling: string | null;
}

/**
 * Sorts out the weights of an imported graph, and proves that it can be differentiated. `patterns`: which are trained.
 * Throws UserError where an operator on the way has no gradient.
 */
export function importedNetwork(
  given: ImportedGraph,
  role: NetworkName,
  patterns: readonly string[],
): ImportedNetwork {
  const norms = spectralNorms(given);
  const sorted = sortWeights(given, patterns, new Set(norms.flatMap(({ u, v }) => [u, v])));
  const { trained } = sorted;
  // The coordinator follows the critic's; other vectors stay what they are.
  const followed = role === "critic"
    ? norms.filter((norm) => trained.includes(norm.weight) && isOverRows(norm, given))
    : [];
  const imported = withVectorNames(given, followed), { values, origins } = imported;
  const tensors = tensorsOf(imported, trained, followed.map(({ weight }) => weight));
  const graph = withInputs(imported, [...tensors.parameters, ...tensors.vectors, ...tensors.statistics]);
  const extents = (name: string) => graph.types.get(name)!.shape.slice(1) as readonly number[];
  const network: ImportedNetwork = {
    role,
    graph,
    ...tensors,
    most_classes: mostClasses(graph),
    input_shape: extents(graph.inputs[0]!),
    output_shape: extents(graph.outputs[0]!),
    weights: sorted.weights,
    kept: sorted.kept,
    unreached: sorted.unreached,
    unnamed: trained.filter((name) => origins.get(name)!.kind === "unnamed"),
    stale_norms: norms.filter((norm) => !followed.includes(norm)).map(({ weight }) => weight),
    parted: partedOf(trained, values),
    num_idle_dropouts: imported.num_idle_dropouts,
    coupling: role === "critic" ? couplingNode(graph) : null,
  };
  checkNumbers(network, values);
  checkExtents(network);
  checkDifferentiable(network);
  return network;
}

/** Weights that share their tensor with one before. */
function partedOf(trained: readonly string[], values: ImportedGraph["values"]): readonly string[] {
  const seen = new Set<unknown>();
  return trained.filter((name) => {
    const is_first = !seen.has(values.get(name));
    seen.add(values.get(name));
    return !is_first;
  });
}

/** State that a network keeps, with the values of the file. `followed`: weights whose spectral norms have vectors here. */
function tensorsOf(
  { values, statistics }: ImportedGraph,
  trained: readonly string[],
  followed: readonly string[],
): Pick<ImportedNetwork, "parameters" | "statistics" | "normalised" | "vectors"> {
  const spec = (name: string): TensorSpec => {
    const { shape, data } = values.get(name)!;
    return { name, shape, initialiser: { kind: "given", values: data as Float32Array } };
  };
  const normalised = trained.filter((name) => followed.includes(name));
  const vectors = normalised.flatMap((name) => vectorsOf({ name, shape: values.get(name)!.shape }));
  return {
    parameters: trained.map(spec),
    statistics: statistics.flatMap(({ mean, variance }) => [mean, variance]).map(spec),
    normalised,
    vectors: vectors.map(({ name, shape }) => ({ ...spec(name), shape })),
  };
}

/** The graph with these tensors as inputs behind its own, and all others as constants; composites are written out. */
function withInputs({ graph, values }: ImportedGraph, tensors: readonly TensorSpec[]): Graph {
  const free = tensors.map(({ name }) => name);
  const are_free = new Set(free);
  const frozen = [...values].filter(([name]) => !are_free.has(name));
  return expanded({
    ...graph,
    inputs: [graph.inputs[0]!, ...graph.inputs.includes(LABEL_INPUT) ? [LABEL_INPUT] : [], ...free],
    initializers: new Map([...graph.initializers, ...frozen]),
  });
}

function expanded(graph: Graph): Graph {
  try {
    return expandAll(graph, COMPOSITES);
  } catch (error) {
    throw error instanceof GraphError ? new UserError(error.message) : error;
  }
}

/** Trained values must be finite; others may be infinite, as masks are, but not NaN. */
function checkNumbers(
  { graph, parameters, statistics }: ImportedNetwork,
  values: ImportedGraph["values"],
): void {
  const changes = new Set([...parameters, ...statistics].map(({ name }) => name));
  for (const [name, { data }] of values) {
    const isGood = changes.has(name) ? Number.isFinite : (item: number) => !Number.isNaN(item);
    const at = (data as Float32Array).findIndex((item) => !isGood(item));
    if (at < 0) continue;
    throw refuse(
      graph,
      `weight ${name} must contain only finite numbers, found ${
        data[at]
      } at place ${at}; export it from a state that is sound`,
    );
  }
}

function checkExtents({ graph, parameters, statistics, output_shape }: ImportedNetwork): void {
  const [batch] = graph.types.get(graph.outputs[0]!)!.shape;
  if (batch === graph.types.get(graph.inputs[0]!)!.shape[0] && isFixed(output_shape)) {
    const empty = [...parameters, ...statistics].find(({ shape }) => numElements(shape) === 0);
    if (empty === undefined) return;
    throw refuse(graph, `weight ${empty.name} must not be empty, found shape [${empty.shape}]`);
  }
  throw refuse(
    graph,
    `the first axis of its output must be the batch, as in its input, found [${
      graph.types.get(graph.outputs[0]!)!.shape
    }]; export it with a dynamic batch axis`,
  );
}

function refuse(graph: Graph, reason: string): UserError {
  return new UserError(`Cannot import ${graph.name}: ${reason}`);
}

/** Differentiates it once, under the names that the file has, so that errors are about the file. */
function checkDifferentiable({ role, graph, parameters }: ImportedNetwork): void {
  try {
    const [x] = graph.inputs, b = builderFor(graph, 2);
    const output = replay(graph, b, b.value(x!), { keeps_names: true });
    b.output(b.op("ReduceSum", [output], { keepdims: 0 }), "sum of the output");
    const wrt = [...parameters.map(({ name }) => name), ...role === "critic" ? [x!] : []];
    gradients(decompose(b.build()), { loss: "sum of the output", wrt });
  } catch (error) {
    throw error instanceof GraphError ? new UserError(error.message) : error;
  }
}

/** Properties that a pair of networks must fit. */
export interface Interface {
  /** Shape of one example, channels first. */
  readonly example_shape: readonly number[];
  /** True if the critic's last Sigmoid goes, since the loss has it (objective gan). */
  readonly logits: boolean;
  /** Classes of the labels; absent: there are none. */
  readonly num_classes?: number;
}

function described(shape: readonly number[]): string {
  return shape.join(" x ");
}

/** A generator from noise [N, latent] to examples. Throws UserError where its output is no such example. */
export function generatorNet(
  network: ImportedNetwork,
  { example_shape, num_classes }: Interface,
): Net {
  const { input_shape, output_shape, graph } = network;
  const fit = matchLayout(output_shape, example_shape);
  if (fit === null) {
    throw new UserError(
      `Cannot use generator ${graph.name}: it must make examples of ${
        described(example_shape)
      }, as the data and the ` +
        `critic have them, found ${described(output_shape)}`,
    );
  }
  const latent = numElements(input_shape);
  return netOf(network, {
    ...classesFor(network, num_classes),
    input_shape: [latent],
    output_shape: example_shape,
    before: { perm: null, shape: input_shape },
    after: fit,
  });
}

/** A critic from examples to scores [N, 1]. Throws UserError where it takes no such examples or gives no score. */
export function criticNet(
  network: ImportedNetwork,
  { example_shape, logits, num_classes }: Interface,
): Net {
  const { input_shape, output_shape, graph } = network;
  const fit = matchLayout(example_shape, input_shape);
  if (fit === null) {
    const [rows, columns] = example_shape.slice(-2), [height, width] = input_shape.slice(-2);
    const grows = example_shape.length > 1 && height === width && height! > Math.max(rows!, columns!);
    throw new UserError(
      `Cannot use critic ${graph.name}: it must take examples of ${
        described(example_shape)
      }, as the data are, ` +
        `found ${described(input_shape)}` + (grows ? `; --pad-to ${height} gives the images a border` : ""),
    );
  }
  if (numElements(output_shape) !== 1) {
    throw new UserError(
      `Cannot use critic ${graph.name}: it must give one score for each example, [N,1], found [N,${output_shape}]`,
    );
  }
  return netOf(logits ? withoutSigmoid(network) : network, {
    ...classesFor(network, num_classes),
    input_shape: example_shape,
    output_shape: [1],
    before: fit,
    after: { perm: null, shape: [1] },
  });
}

/** Throws UserError where there are more classes than the network has rows for. */
function classesFor(
  { graph, most_classes }: ImportedNetwork,
  num_classes: number | undefined,
): Pick<Net, "num_classes"> {
  if (num_classes === undefined) return {};
  if (most_classes !== null && num_classes <= most_classes) return { num_classes };
  throw new UserError(
    `Cannot use ${graph.name}: a network for ${num_classes} classes is required, because the data have as many, ` +
      `found one for ` +
      `${most_classes ?? "none"}; export it with an embedding of ${num_classes} rows`,
  );
}

/** True if the last operator but for changes of shape is Sigmoid. */
export function endsInSigmoid(network: ImportedNetwork): boolean {
  return lastSigmoid(network.graph) !== undefined;
}

const RESHAPES = ["Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity"];

function lastSigmoid({ nodes, outputs }: Graph): Node | undefined {
  let name = outputs[0];
  for (const node of nodes.toReversed()) {
    if (node.outputs[0] !== name) continue;
    if (node.op === "Sigmoid") return node;
    if (!RESHAPES.includes(node.op)) return undefined;
    name = node.inputs[0];
  }
  return undefined;
}

function withoutSigmoid(network: ImportedNetwork): ImportedNetwork {
  const { graph } = network, last = lastSigmoid(graph);
  if (last === undefined) return network;
  const nodes = graph.nodes.map((node) => node === last ? { ...node, op: "Identity", attributes: {} } : node);
  return { ...network, graph: { ...graph, nodes } };
}

interface Frame extends Pick<Net, "num_classes" | "input_shape" | "output_shape"> {
  readonly before: LayoutMatch;
  readonly after: LayoutMatch;
}

function netOf(network: ImportedNetwork, { before, after, ...shapes }: Frame): Net {
  const { graph, parameters, statistics, normalised, vectors, coupling } = network;
  const run = (b: GraphBuilder, x: Value, label: Value | undefined, options: ReplayOptions = {}) => {
    const input = applyLayoutMatch(b, x, before), own = boundTo(graph, input.type.shape[0]!);
    const labels = shapes.num_classes === undefined ? {} : { label: wholeLabel(graph, b, label) };
    return applyLayoutMatch(b, replay(own, b, input, { ...options, ...labels }), after);
  };
  return {
    ...shapes,
    parameters,
    statistics,
    ...normalised.length > 0 && { normalised, vectors },
    ...coupling !== null && { coupling },
    forwardTrain(b, x, drop, label) {
      const moments: BatchMoments[] = [];
      const normalise: ReplayOptions["normalise"] = (node, [hidden, scale, bias]) => {
        const { centred, ...batch } = batchMoments(b, hidden!);
        moments.push(batch);
        const norm = { scale: scale!, bias: bias!, epsilon: epsilonOf(node) };
        return scaleAndShift(b, norm, centred, batch.variance);
      };
      return { output: run(b, x, label, { normalise, ...drop && { drop } }), moments };
    },
    forwardEval: (b, x, label) => run(b, x, label),
  };
}

/** Labels as the file takes them. */
function wholeLabel({ types }: Graph, b: GraphBuilder, label: Value | undefined): Value {
  if (label === undefined) throw new RangeError(`Graph ${b.name} needs the labels of its examples`);
  return b.op("Cast", [label], { to: elementCode(types.get(LABEL_INPUT)!.element) });
}

/** Operators behind which there are still the labels, one for each example. */
const KEEPS_LABELS = ["Cast", "Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten"];

/** Rows of the smallest table that labels are looked up in; null: the graph takes no labels. */
function mostClasses({ inputs, nodes, types }: Graph): number | null {
  if (!inputs.includes(LABEL_INPUT)) return null;
  const labels = new Set([LABEL_INPUT]);
  let most = MAX_CLASSES;
  for (const { op, inputs: [x, index], outputs, attributes } of nodes) {
    if (KEEPS_LABELS.includes(op) && labels.has(x!)) labels.add(outputs[0]!);
    if (op !== "Gather" || !labels.has(index!) || (attributeOf(attributes, "axis", "int") ?? 0) !== 0) {
      continue;
    }
    const [rows] = types.get(x!)!.shape;
    if (typeof rows === "number") most = Math.min(most, rows);
  }
  return most;
}

function epsilonOf({ attributes: { epsilon } }: Node): number {
  return epsilon?.kind === "float" ? epsilon.value : 1e-5;
}
