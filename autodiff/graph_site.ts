/** View of a node in a graph for gradient rules and expansions, and their errors about it. */
import type { Value } from "../onnx/builder.ts";
import type { Node } from "../onnx/graph.ts";
import { tensorOf } from "../onnx/tensor.ts";
import { Emitter } from "./emitter.ts";

export abstract class GraphSite extends Emitter {
  protected abstract readonly node: Node;

  /** An input, which must be there. */
  abstract x(index: number): Value;

  /** The numbers of an input, undefined where it is not constant. */
  abstract maybeConstants(index: number): readonly number[] | undefined;

  /** The numbers of an input, which must be constant: an initializer, or a Constant node's. */
  constants(index: number): readonly number[] {
    return this.maybeConstants(index) ?? this.fail(`input "${this.node.inputs[index]}" must be constant`);
  }

  /**
   * The exponent of a Pow; a constant one in the element type of the numbers: kernels for integer exponents are the
   * CPU's alone.
   */
  get exponent(): Value {
    const p = this.x(1);
    const numbers = p.type.element === this.element ? undefined : this.maybeConstants(1);
    return numbers ? this.constant(tensorOf(this.element, this.shape(p), numbers)) : p;
  }

  /** [N, C, ...] as [N, ..., C]: the elements of a pixel lie side by side. */
  channelsLast(x: Value): Value {
    return this.transpose(x, [0, ...[...x.type.shape.keys()].slice(2), 1]);
  }

  /** [N, ..., C] as [N, C, ...]. */
  channelsSecond(x: Value): Value {
    const last = x.type.shape.length - 1;
    return this.transpose(x, [0, last, ...Array.from({ length: last - 1 }, (_, i) => i + 1)]);
  }
}
