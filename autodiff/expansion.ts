/** Expansions: operators written with other operators, and their view of the node that they replace. */
import type { AttributeInput, Value } from "../onnx/builder.ts";
import { attributeOf, type ElementType, type Graph, type Node, type Tensor } from "../onnx/graph.ts";
import { GraphError } from "../onnx/graph_error.ts";
import { describeNode } from "../onnx/operator.ts";
import type { OpName } from "../onnx/shapes.ts";
import { constantNumbers, numbersOf } from "./constants.ts";
import { GraphSite } from "./graph_site.ts";
import { type Application, type Pattern, Rewriter, typedAttributes } from "./rewriter.ts";

/**
 * The outputs of an operator by way of other operators, or its first output alone where it has one; null where it
 * is better left as it is.
 */
export type Expansion = (n: ExpansionSite) => Value | readonly Value[] | null;

export type Expansions = Readonly<Partial<Record<OpName, Expansion>>>;

/** A node to be replaced: its inputs and attributes, and a short hand for what takes its place. */
export class ExpansionSite extends GraphSite {
  constructor(
    private readonly graph: string,
    protected readonly node: Node,
    private readonly n: Application,
    private readonly r: Rewriter,
  ) {
    super();
  }

  override fail(reason: string): never {
    throw new GraphError(`Cannot decompose ${describeNode(this.graph, this.node)}: ${reason}`);
  }

  get num_inputs(): number {
    return this.n.inputs.length;
  }

  has(index: number): boolean {
    return (this.n.inputs[index] ?? null) !== null;
  }

  override x(index: number): Value {
    return this.n.inputs[index] ?? this.fail(`input ${index} must be present`);
  }

  /** Type of the first output. */
  get type(): Application["type"] {
    return this.n.type;
  }

  /** The node's own attributes, for an operator of its kind. */
  get own_attributes(): Node["attributes"] {
    return this.n.attributes;
  }

  /** The value whose transpose is an input; null if there is none. */
  transposed(index: number, perm: readonly number[]): Value | null {
    const made = this.r.producer(this.x(index), "Transpose");
    const found = made && attributeOf(made.attributes, "perm", "ints");
    const same = found?.length === perm.length && perm.every((axis, i) => found[i] === axis);
    return same ? made!.inputs[0]! : null;
  }

  override maybeConstants(index: number): readonly number[] | undefined {
    const value = this.x(index);
    return numbersOf(this.r.tensorOf(value)) ??
      constantNumbers(this.r.producer(value, "Constant")?.attributes);
  }

  override op(
    op: OpName,
    inputs: readonly (Value | null)[],
    attributes: Readonly<Record<string, AttributeInput>> = {},
  ): Value {
    return this.r.emit(op, inputs, typedAttributes(op, attributes));
  }

  override constant(tensor: Tensor): Value {
    return this.r.constant(tensor);
  }

  protected override get attributes(): Node["attributes"] {
    return this.n.attributes;
  }

  /** The type of the first output. */
  protected override get element(): ElementType {
    return this.n.type.element;
  }
}

/** The graph with every operator of the table written by its expansion; outputs keep names and types. */
export function expandAll(graph: Graph, expansions: Expansions): Graph {
  const of = (node: Node) => expansions[node.op as OpName];
  if (!graph.nodes.some(of)) return graph;
  const rewriter = new Rewriter(graph);
  for (const node of graph.nodes) {
    const expansion = of(node);
    const pattern: Pattern = (n, r) => expansion!(new ExpansionSite(graph.name, node, n, r));
    rewriter.replay(node, expansion ? [pattern] : []);
  }
  return rewriter.finish();
}
