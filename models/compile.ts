/**
 * The compiler: from a graph as networks and objectives write it to one that every execution provider runs fast. The
 * passes in order:
 *
 *   decompose   operators without a gradient rule, or without a kernel, become several that have one
 *   gradients   (training graphs) the backward walk from the loss
 *   products    convolutions become matrix products where those are faster
 *   portable    what some provider refuses or gets wrong is written otherwise
 *   simplify    (training graphs) what no output needs goes, and equal nodes become one
 */
import { decompose } from "../autodiff/decompose.ts";
import { gradients } from "../autodiff/gradients.ts";
import { withProviderWorkarounds } from "../autodiff/provider_workarounds.ts";
import { im2col } from "../autodiff/im2col.ts";
import type { Rules } from "../autodiff/rule.ts";
import { simplify } from "../autodiff/simplify.ts";
import type { Graph } from "../onnx/graph.ts";

/** A graph that is run as it is. Throws {@linkcode GraphError} for a graph that the checker refuses. */
export function compileForward(graph: Graph): Graph {
  return withProviderWorkarounds(im2col(decompose(graph)));
}

/**
 * A graph whose first output is the loss, with the loss's gradient by each of the inputs `wrt` behind it, in that order,
 * before its other outputs. Throws {@linkcode GraphError} where there is no such gradient.
 */
export function compileTraining(graph: Graph, wrt: readonly string[], rules?: Rules): Graph {
  const [loss, ...others] = graph.outputs;
  const derived = gradients(decompose(graph), { loss: loss!, wrt, ...(rules && { rules }) });
  const added = derived.outputs.slice(graph.outputs.length);
  return simplify(withProviderWorkarounds(im2col({ ...derived, outputs: [loss!, ...added, ...others] })));
}
