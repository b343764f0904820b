/** Entries of the operator table, and their view of the node whose types they infer. */
import {
  type Attribute,
  attributeOf,
  type Dim,
  type ElementType,
  type Node,
  type Shape,
  type Tensor,
  type TensorType,
} from "./graph.ts";
import { broadcast, formatType } from "./dims.ts";
import { GraphError } from "./graph_error.ts";

/** One operator of ai.onnx at opset 18, or a later one of up to 21 where the table says so. */
export interface Operator {
  /** Fewest and most inputs. Omitted ones count where a later one is given. */
  readonly inputs: readonly [fewest: number, most: number];
  /** Fewest and most outputs. */
  readonly outputs: readonly [fewest: number, most: number];
  /** Known attributes and their kinds; any other is refused. */
  readonly attributes: Readonly<Record<string, Attribute["kind"]>>;
  /** Types of the outputs; calls {@linkcode Site.fail} where inputs or attributes are wrong. */
  readonly infer: (site: Site) => readonly TensorType[];
  /** Contents of an output of rank 0 or 1 where they are known, so that shapes can be computed. */
  readonly contents?: (site: Site) => readonly Dim[] | undefined;
}

/** A node under inference: its operand types, known contents and attributes. */
export class Site {
  constructor(
    readonly graph: string,
    readonly node: Node,
    /** Types of the inputs; undefined for an omitted one. */
    readonly inputs: readonly (TensorType | undefined)[],
    private readonly known: (input: string) => readonly Dim[] | undefined,
  ) {}

  /** Throws {@linkcode GraphError} naming graph, node, operator and input types. */
  fail(reason: string): never {
    throw new GraphError(
      `Cannot type ${describeNode(this.graph, this.node)} on ` +
        `(${this.inputs.map(formatType).join(", ")}): ${reason}`,
    );
  }

  has(index: number): boolean {
    return this.inputs[index] !== undefined;
  }

  type(index: number): TensorType {
    return this.inputs[index] ?? this.fail(`input ${index} must be present`);
  }

  shape(index: number): Shape {
    return this.type(index).shape;
  }

  /** Type of input `index`, which must be of one of these element types. */
  typeIn(index: number, allowed: readonly ElementType[]): TensorType {
    const type = this.type(index);
    if (!allowed.includes(type.element)) {
      this.fail(`input ${index} must be of ${allowed.join(", ")}: found ${type.element}`);
    }
    return type;
  }

  /** The one element type that all inputs present must have. */
  commonElement(allowed: readonly ElementType[], indices = this.inputs.keys()): ElementType {
    let common: ElementType | undefined;
    for (const i of indices) {
      if (!this.has(i)) continue;
      const { element } = this.typeIn(i, allowed);
      common ??= element;
      if (element !== common) {
        this.fail(`inputs must have the same element type: found ${common} and ${element}`);
      }
    }
    return common ?? this.fail("at least one input must be present");
  }

  /** Broadcast of shapes that must fit each other. */
  broadcast(shapes: readonly Shape[]): Shape {
    return shapes.reduce((a, b) =>
      broadcast(a, b) ??
        this.fail(`shapes [${a.join(",")}] and [${b.join(",")}] cannot be broadcast to a common shape`)
    );
  }

  /** Contents of an integer input, which must be known; extents computed from shapes may be names. */
  contents(index: number, what: string): readonly Dim[] {
    const { element, shape } = this.type(index);
    if ((element !== "int64" && element !== "int32") || shape.length > 1) {
      this.fail(`${what} (input ${index}) must be integers of rank 1: found ${formatType(this.type(index))}`);
    }
    return this.maybeContents(index) ??
      this.fail(
        `${what} (input ${index}, "${this.node.inputs[index]}") must be constant or computed from shapes`,
      );
  }

  maybeContents(index: number): readonly Dim[] | undefined {
    const name = this.node.inputs[index];
    return name ? this.known(name) : undefined;
  }

  /** Contents of an integer input that must be plain numbers. */
  numbers(index: number, what: string): readonly number[] {
    return this.contents(index, what).map((item) =>
      typeof item === "number"
        ? item
        : this.fail(`${what} (input ${index}) must be fixed numbers: found ${item}`)
    );
  }

  /** Contents of a float32 input of rank 1, which must be known. */
  floats(index: number, what: string): readonly number[] {
    const type = this.type(index);
    if (type.element !== "float32" || type.shape.length !== 1) {
      this.fail(`${what} (input ${index}) must be float32 of rank 1: found ${formatType(type)}`);
    }
    return (this.maybeContents(index) as readonly number[] | undefined) ??
      this.fail(`${what} (input ${index}, "${this.node.inputs[index]}") must be constant`);
  }

  /** An axis in -rank..rank-1, made non-negative. */
  axis(axis: number, rank: number): number {
    if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
      this.fail(`axis must be ${-rank} to ${rank - 1}: found ${axis}`);
    }
    return axis < 0 ? axis + rank : axis;
  }

  /** Axes made non-negative, each once. */
  axes(axes: readonly number[], rank: number): readonly number[] {
    const out = axes.map((axis) => this.axis(axis, rank));
    if (new Set(out).size < out.length) this.fail(`axes must be distinct: found [${axes.join(",")}]`);
    return out;
  }

  int(name: string, otherwise?: number): number {
    return attributeOf(this.node.attributes, name, "int") ?? otherwise ??
      this.fail(`attribute ${name} must be present`);
  }

  ints(name: string): readonly number[] | undefined {
    return attributeOf(this.node.attributes, name, "ints");
  }

  attributeFloats(name: string): readonly number[] | undefined {
    return attributeOf(this.node.attributes, name, "floats");
  }

  string(name: string): string | undefined {
    return attributeOf(this.node.attributes, name, "string");
  }

  tensor(name: string): Tensor | undefined {
    return attributeOf(this.node.attributes, name, "tensor");
  }
}

/** How errors call a node: `node h1 (MatMul) of graph critic`. */
export function describeNode(graph: string, node: Node): string {
  return `node ${node.name || node.outputs[0] || "without name"} (${node.op}) of graph ${graph}`;
}
