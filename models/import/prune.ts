/** A graph without what its output does not depend on. */
import type { Graph } from "../../onnx/graph.ts";
import { neededNodes } from "../../autodiff/needed_nodes.ts";

/** The graph without nodes, constants and inputs that nothing reads; its first input stays. */
export function prune(graph: Graph): { graph: Graph; names: ReadonlySet<string> } {
  const output = graph.outputs[0]!;
  const nodes = neededNodes(graph.nodes, [output]);
  const read = new Set([graph.inputs[0]!, output]);
  for (const node of nodes) for (const name of [...node.inputs, ...node.outputs]) read.add(name);
  const names = new Set(graph.inputs.filter((name) => read.has(name)));
  return {
    names,
    graph: {
      ...graph,
      nodes,
      inputs: [...names],
      initializers: new Map([...graph.initializers].filter(([name]) => read.has(name))),
      types: new Map([...graph.types].filter(([name]) => read.has(name))),
    },
  };
}
