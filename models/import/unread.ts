/** What an output depends on, and a graph without the rest. */
import type { Graph } from "../../onnx/graph.ts";
import type { FileGraph, FileNode } from "../../onnx/graph_reader.ts";

/** The nodes that the outputs depend on. */
export function neededNodes(
  nodes: readonly FileNode[],
  ...outputs: readonly string[]
): ReadonlySet<FileNode> {
  const needed = new Set(outputs), found = new Set<FileNode>();
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => name !== "" && needed.has(name))) continue;
    found.add(node);
    for (const name of readBy(node)) needed.add(name);
  }
  return found;
}

/** Names that a node reads, also by the graphs that it holds, which see all that is written before it. */
export function readBy({ inputs, subgraphs = {} }: FileNode): readonly string[] {
  const within = (
    { nodes, outputs }: FileGraph,
  ) => [...nodes.flatMap(readBy), ...outputs.map(({ name }) => name)];
  return [...inputs, ...Object.values(subgraphs).flatMap(within)];
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
