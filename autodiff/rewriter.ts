/** Replays a graph node by node into a new one, so that each node can be replaced while it goes by. */
import { type AttributeInput, GraphBuilder, toAttribute, type Value } from "../onnx/builder.ts";
import type { Attribute, Graph, Node, Tensor, TensorType } from "../onnx/graph.ts";
import { attributeKind, OPERATORS, type OpName } from "../onnx/shapes.ts";
import { tensorBytes, tensorOf } from "../onnx/tensor.ts";

type Attributes = Readonly<Record<string, Attribute>>;

/** An operator on values of the new graph. */
export interface Application {
  readonly op: OpName;
  readonly inputs: readonly (Value | null)[];
  readonly attributes: Attributes;
  /** Type of the first output. */
  readonly type: TensorType;
}

/**
 * Replacements of an application: values of its outputs' types, in turn, or one for the first output alone;
 * null where the pattern does not apply.
 */
export type Pattern = (n: Application, r: Rewriter) => Value | readonly Value[] | null;

/** Attributes of the kinds that the operator has for their names. Throws TypeError where one does not fit. */
export function typedAttributes(
  op: OpName,
  attributes: Readonly<Record<string, AttributeInput>>,
): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => {
      const kind = attributeKind(OPERATORS[op], name);
      const attribute = kind && toAttribute(kind, value);
      if (attribute === undefined) throw new TypeError(`${op} has no attribute ${name} of such a kind`);
      return [name, attribute];
    }),
  );
}

/** Constants up to this many elements are compared. */
const MAX_SHARED = 1024;

/** Operators whose two operands can change places without changing a bit. */
const COMMUTATIVE: readonly OpName[] = ["Add", "Mul"];

/** Operators that give other numbers each time: never made once for two. */
const RANDOM: readonly OpName[] = ["Dropout"];

