/** Finds the paths of gradients, by the tables of rules. */
import { EXPANSIONS } from "../../../autodiff/decompose.ts";
import { inputRule, type Rules } from "../../../autodiff/rule.ts";
import { GRADIENT_RULES } from "../../../autodiff/rules.ts";
import type { Graph } from "../../../onnx/graph.ts";
import type { OpName } from "../../../onnx/shapes.ts";

/**
 * True if an input of an operator can be trained: a gradient flows to it, or may once the operator is expanded, or a
 * Dropout's mask is fed.
 */
export function takesGradient(op: OpName, index: number): boolean {
  if (op === "Dropout") return index === 0;
  const rule = (GRADIENT_RULES as Rules)[op];
  return rule === undefined ? Object.hasOwn(EXPANSIONS, op) : inputRule(rule, index) !== null;
}

/** The values that a gradient of the output reaches. The graph is decomposed. */
export function reachedFrom({ nodes }: Graph, output: string): ReadonlySet<string> {
  const reached = new Set([output]);
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => reached.has(name))) continue;
    for (const [i, name] of node.inputs.entries()) {
      if (takesGradient(node.op as OpName, i)) reached.add(name);
    }
  }
  return reached;
}
