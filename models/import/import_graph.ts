/**
 * From a model file to a graph of ours: operators brought to our version, constants computed, every batch taken, weights
 * as inputs. A batch normalisation stands in its inference form, its running statistics inputs of their own: what a
 * network trains with is decided where the graph is used (`imported_net.ts`).
 */
import { UserError } from "../../common/errors.ts";
import { neededNodes } from "../../autodiff/needed_nodes.ts";
import { GraphBuilder, type Value } from "../../onnx/builder.ts";
import type { FileModel } from "../../onnx/codec.ts";
import type { FileGraph, FileNode } from "../../onnx/graph_reader.ts";
import { formatShape, isFixed } from "../../onnx/dims.ts";
import { attributeOf, type Dim, type Graph, type Node, type Tensor } from "../../onnx/graph.ts";
import { GraphError, oneLine } from "../../onnx/graph_error.ts";
import { describeNode } from "../../onnx/operator.ts";
import { isOpName } from "../../onnx/shapes.ts";
import { tensorOf } from "../../onnx/tensor.ts";
import { batchShape } from "./lowerings/batch_shape.ts";
import { type KnownInput, shareOf } from "./dropout.ts";
import { type Constant, foldConstant, shapeConstant, tensorOfConstant } from "./constant_folding.ts";
import { type ExporterNotes, exporterNotes, readersOf } from "./weights/exporter_notes.ts";
import { asCast } from "./lowerings/cast_like.ts";
import { intsKnown, isToFloat32, type Known, knownItems, shapeOfKnown, storedTensor } from "./known.ts";
import { fileInputs, LABEL_INPUT, onlyOutput, refuseFile, refuseWideNodes } from "./file_ends.ts";
import { FileValues } from "./file_values.ts";
import { takesGradient } from "./weights/gradient_flow.ts";
import { LoweringSite } from "./lowerings/lowering.ts";
import { loweringOf } from "./lowerings/lowerings.ts";
import { type Origin, originOf } from "./weights/origins.ts";
import { reshapeTo } from "./lowerings/reshape_to.ts";
import { inFloat32, storedConstants } from "./weights/stored_weights.ts";
import { unfolded } from "./weights/unfolded.ts";
import { unknownOperator } from "./unknown_operator.ts";
import { uniformOutput } from "./uniform.ts";
import { unmerged } from "./weights/unmerged.ts";
import { prune } from "./prune.ts";
import { type ChangeSite, convertOpset, FILE_OPSETS } from "./opset_converter.ts";
import { isUniform, Weights } from "./weights/weights.ts";

/** Nodes of all graphs within the file's together, written out as often as they are run. */
const MAX_INLINED = 10_000;

/** The batch axis in the imported graph. */
export const BATCH = "N";

/** Running mean and variance of one batch normalisation: inputs of the graph, and what the file holds for them. */
export interface RunningStatistics {
  readonly mean: string;
  readonly variance: string;
}

export interface ImportedGraph {
  /** Inputs: the network's own [N, ...], labels [N] if it takes them, then weights and running statistics in the order of their use. One output. */
  readonly graph: Graph;
  /** The file's values for each input but the first. */
  readonly values: ReadonlyMap<string, Tensor>;
  /** The file's values of these. */
  readonly origins: ReadonlyMap<string, Origin>;
  readonly statistics: readonly RunningStatistics[];
  /** Dropout nodes of the file that drop nothing, also in training. Those that do are in the graph (dropout.ts). */
  readonly num_idle_dropouts: number;
}

/** `name`: what errors call the graph, e.g. "g.onnx". `prefix`: stands before names of weights, e.g. "generator". */
export function importGraph(model: FileModel, name: string, prefix: string): ImportedGraph {
  const { opset } = model, notes = exporterNotes(model);
  const { min, max } = FILE_OPSETS;
  if (opset < min || opset > max) {
    throw refuseFile(
      name,
      `its version of ai.onnx must be ${min} to ${max}, found ${opset}; export it with opset 18`,
    );
  }
  refuseWideNodes(model.graph, name);
  try {
    const file = unmerged(unfolded(model.graph, notes), notes, name);
    return new Walk(file, notes, opset, name, prefix).run();
  } catch (error) {
    throw error instanceof GraphError ? new UserError(`${error.message}; ${ADVICE}`) : error;
  }
}

