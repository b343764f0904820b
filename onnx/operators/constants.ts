/** Operators that make values from attributes and shapes. */
import type { Dim, ElementType, Tensor, TensorType } from "../graph.ts";
import type { Operator, Site } from "../operator.ts";
import { numElements } from "../../common/shape.ts";

/** Largest tensor whose contents inference looks at: shapes, axes, slices and scales are far shorter. */
export const MAX_CONTENTS = 256;

/** Contents of an integer or float32 tensor of rank 0 or 1. */
export function tensorContents({ element, shape, data }: Tensor): readonly Dim[] | undefined {
  const isKnown = element === "int64" || element === "int32" || element === "float32";
  if (!isKnown || shape.length > 1 || data.length > MAX_CONTENTS) return undefined;
  return Array.from(data as BigInt64Array | Int32Array | Float32Array, Number);
}

/** Result type of each attribute that Constant may have (one of them). */
const CONSTANT_TYPES: Readonly<Record<string, (site: Site, name: string) => TensorType>> = {
  value: (site, name) => {
    const { element, shape } = site.tensor(name)!;
    return { element, shape };
  },
  value_float: () => ({ element: "float32", shape: [] }),
  value_floats: (site, name) => vector(site, name, "float32"),
  value_int: () => ({ element: "int64", shape: [] }),
  value_ints: (site, name) => vector(site, name, "int64"),
  value_string: () => ({ element: "string", shape: [] }),
  value_strings: (site, name) => vector(site, name, "string"),
};

function vector(site: Site, name: string, element: ElementType): TensorType {
  const value = site.node.attributes[name]!.value as readonly unknown[];
  return { element, shape: [value.length] };
}

function inferConstant(site: Site): readonly TensorType[] {
  const names = Object.keys(site.node.attributes);
  if (names.length !== 1) {
    site.fail(`exactly one attribute must be present: found ${names.join(", ") || "none"}`);
  }
  return [CONSTANT_TYPES[names[0]!]!(site, names[0]!)];
}

function constantContents(site: Site): readonly Dim[] | undefined {
  const tensor = site.tensor("value");
  if (tensor) return tensorContents(tensor);
  if (site.node.attributes["value_int"]) return [site.int("value_int")];
  return site.ints("value_ints") ?? site.attributeFloats("value_floats")?.map(Math.fround);
}

function inferConstantOfShape(site: Site): readonly TensorType[] {
  const shape = site.contents(0, "shape");
  if (shape.some((dim) => typeof dim === "number" && dim < 0)) {
    site.fail(`sizes must be 0 or more: found [${shape.join(",")}]`);
  }
  const value = site.tensor("value");
  if (value && numElements(value.shape) !== 1) site.fail("attribute value must have one element");
  return [{ element: value?.element ?? "float32", shape }];
}

/** Part of a shape that Shape returns: axes `start` to `end`, clamped to the rank. */
function shapeRange(site: Site): readonly Dim[] {
  const shape = site.shape(0);
  const clamp = (axis: number) => Math.min(Math.max(axis < 0 ? axis + shape.length : axis, 0), shape.length);
  return shape.slice(clamp(site.int("start", 0)), clamp(site.int("end", shape.length)));
}

export const CONSTANTS = {
  Constant: {
    inputs: [0, 0],
    outputs: [1, 1],
    attributes: {
      value: "tensor",
      value_float: "float",
      value_floats: "floats",
      value_int: "int",
      value_ints: "ints",
      value_string: "string",
      value_strings: "strings",
    },
    infer: inferConstant,
    contents: constantContents,
  },
  /** `value`: one element, default float32 0. */
  ConstantOfShape: {
    inputs: [1, 1],
    outputs: [1, 1],
    attributes: { value: "tensor" },
    infer: inferConstantOfShape,
  },
  Shape: {
    inputs: [1, 1],
    outputs: [1, 1],
    attributes: { start: "int", end: "int" },
    infer: (site) => [{ element: "int64", shape: [shapeRange(site).length] }],
    contents: shapeRange,
  },
} satisfies Record<string, Operator>;
