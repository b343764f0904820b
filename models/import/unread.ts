/** What an output depends on, and a graph without the rest. */
import type { Graph, Node } from "../onnx/graph.ts";

/** The nodes that the output depends on. */
export function neededNodes(nodes: readonly Node[], output: string): ReadonlySet<Node> {
  const needed = new Set([output]), found = new Set<Node>();
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => name !== "" && needed.has(name))) continue;
    found.add(node);
    for (const name of node.inputs) needed.add(name);
  }
  return found;
}

/** The graph without nodes, constants and inputs that nothing reads; its first input stays. */
export function withoutUnread(graph: Graph): { graph: Graph; names: ReadonlySet<string> } {
  const nodes = neededNodes(graph.nodes, graph.outputs[0]!);
  const read = new Set([graph.inputs[0]!, graph.outputs[0]!]);
  for (const node of nodes) for (const name of [...node.inputs, ...node.outputs]) read.add(name);
  const kept = graph.nodes.filter((node) => nodes.has(node));
  const names = new Set(graph.inputs.filter((name) => read.has(name)));
  return {
    names,
    graph: {
      ...graph,
      nodes: kept,
      inputs: [...names],
      initializers: new Map([...graph.initializers].filter(([name]) => read.has(name))),
      types: new Map([...graph.types].filter(([name]) => read.has(name))),
    },
  };
}
