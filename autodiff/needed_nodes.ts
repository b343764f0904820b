/** The values that outputs depend on. */
import type { FileGraph, FileNode } from "../onnx/graph_reader.ts";

/** The nodes that the outputs depend on, in their order. An output that was left out, of no name, is nobody's input. */
export function neededNodes<N extends FileNode>(nodes: readonly N[], outputs: readonly string[]): N[] {
  const needed = new Set(outputs);
  const found = nodes.toReversed().filter((node) => {
    if (!node.outputs.some((name) => name !== "" && needed.has(name))) return false;
    for (const name of readBy(node)) needed.add(name);
    return true;
  });
  return found.reverse();
}

/** Names that a node reads, also by the graphs that it holds, which see all that is written before it. */
export function readBy({ inputs, subgraphs = {} }: FileNode): readonly string[] {
  const within = (
    { nodes, outputs }: FileGraph,
  ) => [...nodes.flatMap(readBy), ...outputs.map(({ name }) => name)];
  return [...inputs, ...Object.values(subgraphs).flatMap(within)];
}
