/**
 * The pass before differentiation: operators that are made of others, such as normalisations and most activations,
 * are written with those. What is left has gradient rules, or none flows through it.
 */
import type { Graph } from "../onnx/graph.ts";
import { expandAll, type Expansion } from "./expansion.ts";
import { ACTIVATION_EXPANSIONS } from "./expansions/activations.ts";
import { EINSUM_EXPANSIONS } from "./expansions/einsum.ts";
import { NORMALISATION_EXPANSIONS } from "./expansions/normalisations.ts";
import { PAD_EXPANSIONS } from "./expansions/padding.ts";
import { REDUCTION_EXPANSIONS } from "./expansions/reductions.ts";

const TABLE = {
  ...ACTIVATION_EXPANSIONS,
  ...EINSUM_EXPANSIONS,
  ...NORMALISATION_EXPANSIONS,
  ...PAD_EXPANSIONS,
  ...REDUCTION_EXPANSIONS,
};
export type ExpandedOp = keyof typeof TABLE;

export const EXPANSIONS: Readonly<Record<ExpandedOp, Expansion>> = TABLE;

/**
 * The graph without the operators of {@linkcode EXPANSIONS}: the same inputs and outputs, of the same types, and the
 * same numbers but for rounding. Everything that is left is of opset 18. Throws {@linkcode GraphError} where a shape
 * or a constant that an expansion needs is not known.
 */
export function decompose(graph: Graph): Graph {
  return expandAll(graph, EXPANSIONS);
}
