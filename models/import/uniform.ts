/**
 * Values that have one number for each example, as exporters write the lengths of sequences: how many there are is not
 * known, but what they are is.
 */
import { attributeOf, type Dim, type Node } from "../../onnx/graph.ts";
import type { Known } from "./known.ts";

/** The item that a value has everywhere, undefined where it has several or that is not known. */
export function uniformItem(known: Known | undefined): Dim | undefined {
  if (known === undefined || known.uniform !== undefined) return known?.uniform;
  const [first, ...others] = known.constant?.items ?? [];
  return others.every((item) => item === first) ? first : undefined;
}

/** Operators whose result has the items of their first input, in another number or order. */
const SPREADING = ["Expand", "Tile", "Identity", "Reshape", "Squeeze", "Unsqueeze", "Slice", "Transpose"];
const INTEGERS = [6, 7];

/** Facts about a node's first output: it has the same item everywhere. */
export function uniformOutput(node: Node, [x]: readonly (Known | undefined)[]): Pick<Known, "uniform"> {
  const to = attributeOf(node.attributes, "to", "int");
  const keeps = SPREADING.includes(node.op) ||
    (node.op === "Cast" && to !== undefined && INTEGERS.includes(to));
  const item = keeps && x?.weight === undefined ? uniformItem(x) : undefined;
  return typeof item === "number" && Number.isInteger(item) ? { uniform: item } : {};
}
