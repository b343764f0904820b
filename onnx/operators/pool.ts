/** Pools over any number of spatial axes of [N, C, ...]. */
import type { Attribute, ElementType, TensorType } from "../graph.ts";
import { formatShape, isFixed } from "../dims.ts";
import type { Operator, Site } from "../operator.ts";
import { CLASSIC_FLOATS } from "../element_sets.ts";
import { poolingWindows } from "./window.ts";

const attributes: Readonly<Record<string, Attribute["kind"]>> = {
  auto_pad: "string",
  ceil_mode: "int",
  kernel_shape: "ints",
  pads: "ints",
  strides: "ints",
};

function input(site: Site, allowed: readonly ElementType[]): TensorType {
  const type = site.typeIn(0, allowed);
  if (type.shape.length < 3) site.fail("input 0 must have rank 3 or more");
  return type;
}

function inferPool(allowed: readonly ElementType[]): Operator["infer"] {
  return (site) => {
    const { element, shape } = input(site, allowed);
    const extents = shape.slice(2);
    if (!isFixed(extents)) {
      return site.fail(`spatial axes must have fixed sizes: found ${formatShape(shape)}`);
    }
    const counts = poolingWindows(site, extents).map(({ count }) => count);
    return [{ element, shape: [...shape.slice(0, 2), ...counts] }];
  };
}

/** One element for each channel. */
const global_pool: Operator = {
  inputs: [1, 1],
  outputs: [1, 1],
  attributes: {},
  infer: (site) => {
    const { element, shape } = input(site, CLASSIC_FLOATS);
    return [{ element, shape: shape.map((extent, axis) => axis < 2 ? extent : 1) }];
  },
};

export const POOLS = {
  /** `count_include_pad`: whether padding counts in the average; what ceil_mode adds beyond it never does. */
  AveragePool: {
    inputs: [1, 1],
    outputs: [1, 1],
    attributes: { ...attributes, count_include_pad: "int" },
    infer: inferPool(CLASSIC_FLOATS),
  },
  /** One output: WebGPU has no kernel for the indices, and the gradient does without. `storage_order` is theirs. */
  MaxPool: {
    inputs: [1, 1],
    outputs: [1, 1],
    attributes: { ...attributes, dilations: "ints", storage_order: "int" },
    infer: inferPool([...CLASSIC_FLOATS, "int8", "uint8"]),
  },
  GlobalAveragePool: global_pool,
  GlobalMaxPool: global_pool,
} satisfies Record<string, Operator>;
