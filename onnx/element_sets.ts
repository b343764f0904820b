/** The type constraints that ONNX operators share. */
import type { ElementType } from "./graph.ts";
import { ELEMENT_TYPES } from "./tensor.ts";

type Elements = readonly ElementType[];

export const CLASSIC_FLOATS: Elements = ["float16", "float32", "float64"];
export const FLOATS: Elements = [...CLASSIC_FLOATS, "bfloat16"];
export const NUMERIC: Elements = ELEMENT_TYPES.filter((element) =>
  element !== "bool" && element !== "string"
);
export const SIGNED: Elements = [...FLOATS, "int8", "int16", "int32", "int64"];
/** Element types of products and sums: no 8- or 16-bit integers. */
export const WIDE: Elements = [...FLOATS, "int32", "int64", "uint32", "uint64"];
export const INDICES: Elements = ["int32", "int64"];
export const BOOL: Elements = ["bool"];
export const ALL: Elements = ELEMENT_TYPES;
