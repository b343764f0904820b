/** Builds graphs node by node: each operator application is typed at once, so a mistake shows where it is made. */
import type { Attribute, ElementType, Graph, Node, Shape, Tensor, TensorType } from "./graph.ts";
import { checkGraph } from "./check.ts";
import { GraphError } from "./graph_error.ts";
import { attributeKind, isOpName, OPERATORS, Typing } from "./shapes.ts";
import { checkTensor, tensorBytes, tensorOf } from "./tensor.ts";

/**
 * A value of the graph being built.
 *
 * @example
 * ```ts
 * import { GraphBuilder, type Value } from "@wagon/wagon/onnx";
 *
 * const x: Value = new GraphBuilder("g").input("x", "float32", ["N", 2]);
 * console.assert(x.name === "x" && x.type.element === "float32");
 * ```
 */
export interface Value {
  /** Its name. */
  readonly name: string;
  /** Element type and shape. */
  readonly type: TensorType;
}

/**
 * A plain attribute takes the kind that the operator table says: 1 is a float for alpha and an int for axis.
 *
 * @example
 * ```ts
 * import { type AttributeInput, GraphBuilder } from "@wagon/wagon/onnx";
 *
 * const b = new GraphBuilder("g");
 * const axis: AttributeInput = 1;
 * const sums = b.op("Softmax", [b.input("x", "float32", [8, 4])], { axis });
 * console.assert(sums.type.shape.join() === "8,4");
 * ```
 */
export type AttributeInput = number | readonly number[] | string | readonly string[] | Tensor | Attribute;

/**
 * Names for what an operator gives.
 *
 * @example
 * ```ts
 * import { GraphBuilder, type OpOptions } from "@wagon/wagon/onnx";
 *
 * const b = new GraphBuilder("g");
 * const options: OpOptions = { name: "double" };
 * const x = b.input("x", "float32", [3]);
 * b.output(b.op("Add", [x, x], {}, options), "y");
 * console.assert(b.build().nodes[0]?.name === "double");
 * ```
 */
export interface OpOptions {
  /** Name of the node; default the operator and a number. */
  readonly name?: string;
  /** Name of the first output; default the node's. */
  readonly output?: string;
}

/** Unnamed constants up to this many elements are kept once. */
const MAX_SHARED = 64;

/** Builds a graph node by node, typed at once.
 *
 * @example
 * ```ts
 * import { GraphBuilder, printGraph } from "@wagon/wagon/onnx";
 *
 * const b = new GraphBuilder("mean");
 * const x = b.input("x", "float32", [8, 4]);
 * b.output(b.op("ReduceMean", [x], { keepdims: 0 }), "mean");
 * console.log(printGraph(b.build()));
 * ```
 */
export class GraphBuilder {
  readonly #typing: Typing;
  readonly #inputs: string[] = [];
  readonly #outputs: string[] = [];
  /** The names of both. */
  readonly #ends = new Set<string>();
  readonly #nodes: Node[] = [];
  readonly #initializers = new Map<string, Tensor>();
  readonly #node_names = new Set<string>();
  /** Names taken that the typing does not know: new names of outputs. */
  readonly #reserved = new Set<string>();
  /** Outputs that get another name when the graph is built, so that values in use keep theirs. */
  readonly #renames = new Map<string, string>();
  /** Names of shared constants by element type, shape and bytes. */
  readonly #shared = new Map<string, string>();
  readonly #counters = new Map<string, number>();

  /** An empty graph of this name. */
  constructor(readonly name: string) {
    this.#typing = new Typing(name);
  }

  /** Continues a graph: names, inputs, outputs, nodes and initializers are kept. */
  static from(graph: Graph): GraphBuilder {
    checkGraph(graph);
    const builder = new GraphBuilder(graph.name);
    for (const name of graph.inputs) {
      const { element, shape } = graph.types.get(name)!;
      builder.input(name, element, shape);
    }
    for (const [name, tensor] of graph.initializers) builder.constant(tensor, name);
    for (const node of graph.nodes) builder.#append(node);
    for (const name of graph.outputs) builder.#addOutput(name);
    return builder;
  }