/** Advice on a node that the operator table refuses. */
const ADVICE = "export the model with fixed sizes for all axes but the batch, or without this operator";

class Walk {
  readonly #b: GraphBuilder;
  readonly #values: FileValues;
  readonly #weights: Weights;
  readonly #statistics: RunningStatistics[] = [];
  readonly #input: Value;
  /** The batch that the file was exported with, where its batch axis has a number. */
  readonly #fixed_batch: number | null;
  readonly #node_names = new Set<string>();
  /** Constant nodes that hold weights. */
  readonly #stored: ReadonlySet<string>;
  #num_idle_dropouts = 0;
  #num_inlined = 0;

  constructor(
    private readonly file: FileModel["graph"],
    private readonly notes: ExporterNotes,
    private readonly opset: number,
    private readonly name: string,
    prefix: string,
  ) {
    this.#b = new GraphBuilder(name);
    this.#values = new FileValues(file.nodes.flatMap(({ outputs }) => outputs), (own) => this.#b.has(own));
    const { input, label } = fileInputs(file, name), [batch, ...extents] = input.type.shape;
    this.#fixed_batch = typeof batch === "number" ? batch : null;
    this.#input = this.#b.input("x", input.type.element, [BATCH, ...extents]);
    this.#weights = new Weights(this.#b, prefix, notes.exporter !== "other");
    this.#stored = storedConstants(file, notes);
    for (const [own, tensor] of file.initializers) this.#values.set(own, storedTensor(own, tensor));
    this.#values.set(input.name, { value: this.#input });
    const labels = label && { value: this.#b.input(LABEL_INPUT, label.type.element, [BATCH]) };
    if (labels) this.#values.set(label.name, labels);
  }

  run(): ImportedGraph {
    const output = onlyOutput(this.file, this.name);
    this.#walk(this.file.nodes, output);
    const { value } = this.#values.get(output) ?? {};
    if (value === undefined) {
      const reason = `its output "${output}" must depend on its input, found no path between them`;
      throw refuseFile(this.name, reason);
    }
    this.#b.output(value, this.#values.fresh("output"));
    const { graph, names } = prune(this.#b.build());
    const values = new Map([...this.#weights.values].filter(([name]) => names.has(name)));
    return {
      graph,
      values,
      origins: this.#origins(values.keys()),
      statistics: this.#statistics,
      num_idle_dropouts: this.#num_idle_dropouts,
    };
  }

  #origins(names: Iterable<string>): ReadonlyMap<string, Origin> {
    const readers = readersOf(this.file);
    return new Map(
      Array.from(names, (name) => {
        const own = this.#weights.file_names.get(name)!;
        return [name, originOf(this.notes, own, readers.get(own) ?? [], this.#weights.values.get(name)!)];
      }),
    );
  }

  /** The nodes that outputs depend on. */
  #walk(nodes: readonly FileNode[], ...outputs: readonly string[]): void {
    for (const node of neededNodes(nodes, outputs)) this.#ours(node).forEach((ours) => this.#node(ours));
  }

  /** A node of the file in the operators of our version. */
  #ours(node: FileNode): readonly FileNode[] {
    if (node.domain !== "" || !isOpName(node.op)) return [node];
    const constant = (stem: string, tensor: Tensor) =>
      this.#values.add(stem, { tensor, ...knownItems(tensor) });
    const site: ChangeSite = {
      rank: (input) => this.#shape(node, input).length,
      ints: (values) => constant("ints", tensorOf("int64", [values.length], values)),
      scalar: (element, value) => constant("scalar", tensorOf(element, [], [value])),
      fresh: () => this.#values.reserve("between"),
      extentsFrom: (input, axis) => {
        const extents = this.#shape(node, input).slice(axis);
        return isFixed(extents)
          ? extents
          : this.#fail(node, `all axes must have fixed sizes: found ${formatShape(extents)}`);
      },
      fail: (reason) => this.#fail(node, reason),
    };
    return convertOpset({ ...node, op: node.op }, this.opset, site);
  }

  #node(node: FileNode): void {
    const inputs = node.inputs.map((name) => name === "" ? undefined : this.#read(node, name));
    if (node.domain === "" && node.op === "CastLike") {
      return this.#node(asCast(node, inputs[1] ?? this.#fail(node, "it must have two inputs")));
    }
    if (node.domain === "" && node.op === "Dropout") return this.#dropout(node, inputs);
    if (node.domain === "" && node.op === "BatchNormalization") return this.#batchNorm(node, inputs);
    if (this.#asWeight(node, inputs)) return;
    const constant = this.#evaluate(node, inputs);
    const is_graph = inputs.some((known) => known?.value !== undefined || known?.weight !== undefined);
    if (constant !== undefined && (!is_graph || !isOpName(node.op) || constant.element !== "float32")) {
      this.#set(node, 0, { constant });
      return;
    }
    if (node.op === "Constant" && node.attributes.value?.kind === "tensor") {
      return this.#set(node, 0, { tensor: node.attributes.value.value });
    }
    const found = this.#lower(node, inputs) ?? this.#emit(node, inputs).map((value) => ({ value }));
    const also = constant ? { constant } : uniformOutput(node, inputs);
    found.forEach((known, i) => this.#set(node, i, i === 0 ? { ...known, ...also } : known));
  }

  /** Result of a lowering for the node; null if there is none or it leaves the node unchanged. */
  #lower(node: FileNode, inputs: readonly (Known | undefined)[]): readonly Known[] | null {
    const lowering = node.domain === "" ? loweringOf(node.op) : undefined;
    const fail = (reason: string) => this.#fail(node, reason);
    const site = new LoweringSite(node, inputs, {
      operand: (known) => this.#operand(node, known, true),
      apply: (op, operands, attributes, num_outputs) => this.#b.ops(op, operands, attributes, num_outputs),
      constant: (tensor) => this.#b.constant(tensor),
      shape: (items) => batchShape(this.#b, this.#input, items, fail),
      inline: (graph, given) => this.#inline(node, graph, given),
      fail,
    });
    return lowering?.(site) ?? null;
  }

  /** The outputs of a graph that a node holds, written out with these inputs. */
  #inline(node: FileNode, graph: FileGraph, given: readonly Known[]): readonly Known[] {
    this.#num_inlined += graph.nodes.length;
    if (this.#num_inlined > MAX_INLINED) {
      this.#fail(node, `unrolled, it must have at most ${MAX_INLINED} nodes; export shorter sequences`);
    }
    return this.#values.within(() => {
      graph.inputs.forEach(({ name }, i) => this.#values.set(name, given[i]!));
      for (const [own, tensor] of graph.initializers) this.#values.set(own, storedTensor(own, tensor));
      const outputs = graph.outputs.map(({ name }) => name);
      this.#walk(graph.nodes, ...outputs);
      return outputs.map((name) => this.#read(node, name));
    });
  }

  /** True if the node only hands on what a file stores, as a weight: a Constant, a Cast to float32, an Identity. */
  #asWeight(node: Node, [x]: readonly (Known | undefined)[]): boolean {
    if (node.domain !== "") return false;
    const output = node.outputs[0]!;
    if (node.op === "Constant" && this.#stored.has(output) && node.attributes.value?.kind === "tensor") {
      this.#set(node, 0, storedTensor(output, node.attributes.value.value));
    } else if (node.op === "Cast" && x?.stored !== undefined && isToFloat32(node)) {
      this.#set(node, 0, storedTensor(x.stored, inFloat32(x.tensor!)));
    } else if (node.op === "Identity" && x?.weight !== undefined) {
      this.#set(node, 0, this.#named(x, output));
    } else return false;
    return true;
  }

  /**
   * A weight behind an Identity. TorchScript leaves one for each tensor that it merged with an equal one; of other
   * exporters, where all numbers are the same, it is taken for such. In a program of dynamo's it is a copy.
   */
  #named(x: Known, name: string): Known {
    const { exporter } = this.notes;
    const isOwn = exporter === "torchscript" || (exporter === "other" && isUniform(x.tensor!));
    return isOwn ? { ...x, weight: name } : x;
  }

  #evaluate(node: Node, inputs: readonly (Known | undefined)[]): Constant | undefined {
    if (node.domain !== "") return undefined;
    if (node.op === "Shape" || node.op === "Size") {
      const shape = inputs[0] && shapeOfKnown(inputs[0]);
      return shape && shapeConstant(node, shape);
    }
    const constants = inputs.map((known) => known?.constant);
    const is_constant = inputs.every((known, i) => known === undefined || constants[i] !== undefined);
    return is_constant ? foldConstant({ node, inputs: constants }) : undefined;
  }

  /** The node itself in the new graph. */
  #emit(node: Node, inputs: readonly (Known | undefined)[]): readonly Value[] {
    if (node.domain !== "" || !isOpName(node.op)) this.#fail(node, unknownOperator(node.domain, node.op));
    const { op } = node;
    let { attributes } = node;
    if (op === "Reshape") {
      const to = this.#reshapeTo(node, inputs);
      if (to !== inputs[1]) attributes = {};
      inputs = [inputs[0], to];
    }
    if (op === "Resize") {
      const resized = this.#resize(node, inputs);
      if (resized !== null) return [resized];
    }
    const operands = inputs.map((known, i) =>
      known === undefined ? null : this.#operand(node, known, takesGradient(op, i))
    );
    return this.#apply(node, operands, attributes);
  }

