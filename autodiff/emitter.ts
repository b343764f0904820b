/** A short hand for what gradient rules and expansions emit, and how they read the node that they stand for. */
import type { AttributeInput, Value } from "../onnx/builder.ts";
import { isFixed, sameShape } from "../onnx/dims.ts";
import { attributeOf, type ElementType, type Node, type Tensor } from "../onnx/graph.ts";
import type { OpName } from "../onnx/shapes.ts";
import { tensorOf } from "../onnx/tensor.ts";

export abstract class Emitter {
  /** Attributes of the node. */
  protected abstract readonly attributes: Node["attributes"];

  /** Element type of the numbers that are emitted. */
  protected abstract readonly element: ElementType;

  /** Throws {@linkcode GraphError} naming graph, node and operator. */
  abstract fail(reason: string): never;

  abstract constant(tensor: Tensor): Value;

  abstract op(
    op: OpName,
    inputs: readonly (Value | null)[],
    attributes?: Readonly<Record<string, AttributeInput>>,
  ): Value;

  int(name: string, otherwise: number): number {
    return attributeOf(this.attributes, name, "int") ?? otherwise;
  }

  ints(name: string): readonly number[] | undefined {
    return attributeOf(this.attributes, name, "ints");
  }

  string(name: string): string | undefined {
    return attributeOf(this.attributes, name, "string");
  }

  /** Rounded to float32, as model files keep it. */
  float(name: string, otherwise: number): number {
    return Math.fround(attributeOf(this.attributes, name, "float") ?? otherwise);
  }

  /** Extents of a value, which must be numbers. */
  shape(value: Value): readonly number[] {
    const { shape } = value.type;
    if (isFixed(shape)) return shape;
    return this.fail(`"${value.name}" must have a fixed shape: found [${shape.join(",")}]`);
  }

  /** Extent of an axis, which must be a number. */
  extent(value: Value, axis: number): number {
    const extent = value.type.shape[axis];
    if (typeof extent === "number") return extent;
    return this.fail(`axis ${axis} of "${value.name}" must have a fixed size: found ${extent}`);
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

  /** A scalar constant. */
  number(value: number): Value {
    return this.constant(tensorOf(this.element, [], [value]));
  }

  intVector(values: readonly number[]): Value {
    return this.constant(tensorOf("int64", [values.length], values));
  }

  zeros(shape: readonly number[]): Value {
    return this.expand(this.number(0), shape);
  }

  reshape(value: Value, shape: readonly number[]): Value {
    if (sameShape(value.type.shape, shape)) return value;
    return this.op("Reshape", [value, this.intVector(shape)], shape.includes(0) ? { allowzero: 1 } : {});
  }

  transpose(value: Value, perm: readonly number[]): Value {
    return perm.every((axis, i) => axis === i) ? value : this.op("Transpose", [value], { perm });
  }

  expand(value: Value, shape: readonly number[]): Value {
    return sameShape(value.type.shape, shape) ? value : this.op("Expand", [value, this.intVector(shape)]);
  }

  sum(value: Value, axes: readonly number[], keepdims: boolean): Value {
    return this.reduce("ReduceSum", value, axes, keepdims);
  }

  mean(value: Value, axes: readonly number[], keepdims: boolean): Value {
    return this.reduce("ReduceMean", value, axes, keepdims);
  }

  private reduce(op: OpName, value: Value, axes: readonly number[], keepdims: boolean): Value {
    return axes.length === 0
      ? value
      : this.op(op, [value, this.intVector(axes)], { keepdims: keepdims ? 1 : 0 });
  }

  /** Elements start to end - 1 along an axis. */
  slice(x: Value, axis: number, start: number, end: number): Value {
    return this.op("Slice", [x, ...[start, end, axis].map((at) => this.intVector([at]))]);
  }

  /**
   * The elements along an axis from the last to the first. Slices with steps below 0 must start at the last: others
   * come out wrong from WebGPU's provider, without an error (measured with 1.30).
   */
  reversed(x: Value, axis: number): Value {
    return this.op("Slice", [x, ...[-1, -(2 ** 31), axis, -1].map((at) => this.intVector([at]))]);
  }
}
