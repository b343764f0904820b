/** The float32 initializers of a file as inputs of the imported graph, under names of ours. */
import type { GraphBuilder, Value } from "../../../onnx/builder.ts";
import type { Node, Tensor } from "../../../onnx/graph.ts";

/** Longest name, without what stands before it and what tells equal ones apart: manifests take 128 characters. */
const MAX_NAME = 90;

export class Weights {
  /** The file's values for each input, in the order of first use. */
  readonly values = new Map<string, Tensor>();
  /** The name in the file of each input. */
  readonly file_names = new Map<string, string>();
  readonly #inputs = new Map<string, { readonly value: Value; readonly reader: Node }>();

  /** `keeps_shared`: whether one tensor of the file is one of the network, for sure. */
  constructor(
    private readonly b: GraphBuilder,
    private readonly prefix: string,
    private readonly keeps_shared: boolean,
  ) {}

  /**
   * The input for an initializer. What several nodes read is one weight; but some exporters also merge tensors that
   * happen to be equal, as fresh biases and scales are: of those, where all numbers are the same, each node has a weight
   * of its own.
   */
  read(name: string, tensor: Tensor, reader: Node): Value {
    const known = this.#inputs.get(name);
    if (known && (this.keeps_shared || known.reader === reader || !isUniform(tensor))) return known.value;
    const value = this.declare(name, tensor);
    this.#inputs.set(name, { value, reader });
    return value;
  }

  /** A new input with a name like this one. */
  declare(name: string, tensor: Tensor): Value {
    const stem = `${this.prefix}.${name.replace(/[^\w.-]/g, "_").slice(-MAX_NAME)}`;
    let own = stem;
    for (let i = 2; this.b.has(own); i++) own = `${stem}.${i}`;
    this.values.set(own, tensor);
    this.file_names.set(own, name);
    return this.b.input(own, tensor.element, tensor.shape);
  }
}

/** True if all numbers are the same. */
export function isUniform({ data }: Tensor): boolean {
  const [first] = data as Float32Array;
  return (data as Float32Array).every((item) => item === first);
}