  #apply(node: Node, operands: readonly (Value | null)[], attributes: Node["attributes"]): readonly Value[] {
    const is_free = node.name !== "" && !this.#node_names.has(node.name) && !this.#b.has(node.name);
    if (is_free) this.#node_names.add(node.name);
    const output = this.#values.fresh(node.outputs[0] || node.op);
    const outputs = node.outputs.findLastIndex((name) => name !== "") + 1;
    return this.#b.ops(node.op, operands, attributes, outputs, { ...is_free && { name: node.name }, output });
  }

  /** A value for an operator's input. Constants stay constants where no gradient flows. */
  #operand(node: Node, known: Known, is_trained: boolean): Value {
    if (known.value !== undefined && (is_trained || known.constant === undefined)) return known.value;
    if (known.weight !== undefined && is_trained) {
      return this.#weights.read(known.weight, known.tensor!, node);
    }
    if (known.stored !== undefined && is_trained && known.tensor!.data.length > 1) {
      this.#fail(
        node,
        `its weight "${known.stored}" must be float32, found ${known.tensor!.element}; export ` +
          "the network after .float()",
      );
    }
    if (known.sequence !== undefined) this.#fail(node, "its inputs must be tensors, found a sequence");
    const tensor = known.tensor ?? tensorOfConstant(known.constant!);
    if (tensor !== undefined) return this.#b.constant(tensor);
    return batchShape(this.#b, this.#input, known.constant!.items, (reason) => this.#fail(node, reason));
  }

  /** The shape to reshape to, for any batch. */
  #reshapeTo(node: Node, [x, to]: readonly (Known | undefined)[]): Known | undefined {
    const items = to?.constant?.items, from = x && shapeOfKnown(x);
    if (items === undefined || from === undefined) return to;
    const allows_zero = attributeOf(node.attributes, "allowzero", "int") ?? 0;
    const batch = { name: BATCH, fixed: this.#fixed_batch };
    const found = reshapeTo(from, items, batch, allows_zero !== 0);
    if (found === null) return to;
    return "items" in found ? intsKnown(found.items) : this.#fail(node, found.reason);
  }

  /** If sizes give the batch, only the other axes are resized; null if they do not. */
  #resize(node: Node, [x, _roi, _scales, sizes]: readonly (Known | undefined)[]): Value | null {
    const from = x?.value?.type.shape, items = sizes?.constant?.items;
    if (from?.[0] !== BATCH || items?.length !== from.length || node.attributes.axes) return null;
    if (items[0] !== BATCH && items[0] !== this.#fixed_batch) return null;
    const axes = [...items.keys()].slice(1);
    const numbers = axes.map((axis) => items[axis]!);
    if (!isFixed(numbers)) {
      return this.#fail(node, `sizes must be fixed numbers: found ${formatShape(items)}`);
    }
    const attributes: Node["attributes"] = { ...node.attributes, axes: { kind: "ints", value: axes } };
    return this.#apply(node, [x!.value!, null, null, this.#b.ints(numbers)], attributes)[0]!;
  }

  /** It stays where it drops, and is passed by where it does not. */
  #dropout(node: Node, [x, ratio, training_mode]: readonly (Known | undefined)[]): void {
    const mask = node.outputs[1];
    const isRead = (name: string) =>
      this.file.outputs.some((output) => output.name === name) ||
      this.file.nodes.some(({ inputs }) => inputs.includes(name));
    if (mask && isRead(mask)) {
      this.#fail(node, `its mask "${mask}" must not be used, because each step draws another`);
    }
    const given = (known: Known | undefined): KnownInput =>
      known === undefined ? null : known.constant ?? "unknown";
    const inputs = { ratio: given(ratio), training_mode: given(training_mode) };
    const share = shareOf(inputs, (reason) => this.#fail(node, reason));
    if (share === 0) {
      this.#num_idle_dropouts++;
      return this.#set(node, 0, x!);
    }
    const [value] = this.#apply(
      { ...node, outputs: node.outputs.slice(0, 1) },
      [this.#operand(node, x!, true), this.#b.scalar(share), this.#b.constant(tensorOf("bool", [], [1]))],
      {},
    );
    this.#set(node, 0, { value: value! });
  }

  #batchNorm(node: Node, inputs: readonly (Known | undefined)[]): void {
    const [x, scale, bias, mean, variance] = inputs;
    if (!x || !scale || !bias || !mean?.tensor || !variance?.tensor) {
      this.#fail(node, "it must have five inputs; mean and variance must be in the file");
    }
    const operands = [x, scale, bias].map((known) => this.#operand(node, known, true));
    const stem = scale.weight?.replace(/\.weight$/, "") ?? (node.name || node.outputs[0]!);
    const running = [["running_mean", mean.tensor], ["running_var", variance.tensor]] as const;
    const statistics = running.map(([what, tensor]) => this.#weights.declare(`${stem}.${what}`, tensor));
    const { epsilon } = node.attributes;
    const values = this.#apply(
      { ...node, outputs: node.outputs.slice(0, 1) },
      [...operands, ...statistics],
      epsilon ? { epsilon } : {},
    );
    this.#statistics.push({ mean: statistics[0]!.name, variance: statistics[1]!.name });
    this.#set(node, 0, { value: values[0]! });
  }

  #read(node: Node, name: string): Known {
    return this.#values.get(name) ??
      this.#fail(node, `no input, initializer or earlier node has the name of its input "${name}"`);
  }

  #shape(node: Node, name: string): readonly Dim[] {
    return shapeOfKnown(this.#read(node, name)) ??
      this.#fail(node, `its input "${name}" must be a tensor, found a sequence`);
  }

  #set(node: Node, index: number, known: Known): void {
    const name = node.outputs[index];
    if (!name) return;
    if (!this.#values.set(name, known)) {
      this.#fail(node, `two nodes have the output "${name}"`);
    }
  }

  #fail(node: Node, reason: string): never {
    throw new UserError(oneLine(`Cannot import ${describeNode(this.name, node)}: ${reason}`));
  }
}
