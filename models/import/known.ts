/** Facts about a value of a file, collected while the import walks through the nodes. */
import type { Value } from "../../onnx/builder.ts";
import { attributeOf, type Dim, type Node, type Shape, type Tensor } from "../../onnx/graph.ts";
import { elementCode } from "../../onnx/tensor.ts";
import { type Constant, constantOf } from "./constant_folding.ts";
import { isWide } from "./weights/stored_weights.ts";

/** Facts about a value of the file, any of these. */
export interface Known {
  /** It depends on the input, or on weights. */
  readonly value?: Value;
  readonly constant?: Constant;
  readonly tensor?: Tensor;
  /** Name of an initializer that may be trained. */
  readonly weight?: string;
  /** Name of one that may be trained once it is cast to float32. */
  readonly stored?: string;
  /** Description of all its items, if their number is unknown. */
  readonly uniform?: Dim;
  /** The values of a sequence, which is no tensor. */
  readonly sequence?: readonly Known[];
}

/** Facts about a tensor of the file that may be a weight. */
export function storedTensor(name: string, tensor: Tensor): Known {
  const as = tensor.element === "float32" ? { weight: name } : isWide(tensor) ? { stored: name } : {};
  return { tensor, ...knownItems(tensor), ...as };
}

/** True if a Cast is to float32. */
export function isToFloat32({ attributes }: Node): boolean {
  return attributeOf(attributes, "to", "int") === elementCode("float32");
}

/** The items of a tensor that is small enough to compute with. */
export function knownItems(tensor: Tensor): Pick<Known, "constant"> {
  const constant = constantOf(tensor);
  return constant === undefined ? {} : { constant };
}

/** The shape of a value, undefined for a sequence. */
export function shapeOfKnown({ value, tensor, constant }: Known): Shape | undefined {
  return value?.type.shape ?? tensor?.shape ?? constant?.shape;
}

/** The items of a constant that is neither fed nor trained, undefined for any other value. */
export function itemsOf(known: Known | undefined): readonly Dim[] | undefined {
  return known?.constant?.items;
}

/** The items of a constant, undefined where one is no number. */
export function numbersIn(known: Known | undefined): readonly number[] | undefined {
  const items = itemsOf(known);
  return items?.every((item) => typeof item === "number") ? items : undefined;
}

/** A constant vector of integers. */
export function intsKnown(items: readonly Dim[]): Known {
  return { constant: { element: "int64", shape: [items.length], items } };
}
