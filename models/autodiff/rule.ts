/** What a gradient rule is, and what it sees of the node that it differentiates. */
import type { AttributeInput, GraphBuilder, Value } from "../onnx/builder.ts";
import { isFixed, sameShape } from "../onnx/dims.ts";
import type { Attribute, Graph, Node, Tensor } from "../onnx/graph.ts";
import { GraphError } from "../onnx/graph_error.ts";
import { describeNode } from "../onnx/operator.ts";
import type { OpName } from "../onnx/shapes.ts";

/**
 * Gradient of the loss with respect to input `index`. Its shape is the input's, or one that the input broadcasts
 * to: the walk undoes the broadcasting. Null where the rule of another input holds this one's share already.
 */
export type InputRule = (n: RuleSite, index: number) => Value | null;

/**
 * The rules of an operator's inputs in turn, null for an input that no gradient flows to (a condition, a shape,
 * axes). One function alone serves every input.
 */
export type Rule = InputRule | readonly (InputRule | null)[];

export type Rules = Readonly<Partial<Record<OpName, Rule>>>;

/** The rule of input `index`, null where no gradient flows to it. */
export function inputRule(rule: Rule, index: number): InputRule | null {
  return typeof rule === "function" ? rule : rule[index] ?? null;
}

/** A node seen from behind: its values, the gradients of its outputs, and a short hand for what rules emit. */
export class RuleSite {
  constructor(
    private readonly graph: Graph,
    private readonly b: GraphBuilder,
    readonly node: Node,
    /** Gradients of the outputs, undefined where the loss does not depend on one. */
    private readonly dys: readonly (Value | undefined)[],
  ) {}

  /** Throws {@linkcode GraphError} naming graph, node and operator. */
  fail(reason: string): never {
    throw new GraphError(`Cannot differentiate ${describeNode(this.graph.name, this.node)}: ${reason}`);
  }

  has(index: number): boolean {
    return (this.node.inputs[index] ?? "") !== "";
  }

  x(index: number): Value {
    return this.b.value(this.node.inputs[index]!);
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

  /** Extents of a value, which must be numbers. */
  shape(value: Value): readonly number[] {
    const { shape } = value.type;
    if (isFixed(shape)) return shape;
    return this.fail(`"${value.name}" must have a fixed shape: found [${shape.join(",")}]`);
  }

  int(name: string, otherwise: number): number {
    return this.attribute(name, "int") ?? otherwise;
  }

  ints(name: string): readonly number[] | undefined {
    return this.attribute(name, "ints");
  }

  string(name: string): string | undefined {
    return this.attribute(name, "string");
  }

  /** Rounded to float32, as model files keep it. */
  float(name: string, otherwise: number): number {
    return Math.fround(this.attribute(name, "float") ?? otherwise);
  }

  /** The numbers of an input, which must be constant: an initializer, or a Constant node's. */
  constants(index: number): readonly number[] {
    const name = this.node.inputs[index]!;
    const source = this.graph.nodes.find((node) => node.op === "Constant" && node.outputs[0] === name);
    const { value, value_ints, value_floats } = source?.attributes ?? {};
    if (value_ints?.kind === "ints") return value_ints.value;
    if (value_floats?.kind === "floats") return value_floats.value.map(Math.fround);
    const tensor = value?.kind === "tensor" ? value.value : this.graph.initializers.get(name);
    return tensor ? Array.from(tensor.data, Number) : this.fail(`input "${name}" must be constant`);
  }

  op(op: OpName, inputs: readonly Value[], attributes: Readonly<Record<string, AttributeInput>> = {}): Value {
    return this.b.op(op, inputs, attributes);
  }

  add(a: Value, b: Value): Value {
    return this.op("Add", [a, b]);
  }

  sub(a: Value, b: Value): Value {
    return this.op("Sub", [a, b]);
  }

  mul(a: Value, b: Value): Value {
    return this.op("Mul", [a, b]);
  }

  div(a: Value, b: Value): Value {
    return this.op("Div", [a, b]);
  }

  neg(a: Value): Value {
    return this.op("Neg", [a]);
  }

  where(condition: Value, a: Value, b: Value): Value {
    return this.op("Where", [condition, a, b]);
  }

  /** A scalar constant of the element type of the gradients. */
  number(value: number): Value {
    return this.b.scalar(value, this.y.type.element);
  }

  constant(tensor: Tensor): Value {
    return this.b.constant(tensor);
  }

  intVector(values: readonly number[]): Value {
    return this.b.ints(values);
  }

  zeros(shape: readonly number[]): Value {
    return this.expand(this.number(0), shape);
  }

  reshape(value: Value, shape: readonly number[]): Value {
    if (sameShape(value.type.shape, shape)) return value;
    return this.op("Reshape", [value, this.b.ints(shape)], shape.includes(0) ? { allowzero: 1 } : {});
  }

  expand(value: Value, shape: readonly number[]): Value {
    return sameShape(value.type.shape, shape) ? value : this.op("Expand", [value, this.b.ints(shape)]);
  }

  sum(value: Value, axes: readonly number[], keepdims: boolean): Value {
    if (axes.length === 0) return value;
    return this.op("ReduceSum", [value, this.b.ints(axes)], { keepdims: keepdims ? 1 : 0 });
  }

  private attribute<K extends Attribute["kind"]>(name: string, kind: K) {
    const attribute = this.node.attributes[name];
    return attribute?.kind === kind
      ? (attribute as Extract<Attribute, { kind: K }>).value as Extract<Attribute, { kind: K }>["value"]
      : undefined;
  }
}
