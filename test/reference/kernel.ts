/** What computes one operator: inputs (undefined where omitted) and the node's attributes to all its outputs. */
import type { Attribute, Node } from "../../onnx/graph.ts";
import type { RefTensor } from "./ref_tensor.ts";

export type Kernel = (call: Call) => RefTensor | readonly RefTensor[];

export class Call {
  /** `floatOf`: what a float attribute stands for, which AttributeProto keeps rounded. */
  constructor(
    readonly node: Node,
    readonly inputs: readonly (RefTensor | undefined)[],
    private readonly floatOf: (stored: number) => number,
  ) {}

  x(index: number): RefTensor {
    const input = this.inputs[index];
    if (input === undefined) throw new Error(`Node ${this.node.name} (${this.node.op}) needs input ${index}`);
    return input;
  }

  attribute<K extends Attribute["kind"]>(name: string, kind: K) {
    const found = this.node.attributes[name];
    if (found === undefined) return undefined;
    if (found.kind !== kind) throw new Error(`Attribute ${name} of ${this.node.op} is no ${kind}`);
    return found.value as Extract<Attribute, { kind: K }>["value"];
  }

  int(name: string, otherwise: number): number {
    return this.attribute(name, "int") ?? otherwise;
  }

  float(name: string, otherwise: number): number {
    return this.floatOf(Math.fround(this.attribute(name, "float") ?? otherwise));
  }

  /** The numbers of an optional integer input. */
  numbers(index: number): readonly number[] | undefined {
    const input = this.inputs[index];
    return input && [...input.data];
  }
}
