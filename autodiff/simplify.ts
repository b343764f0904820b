/**
 * The clean-up pass: the same outputs from fewer and smaller nodes. What no output needs goes away, equal nodes
 * become one, constants are computed beforehand, and the patterns of `patterns.ts` apply until none does.
 */
import type { Graph } from "../onnx/graph.ts";
import { neededNodes } from "./needed_nodes.ts";
import type { OpName } from "../onnx/shapes.ts";
import { patternsOf } from "./patterns.ts";
import { Rewriter } from "./rewriter.ts";

/**
 * A graph that gives the same outputs for the same inputs: all inputs and outputs stay, and the numbers stay exactly
 * as they are, but for the sign of a zero. The result is checked. Throws {@linkcode GraphError} for a graph that
 * the checker refuses.
 */
export function simplify(graph: Graph): Graph {
  for (;;) {
    const rewriter = new Rewriter(graph);
    let num_replaced = 0;
    for (const node of neededNodes(graph.nodes, graph.outputs)) {
      const is_trivial = node.op === "Identity";
      if (rewriter.replay(node, patternsOf(node.op as OpName)) && !is_trivial) num_replaced++;
    }
    const simpler = rewriter.finish();
    if (num_replaced === 0 && simpler.nodes.length >= graph.nodes.length) return simpler;
    graph = simpler;
  }
}