  /** An input of the graph. Throws {@linkcode GraphError} for a name that is taken. */
  input(name: string, element: ElementType, shape: Shape): Value {
    this.#take(name);
    this.#inputs.push(name);
    this.#ends.add(name);
    this.#typing.declare(name, { element, shape });
    return this.value(name);
  }

  /** A constant, kept as initializer. Unnamed small constants that are equal are one. */
  constant(tensor: Tensor, name?: string): Value {
    checkTensor(tensor, `Constant ${name ?? "without name"} of graph ${this.name}`);
    const key = name === undefined ? sharingKey(tensor) : undefined;
    const shared = key && this.#shared.get(key);
    if (shared) return this.value(shared);
    const own = name ?? this.#freshName("const", (candidate) => this.has(candidate));
    this.#take(own);
    this.#initializers.set(own, tensor);
    this.#typing.constant(own, tensor);
    if (key) this.#shared.set(key, own);
    return this.value(own);
  }

  /** A constant of rank 0. */
  scalar(value: number, element: ElementType = "float32"): Value {
    return this.constant(tensorOf(element, [], [value]));
  }

  /** A constant of rank 1 and element type int64: a shape, axes, slice bounds. */
  ints(values: readonly number[]): Value {
    return this.constant(tensorOf("int64", [values.length], values));
  }

  /**
   * Applies an operator with one output; null omits an optional input. Throws {@linkcode GraphError} with node,
   * operator and input types where they do not fit.
   */
  op(
    op: string,
    inputs: readonly (Value | null)[],
    attributes: Readonly<Record<string, AttributeInput>> = {},
    options: OpOptions = {},
  ): Value {
    return this.#apply(op, inputs, attributes, 1, options)[0]!;
  }

  /** Applies an operator with several outputs. */
  ops(
    op: string,
    inputs: readonly (Value | null)[],
    attributes: Readonly<Record<string, AttributeInput>>,
    num_outputs: number,
    options: OpOptions = {},
  ): Value[] {
    return this.#apply(op, inputs, attributes, num_outputs, options);
  }

  /** True where a value has this name, or an output will get it. */
  has(name: string): boolean {
    return this.#typing.types.has(name) || this.#reserved.has(name);
  }

  /** The value of this name. Throws {@linkcode GraphError} where there is none. */
  value(name: string): Value {
    const type = this.#typing.types.get(name);
    if (type === undefined) throw new GraphError(`Cannot find value ${name} in graph ${this.name}`);
    return { name, type };
  }

  /**
   * Makes a value an output, under another name in the built graph if one is given. An input, an initializer and
   * what is an output already goes through Identity.
   */
  output(value: Value, name?: string): void {
    const { name: own } = this.value(value.name);
    if (name !== undefined && name !== own) this.#take(name);
    if (this.#ends.has(own) || this.#initializers.has(own)) {
      const copy = this.op("Identity", [value]);
      this.#addOutput(copy.name);
      if (name !== undefined) this.#renames.set(copy.name, name);
      return;
    }
    this.#addOutput(own);
    if (name !== undefined && name !== own) this.#renames.set(own, name);
  }

