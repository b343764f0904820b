/** Gradient rules, and their view of the node that they differentiate. */
import type { AttributeInput, GraphBuilder, Value } from "../onnx/builder.ts";
import type { ElementType, Graph, Node, Tensor } from "../onnx/graph.ts";
import { GraphError } from "../onnx/graph_error.ts";
import { describeNode } from "../onnx/operator.ts";
import type { OpName } from "../onnx/shapes.ts";
import { constantNumbers, numbersOf } from "./constants.ts";
import { GraphSite } from "./graph_site.ts";

/**
 * Gradient of the loss with respect to input `index`. Its shape is the input's, or one that the input broadcasts
 * to: the walk undoes the broadcasting. Null where the rule of another input holds this one's share already.
 */
export type InputRule = (n: RuleSite, index: number) => Value | null;

/**
 * The rules of an operator's inputs in turn, null for an input that no gradient flows to (a condition, a shape,
 * axes). One function alone serves every input.
 */
export type GradientRule = InputRule | readonly (InputRule | null)[];

export type Rules = Readonly<Partial<Record<OpName, GradientRule>>>;

/** The rule of input `index`, null where no gradient flows to it. */
export function inputRule(rule: GradientRule, index: number): InputRule | null {
  return typeof rule === "function" ? rule : rule[index] ?? null;
}

/** A node seen from behind: its values, the gradients of its outputs, and a short hand for what rules emit. */
export class RuleSite extends GraphSite {
  #starts: number[] | null = null;

  constructor(
    private readonly graph: Graph,
    private readonly b: GraphBuilder,
    override readonly node: Node,
    /** Gradients of the outputs, undefined where the loss does not depend on one. */
    private readonly dys: readonly (Value | undefined)[],
  ) {
    super();
  }

  /** Throws {@linkcode GraphError} naming graph, node and operator. */
  override fail(reason: string): never {
    throw new GraphError(`Cannot differentiate ${describeNode(this.graph.name, this.node)}: ${reason}`);
  }

  has(index: number): boolean {
    return (this.node.inputs[index] ?? "") !== "";
  }

  override x(index: number): Value {
    return this.b.value(this.node.inputs[index]!);
  }

  /**
   * Where each input begins along the axis along which the node joins them, and where the last ends. Made once for all
   * inputs: there may be thousands.
   */
  starts(axis: number): readonly number[] {
    if (this.#starts === null) {
      this.#starts = [0];
      for (const i of this.node.inputs.keys()) {
        this.#starts.push(this.#starts.at(-1)! + this.shape(this.x(i))[axis]!);
      }
    }
    return this.#starts;
  }

  get y(): Value {
    return this.b.value(this.node.outputs[0]!);
  }

  /** Gradient of the first output. */
  get dy(): Value {
    return this.dyOf(0);
  }

  /** Gradient of an output; zeros where the loss does not depend on it. */
  dyOf(index: number): Value {
    const name = this.node.outputs[index]!;
    if (name === "") this.fail(`output ${index} must have a name`);
    return this.dys[index] ?? this.zeros(this.shape(this.b.value(name)));
  }

  override maybeConstants(index: number): readonly number[] | undefined {
    const name = this.node.inputs[index]!;
    const source = this.graph.nodes.find((node) => node.op === "Constant" && node.outputs[0] === name);
    return constantNumbers(source?.attributes) ?? numbersOf(this.graph.initializers.get(name));
  }

  override op(
    op: OpName,
    inputs: readonly (Value | null)[],
    attributes: Readonly<Record<string, AttributeInput>> = {},
  ): Value {
    return this.b.op(op, inputs, attributes);
  }

  override constant(tensor: Tensor): Value {
    return this.b.constant(tensor);
  }

  protected override get attributes(): Node["attributes"] {
    return this.node.attributes;
  }

  /** The gradients' element type. */
  protected override get element(): ElementType {
    return this.y.type.element;
  }
}
