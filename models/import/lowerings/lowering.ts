/**
 * Lowerings: operators of a file that the table of `models/onnx` lacks, or forms of one that it does not
 * take, written with operators that it has while the file is imported. So rules, expansions and providers need not
 * know it, and its gradients of any order are those of what it is written with.
 */
import { Emitter } from "../../../autodiff/emitter.ts";
import type { AttributeInput, Value } from "../../../onnx/builder.ts";
import {
  attributeOf,
  type Dim,
  type ElementType,
  type Node,
  type Shape,
  type Tensor,
} from "../../../onnx/graph.ts";
import type { FileGraph, FileNode } from "../../../onnx/graph_reader.ts";
import type { OpName } from "../../../onnx/shapes.ts";
import { type Known, numbersIn, shapeOfKnown } from "../known.ts";

/** The outputs of a node in turn; null where the node is to stay as it is. */
export type Lowering = (n: LoweringSite) => readonly Known[] | null;

export type Lowerings = Readonly<Record<string, Lowering>>;

/** Requests that a lowering may make of the import. */
export interface ImportSteps {
  /** A value for what is known, through which gradients flow. */
  operand(known: Known): Value;
  apply(
    op: OpName,
    inputs: readonly (Value | null)[],
    attributes: Readonly<Record<string, AttributeInput>>,
    num_outputs: number,
  ): readonly Value[];
  constant(tensor: Tensor): Value;
  /** A shape whose items may be the batch, or numbers of batches. */
  shape(items: readonly Dim[]): Value;
  /** The outputs of a graph that a node holds, given its inputs. */
  inline(graph: FileGraph, inputs: readonly Known[]): readonly Known[];
  fail(reason: string): never;
}

/** A node of a file under import. */
export class LoweringSite extends Emitter {
  constructor(
    readonly node: FileNode,
    readonly known: readonly (Known | undefined)[],
    private readonly steps: ImportSteps,
  ) {
    super();
  }

  override fail(reason: string): never {
    return this.steps.fail(reason);
  }

  has(index: number): boolean {
    return this.known[index] !== undefined;
  }

  /** The known value of a required input. */
  input(index: number): Known {
    return this.known[index] ?? this.fail(`its input ${index} must be present`);
  }

  x(index: number): Value {
    return this.valueFor(this.input(index));
  }

  valueFor(known: Known): Value {
    return this.steps.operand(known);
  }

  /** Shape of an input that must be a tensor. */
  shapeAt(index: number): Shape {
    return shapeOfKnown(this.input(index)) ??
      this.fail(`its input ${index} must be a tensor, found a sequence`);
  }

  /** The numbers of an input that must be constant. */
  numbers(index: number, what: string): readonly number[] {
    return numbersIn(this.input(index)) ?? this.fail(`its ${what} must be constant`);
  }

  /** An axis of a tensor of this rank, counted from the end where it is below 0. */
  axisOf(given: number, rank: number): number {
    const axis = given < 0 ? given + rank : given;
    return axis >= 0 && axis < rank
      ? axis
      : this.fail(`its axis must be ${-rank} to ${rank - 1}: found ${given}`);
  }

  floats(name: string): readonly number[] | undefined {
    return attributeOf(this.node.attributes, name, "floats")?.map(Math.fround);
  }

  strings(name: string): readonly string[] | undefined {
    return attributeOf(this.node.attributes, name, "strings");
  }

  /** A graph that the node holds. */
  subgraph(name: string): FileGraph {
    return this.node.subgraphs?.[name] ?? this.fail(`attribute ${name} must be present`);
  }

  inline(graph: FileGraph, inputs: readonly Known[]): readonly Known[] {
    return this.steps.inline(graph, inputs);
  }

  /** A shape as a value; its items may be the batch. */
  shapeValue(items: readonly Dim[]): Value {
    return this.steps.shape(items);
  }

  override op(
    op: OpName,
    inputs: readonly (Value | null)[],
    attributes: Readonly<Record<string, AttributeInput>> = {},
  ): Value {
    return this.steps.apply(op, inputs, attributes, 1)[0]!;
  }

  /** Several outputs. */
  ops(
    op: OpName,
    inputs: readonly (Value | null)[],
    attributes: Readonly<Record<string, AttributeInput>>,
    num_outputs: number,
  ): readonly Value[] {
    return this.steps.apply(op, inputs, attributes, num_outputs);
  }

  override constant(tensor: Tensor): Value {
    return this.steps.constant(tensor);
  }

  squeeze(x: Value, axis: number): Value {
    return this.op("Squeeze", [x, this.intVector([axis])]);
  }

  unsqueeze(x: Value, axis: number): Value {
    return this.op("Unsqueeze", [x, this.intVector([axis])]);
  }

  /** The parts along an axis, which must have these extents together. */
  split(x: Value, axis: number, extents: readonly number[]): readonly Value[] {
    if (extents.length === 1) return [x];
    return this.ops("Split", [x, this.intVector(extents)], { axis }, extents.length);
  }

  protected override get attributes(): Node["attributes"] {
    return this.node.attributes;
  }

  protected override get element(): ElementType {
    return "float32";
  }
}
