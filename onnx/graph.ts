/**
 * The typed graph: what every pass over ONNX reads and returns.
 *
 * A graph is a list of nodes in topological order over named values (static single assignment: every name is
 * written once). `types` knows element type and shape of every value: inputs, initializers and node outputs.
 * Graphs are immutable; a pass returns a new one.
 */

/**
 * Element types in use, by their ONNX names in lower case (TensorProto.DataType).
 * @example
 * ```ts
 * import { type ElementType, GraphBuilder } from "@wagon/wagon/onnx";
 * const element: ElementType = "float64";
 * console.assert(new GraphBuilder("g").input("x", element, [3]).type.element === "float64");
 * ```
 */
export type ElementType =
  | "float32"
  | "float64"
  | "float16"
  | "bfloat16"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "bool"
  | "string";

/**
 * A fixed extent, or the name of one that is bound at run time (the batch axis `N` of samplers).
 * @example
 * ```ts
 * import type { Dim } from "@wagon/wagon/onnx";
 * const batch: Dim = "N", rows: Dim = 28;
 * console.assert(batch !== rows);
 * ```
 */
export type Dim = number | string;
/**
 * Extents, the first axis first.
 * @example
 * ```ts
 * import type { Shape } from "@wagon/wagon/onnx";
 * const images: Shape = ["N", 1, 28, 28];
 * console.assert(images.length === 4);
 * ```
 */
export type Shape = readonly Dim[];

/**
 * Type of a value: element type and shape. `[]` is a scalar.
 * @example
 * ```ts
 * import type { TensorType } from "@wagon/wagon/onnx";
 * const images: TensorType = { element: "float32", shape: ["N", 1, 28, 28] };
 * console.assert(images.shape.length === 4);
 * ```
 */
export interface TensorType {
  /** What its elements are. */
  readonly element: ElementType;
  /** Its extents. */
  readonly shape: Shape;
}

/**
 * Data of constant tensors. int64 is kept as BigInt64Array, bool as Uint8Array of 0 and 1, (b)float16 as bits.
 * @example
 * ```ts
 * import { type TensorData, tensorOf } from "@wagon/wagon/onnx";
 * const data: TensorData = tensorOf("int64", [2], [3, 4]).data;
 * console.assert(data instanceof BigInt64Array);
 * ```
 */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | readonly string[];

/**
 * A constant: fixed shape and its data in row-major order.
 * @example
 * ```ts
 * import type { Tensor } from "@wagon/wagon/onnx";
 * export const ones: Tensor = { element: "float32", shape: [2], data: Float32Array.of(1, 1) };
 * ```
 */
export interface Tensor {
  /** What its elements are. */
  readonly element: ElementType;
  /** Its extents. */
  readonly shape: readonly number[];
  /** Its elements in row-major order. */
  readonly data: TensorData;
}

/**
 * A node attribute (AttributeProto). Subgraphs are not supported: no operator here needs one.
 * @example
 * ```ts
 * import type { Attribute } from "@wagon/wagon/onnx";
 * const axis: Attribute = { kind: "int", value: 1 };
 * console.assert(axis.value === 1);
 * ```
 */
export type Attribute =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "floats"; readonly value: readonly number[] }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "strings"; readonly value: readonly string[] }
  | { readonly kind: "tensor"; readonly value: Tensor };

/**
 * One operator application. An omitted optional input or output is the empty string. Domain is ai.onnx.
 * @example
 * ```ts
 * import type { Node } from "@wagon/wagon/onnx";
 * const neg: Node = { name: "neg", op: "Neg", domain: "", inputs: ["x"], outputs: ["y"], attributes: {} };
 * console.assert(neg.inputs.length === 1);
 * ```
 */
export interface Node {
  /** Its name. */
  readonly name: string;
  /** The operator, e.g. "MatMul". */
  readonly op: string;
  /** "" is ai.onnx. Others can be read from files, and are refused by the checker. */
  readonly domain: string;
  /** Names of what it reads. */
  readonly inputs: readonly string[];
  /** Names of what it writes. */
  readonly outputs: readonly string[];
  /** By their names. */
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/**
 * A graph of operators.
 * @example
 * ```ts
 * import type { Graph } from "@wagon/wagon/onnx";
 * const operatorsOf = ({ nodes }: Pick<Graph, "nodes">) => nodes.map(({ op }) => op);
 * console.assert(operatorsOf({ nodes: [] }).length === 0);
 * ```
 */
export interface Graph {
  /** Its name. */
  readonly name: string;
  /** Names of the inputs, in order. Never also initializers (ONNX Runtime would not override those). */
  readonly inputs: readonly string[];
  /** Names of what it writes. */
  readonly outputs: readonly string[];
  /** In topological order. */
  readonly nodes: readonly Node[];
  /** Constants by their names. */
  readonly initializers: ReadonlyMap<string, Tensor>;
  /** Type of every value named above. */
  readonly types: ReadonlyMap<string, TensorType>;
}

/**
 * A model file: a graph with what surrounds it.
 * @example
 * ```ts
 * import type { Model } from "@wagon/wagon/onnx";
 * const titleOf = ({ producer_name, opset }: Pick<Model, "producer_name" | "opset">) => `${producer_name}, ${opset}`;
 * console.assert(titleOf({ producer_name: "pytorch", opset: 18 }) === "pytorch, 18");
 * ```
 */
export interface Model {
  /** The graph. */
  readonly graph: Graph;
  /** ONNX intermediate representation version; ours is 9. */
  readonly ir_version: number;
  /** Version of ai.onnx; ours is 18 (18 to 21 are read). */
  readonly opset: number;
  /** Who wrote the file. */
  readonly producer_name: string;
  /** In which version. */
  readonly producer_version: string;
  /** metadata_props: free key-value text. */
  readonly metadata: ReadonlyMap<string, string>;
}

type Values = { readonly [A in Attribute as A["kind"]]: A["value"] };

/** The value of an attribute; undefined where there is none of this name and kind. */
export function attributeOf<K extends keyof Values>(
  attributes: Node["attributes"],
  name: string,
  kind: K,
): Values[K] | undefined {
  const attribute = attributes[name];
  return attribute?.kind === kind ? attribute.value as Values[K] : undefined;
}