export class Rewriter {
  readonly #graph: Graph;
  readonly #outputs: ReadonlySet<string>;
  readonly #b: GraphBuilder;
  /** All names of the old graph, and new ones since. */
  readonly #names: Set<string>;
  readonly #values = new Map<string, Value>();
  readonly #constants = new Map<string, Tensor>();
  readonly #producers = new Map<string, Application>();
  readonly #node_names = new Set<string>();
  /** The number from which on there may be a free name, by stem. */
  readonly #counters = new Map<string, number>();
  /** Applications so far by what they compute: equal ones are made once. */
  readonly #made = new Map<string, readonly Value[]>();

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#outputs = new Set(graph.outputs);
    this.#b = new GraphBuilder(graph.name);
    this.#names = new Set([...graph.types.keys(), ...graph.nodes.map(({ name }) => name)]);
    for (const name of graph.inputs) {
      const { element, shape } = graph.types.get(name)!;
      this.#values.set(name, this.#b.input(name, element, shape));
    }
  }

  /** Takes a node over: replaced by what a pattern finds, or as it is. True where it was replaced. */
  replay(node: Node, patterns: readonly Pattern[]): boolean {
    const inputs = node.inputs.map((name) => name === "" ? null : this.#value(name));
    const type = this.#graph.types.get(node.outputs[0]!)!;
    const application = { op: node.op as OpName, inputs, attributes: node.attributes, type };
    for (const pattern of patterns) {
      const found = pattern(application, this);
      if (found === null) continue;
      this.#replace(node, "name" in found ? [found] : found);
      return true;
    }
    const outputs = this.#apply(application, node);
    node.outputs.forEach((name, i) => this.#values.set(name, outputs[i]!));
    return false;
  }

  /** A new application with one output. */
  emit(op: OpName, inputs: readonly (Value | null)[], attributes: Attributes = {}): Value {
    return this.#apply({ op, inputs, attributes })[0]!;
  }

  #replace(node: Node, values: readonly Value[]): void {
    for (const [i, name] of node.outputs.entries()) if (name !== "") this.#values.set(name, values[i]!);
  }

  /** A constant of the new graph; equal small ones are one. */
  constant(tensor: Tensor, name?: string): Value {
    const key = constantKey(tensor);
    const [known] = this.#made.get(key) ?? [];
    if (known) return known;
    const value = this.#b.constant(tensor, name ?? this.#fresh("folded"));
    this.#constants.set(value.name, tensor);
    if (tensor.data.length <= MAX_SHARED) this.#made.set(key, [value]);
    return value;
  }

  ints(values: readonly number[]): Value {
    return this.constant(tensorOf("int64", [values.length], values));
  }

  /** The tensor behind a value, if it is a constant. */
  tensorOf(value: Value): Tensor | undefined {
    return this.#constants.get(value.name);
  }

  /** The node that computes a value, if its operator is one of these. */
  producer(value: Value, ...ops: readonly OpName[]): Application | undefined {
    const producer = this.#producers.get(value.name);
    return producer && ops.includes(producer.op) ? producer : undefined;
  }

  /** The new graph, checked, with the outputs of the old one. */
  finish(): Graph {
    const taken = new Set<string>();
    const nodes = new Map(
      this.#graph.nodes.flatMap(({ name, outputs }) => outputs.map((output) => [output, name] as const)),
    );
    for (const name of this.#graph.outputs) {
      let value = this.#value(name);
      if (!this.#producers.has(value.name) || taken.has(value.name)) {
        const before = nodes.get(name) ?? "";
        const is_free = before !== "" && !this.#node_names.has(before);
        value = this.#b.op("Identity", [value], {}, {
          name: is_free ? before : this.#fresh("identity"),
          output: this.#fresh(name),
        });
      }
      taken.add(value.name);
      this.#b.output(value, name);
    }
    return this.#b.build();
  }

  /** The new value for an old name; initializers come over when they are first used. */
  #value(name: string): Value {
    const known = this.#values.get(name);
    if (known) return known;
    const value = this.constant(this.#graph.initializers.get(name)!, name);
    this.#values.set(name, value);
    return value;
  }

  /** Applies an operator unless it was before. A node keeps its names, others get new ones. */
  #apply({ op, inputs, attributes }: Omit<Application, "type">, node?: Node): readonly Value[] {
    const key = applicationKey(op, inputs, attributes);
    const known = this.#made.get(key);
    if (known && !RANDOM.includes(op)) return known;
    const name = node?.name || this.#fresh(op.toLowerCase());
    this.#node_names.add(name);
    const output = node ? this.#outputName(node) : name;
    const outputs = this.#b.ops(op, inputs, attributes, node?.outputs.length ?? 1, { name, output });
    for (const value of outputs) {
      this.#producers.set(value.name, { op, inputs, attributes, type: value.type });
    }
    this.#made.set(key, outputs);
    return outputs;
  }

  /**
   * Names of a node's outputs for the builder: as before, but several outputs by their numbers, and those that are
   * outputs of the graph by some other name, since they are renamed at last.
   */
  #outputName(node: Node): string {
    const isOwn = (name: string) =>
      !this.#outputs.has(name) && (node.outputs.includes(name) || !this.#names.has(name));
    if (node.outputs.length === 1) {
      return isOwn(node.outputs[0]!) ? node.outputs[0]! : this.#fresh(node.outputs[0]!);
    }
    const numbered = node.outputs.map((_, i) => `${node.name}_${i}`);
    return node.name !== "" && numbered.every(isOwn) ? node.name : this.#fresh(node.outputs[0]!);
  }

  /** A name that neither graph has. */
  #fresh(stem: string): string {
    // A name that is taken stays so.
    let counter = this.#counters.get(stem) ?? 0;
    while (this.#names.has(`${stem}_${counter}`)) counter++;
    const name = `${stem}_${counter}`;
    this.#counters.set(stem, counter + 1);
    this.#names.add(name);
    return name;
  }
}

function constantKey(tensor: Tensor): string {
  if (tensor.element === "string" || tensor.data.length > MAX_SHARED) return "";
  return `${tensor.element}[${tensor.shape.join(",")}] ${tensorBytes(tensor).join(",")}`;
}

function applicationKey(op: OpName, inputs: readonly (Value | null)[], attributes: Attributes): string {
  const names = inputs.map((value) => value?.name ?? "");
  if (COMMUTATIVE.includes(op)) names.sort();
  const settings = Object.keys(attributes).sort().map((name) => [name, attributes[name]]);
  return `${op}(${names.join(",")}) ${JSON.stringify(settings, bigintAsText)}`;
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}` : value;
}
