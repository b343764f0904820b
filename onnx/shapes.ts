/**
 * The operator table, and inference of the types of all values of a graph.
 *
 * An operator is known here or nowhere: builder, checker and codec read this table, and tables of rules elsewhere
 * are total over {@linkcode OpName}. Source: the ONNX operator schemas as of opset 18, but for Gelu
 * (20) and GroupNormalization (21), which came later.
 */
import type { Attribute, Dim, Node, Tensor, TensorType } from "./graph.ts";
import { formatType } from "./dims.ts";
import { GraphError } from "./graph_error.ts";
import { describeNode, type Operator, Site } from "./operator.ts";
import { ACTIVATIONS } from "./operators/activations.ts";
import { CONSTANTS, MAX_CONTENTS, tensorContents } from "./operators/constants.ts";
import { EINSUM } from "./operators/einsum.ts";
import { BLOCKS } from "./operators/blocks.ts";
import { CONVOLUTIONS } from "./operators/convolution.ts";
import { ELEMENTWISE } from "./operators/elementwise.ts";
import { GATHERING } from "./operators/gathering.ts";
import { LAYOUT } from "./operators/layout.ts";
import { LINEAR } from "./operators/linear.ts";
import { NORMALISATIONS } from "./operators/normalisations.ts";
import { PADDING } from "./operators/padding.ts";
import { POOLS } from "./operators/pool.ts";
import { REDUCTIONS } from "./operators/reductions.ts";
import { RESIZE } from "./operators/resize.ts";
import { SLICING } from "./operators/slicing.ts";

/** The version of ai.onnx that the table follows, and that files are written in. */
export const OPSET = 18;

/** Bounds on types, which keep inference fast on hostile files: both can double with each node. */
const MAX_RANK = 64;
const MAX_DIM_NAME = 200;

/** Every supported operator. */
export const OPERATORS = {
  ...ELEMENTWISE,
  ...REDUCTIONS,
  ...LINEAR,
  ...LAYOUT,
  ...SLICING,
  ...CONSTANTS,
  ...ACTIVATIONS,
  ...EINSUM,
  ...GATHERING,
  ...NORMALISATIONS,
  ...PADDING,
  ...CONVOLUTIONS,
  ...POOLS,
  ...RESIZE,
  ...BLOCKS,
};
export type OpName = keyof typeof OPERATORS;

/** True where the table has this operator. */
export function isOpName(op: string): op is OpName {
  return Object.hasOwn(OPERATORS, op);
}

/** The entry of a node's operator. Throws {@linkcode GraphError} for an unknown operator or domain. */
export function operatorOf(graph: string, node: Node): Operator {
  if (node.domain !== "") {
    throw new GraphError(
      `Cannot use ${
        describeNode(graph, node)
      }: only operators of domain ai.onnx are supported, found ${node.domain}`,
    );
  }
  if (!isOpName(node.op)) {
    throw new GraphError(
      `Cannot use ${describeNode(graph, node)}: this operator is unknown; replace it by others, or add ` +
        "it to onnx/operators/",
    );
  }
  return OPERATORS[node.op];
}

/** Kind of an attribute of an operator, undefined where it has none of this name. */
export function attributeKind(operator: Operator, name: string): Attribute["kind"] | undefined {
  return Object.hasOwn(operator.attributes, name) ? operator.attributes[name] : undefined;
}

/** Types of the values seen so far, in topological order, and the contents of small integer and float32 ones. */
export class Typing {
  readonly types = new Map<string, TensorType>();
  readonly #contents = new Map<string, readonly Dim[]>();

  /** `graph`: its name, for errors. */
  constructor(readonly graph: string) {}

  /** Throws {@linkcode GraphError} for a type that no value can have here. */
  declare(name: string, type: TensorType): void {
    const isExtent = (dim: Dim) =>
      typeof dim === "number"
        ? Number.isSafeInteger(dim) && dim >= 0
        : dim.length > 0 && dim.length <= MAX_DIM_NAME;
    if (type.shape.length > MAX_RANK || !type.shape.every(isExtent)) {
      throw new GraphError(
        `Cannot use value "${name}" of graph ${this.graph}: it must have at most ${MAX_RANK} extents, each of 0 or ` +
          `more or a name of at most ${MAX_DIM_NAME} characters, found ${formatType(type)}`,
      );
    }
    this.types.set(name, type);
  }

  constant(name: string, tensor: Tensor): void {
    this.declare(name, { element: tensor.element, shape: tensor.shape });
    const contents = tensorContents(tensor);
    if (contents) this.#contents.set(name, contents);
  }

  /**
   * Infers and declares the outputs of a node whose inputs are declared; returns their types in order. Throws
   * {@linkcode GraphError} naming graph, node, operator and input types.
   */
  node(node: Node): readonly TensorType[] {
    const operator = operatorOf(this.graph, node);
    const inputs = node.inputs.map((name) => name === "" ? undefined : this.#typeOf(node, name));
    const site = new Site(this.graph, node, inputs, (name) => this.#contents.get(name));
    checkArity(site, operator);
    checkAttributes(site, operator);
    const types = operator.infer(site);
    if (types.length < node.outputs.length) {
      site.fail(`it has ${types.length} outputs: found ${node.outputs.length}`);
    }
    const contents = operator.contents?.(site);
    node.outputs.forEach((name, i) => name === "" || this.declare(name, types[i]!));
    if (contents && contents.length <= MAX_CONTENTS && node.outputs[0]) {
      this.#contents.set(node.outputs[0], contents);
    }
    return types;
  }

  #typeOf(node: Node, name: string): TensorType {
    const type = this.types.get(name);
    if (type) return type;
    throw new GraphError(
      `Cannot type ${
        describeNode(this.graph, node)
      }: no input, initializer or earlier node has the name of its input "${name}"`,
    );
  }
}

function checkArity(site: Site, { inputs, outputs }: Operator): void {
  const { node } = site;
  const range = ([fewest, most]: readonly [number, number]) =>
    fewest === most ? `${fewest}` : `${fewest} ${most === Infinity ? "or more" : `to ${most}`}`;
  for (
    const [what, count, allowed] of [["inputs", node.inputs.length, inputs], [
      "outputs",
      node.outputs.length,
      outputs,
    ]] as const
  ) {
    if (count < allowed[0] || count > allowed[1]) {
      site.fail(`it must have ${range(allowed)} ${what}: found ${count}`);
    }
  }
  for (let i = 0; i < inputs[0]; i++) site.type(i);
}

function checkAttributes(site: Site, operator: Operator): void {
  for (const [name, attribute] of Object.entries(site.node.attributes)) {
    const kind = attributeKind(operator, name);
    if (kind === undefined) site.fail(`unknown attribute ${name}`);
    if (kind !== attribute.kind) {
      site.fail(`attribute ${name} must be of kind ${kind}: found ${attribute.kind}`);
    }
  }
}