  #addOutput(name: string): void {
    this.#outputs.push(name);
    this.#ends.add(name);
  }

  /** The graph so far, with the names in use, and with this value as its only output. */
  soFar(output: Value): Graph {
    const graph: Graph = {
      name: this.name,
      inputs: [...this.#inputs],
      outputs: [this.value(output.name).name],
      nodes: [...this.#nodes],
      initializers: new Map(this.#initializers),
      types: new Map(this.#typing.types),
    };
    checkGraph(graph);
    return graph;
  }

  /** The graph, checked. The builder can go on after it. */
  build(): Graph {
    const renamed = (name: string) => this.#renames.get(name) ?? name;
    const graph: Graph = {
      name: this.name,
      inputs: [...this.#inputs],
      outputs: this.#outputs.map(renamed),
      nodes: this.#nodes.map((node) => ({
        ...node,
        inputs: node.inputs.map(renamed),
        outputs: node.outputs.map(renamed),
      })),
      initializers: new Map(this.#initializers),
      types: new Map([...this.#typing.types].map(([name, type]) => [renamed(name), type])),
    };
    checkGraph(graph);
    return graph;
  }

  #apply(
    op: string,
    inputs: readonly (Value | null)[],
    attributes: Readonly<Record<string, AttributeInput>>,
    num_outputs: number,
    options: OpOptions,
  ): Value[] {
    const name = options.name ??
      this.#freshName(
        op.toLowerCase(),
        (candidate) => this.#node_names.has(candidate) || this.has(candidate),
      );
    const first = options.output ?? name;
    const outputs = num_outputs === 1
      ? [first]
      : Array.from({ length: num_outputs }, (_, i) => `${first}_${i}`);
    const node: Node = {
      name,
      op,
      domain: "",
      // Not those that are left out at the end: ONNX Runtime's providers for GPUs take an empty name for a tensor.
      inputs: inputs.slice(0, inputs.findLastIndex((value) => value !== null) + 1)
        .map((value) => value === null ? "" : value.name),
      outputs,
      attributes: this.#attributes(op, name, attributes),
    };
    this.#append(node);
    return outputs.map((output) => this.value(output));
  }

  #append(node: Node): void {
    if (node.name !== "" && this.#node_names.has(node.name)) {
      throw new GraphError(
        `Cannot add node ${node.name} (${node.op}) to graph ${this.name}: another node has this name`,
      );
    }
    for (const name of node.outputs) if (name !== "") this.#checkFree(name);
    this.#typing.node(node);
    this.#node_names.add(node.name);
    this.#nodes.push(node);
  }

  #attributes(
    op: string,
    node: string,
    attributes: Readonly<Record<string, AttributeInput>>,
  ): Readonly<Record<string, Attribute>> {
    const where = `node ${node} (${op}) of graph ${this.name}`;
    if (!isOpName(op)) throw new GraphError(`Cannot use ${where}: unknown operator`);
    return Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => {
        const kind = attributeKind(OPERATORS[op], name);
        if (kind === undefined) throw new GraphError(`Cannot use ${where}: unknown attribute ${name}`);
        const attribute = toAttribute(kind, value);
        if (attribute) return [name, attribute];
        throw new GraphError(`Cannot use ${where}: attribute ${name} must be of kind ${kind}`);
      }),
    );
  }

  #checkFree(name: string): void {
    if (name === "") throw new GraphError(`Cannot add a value without name to graph ${this.name}`);
    if (this.has(name)) {
      throw new GraphError(`Cannot add value ${name} to graph ${this.name}: another value has this name`);
    }
  }

  #take(name: string): void {
    this.#checkFree(name);
    this.#reserved.add(name);
  }

  #freshName(stem: string, isTaken: (name: string) => boolean): string {
    let counter = this.#counters.get(stem) ?? 0;
    while (isTaken(`${stem}_${counter}`)) counter++;
    this.#counters.set(stem, counter + 1);
    return `${stem}_${counter}`;
  }
}

/** Equal for equal small constants; undefined for those that are not shared. */
function sharingKey(tensor: Tensor): string | undefined {
  if (tensor.element === "string" || tensor.data.length > MAX_SHARED) return undefined;
  return `${tensor.element}[${tensor.shape.join(",")}] ${tensorBytes(tensor).join(",")}`;
}

/** The attribute of this kind, undefined where the value does not fit it. */
export function toAttribute(kind: Attribute["kind"], value: AttributeInput): Attribute | undefined {
  if (isAttribute(value)) return value.kind === kind ? value : undefined;
  switch (kind) {
    case "int":
      return Number.isSafeInteger(value) ? { kind, value: value as number } : undefined;
    case "float":
      return typeof value === "number" ? { kind, value } : undefined;
    case "string":
      return typeof value === "string" ? { kind, value } : undefined;
    case "ints":
      return isListOf(value, (item) => Number.isSafeInteger(item))
        ? { kind, value: value as number[] }
        : undefined;
    case "floats":
      return isListOf(value, (item) => typeof item === "number")
        ? { kind, value: value as number[] }
        : undefined;
    case "strings":
      return isListOf(value, (item) => typeof item === "string")
        ? { kind, value: value as string[] }
        : undefined;
    case "tensor":
      return isTensor(value) ? { kind, value } : undefined;
  }
}

function isAttribute(value: AttributeInput): value is Attribute {
  return typeof value === "object" && "kind" in value;
}

function isTensor(value: AttributeInput): value is Tensor {
  return typeof value === "object" && "element" in value;
}

function isListOf(value: AttributeInput, fits: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(fits);
}
