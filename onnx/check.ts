/** The checker: runs after every pass, so that a wrong graph is refused where it was made. */
import type { Graph, Node } from "./graph.ts";
import { formatType, sameType } from "./dims.ts";
import { GraphError } from "./graph_error.ts";
import { describeNode } from "./operator.ts";
import { Typing } from "./shapes.ts";
import { checkTensor } from "./tensor.ts";

/**
 * Throws {@linkcode GraphError}, naming graph, node and operator, unless
 * - every operator is a known one of ai.onnx, with the inputs, outputs and attributes it takes;
 * - every name is written once, before it is read (single assignment, topological order), and no initializer is
 *   also an input;
 * - every output is written, and is named once;
 * - `types` holds exactly the types that inference gives.
 *
 * @example
 * ```ts
 * import { checkGraph, GraphBuilder, GraphError } from "@wagon/wagon/onnx";
 *
 * const b = new GraphBuilder("g");
 * b.output(b.op("Neg", [b.input("x", "float32", [3])]), "y");
 * const graph = b.build();
 * checkGraph(graph);
 * try {
 *   checkGraph({ ...graph, nodes: [] });
 * } catch (error) {
 *   console.assert(error instanceof GraphError);
 * }
 * ```
 */
export function checkGraph(graph: Graph): void {
  checkDomains(graph);
  const typing = new Typing(graph.name);
  declareInputs(graph, typing);
  const nodes = new Set<string>();
  for (const node of graph.nodes) {
    if (node.name !== "" && nodes.has(node.name)) {
      throw new GraphError(`Cannot use ${describeNode(graph.name, node)}: another node has this name`);
    }
    nodes.add(node.name);
    checkWrittenOnce(graph, node, typing);
    typing.node(node);
    for (const name of node.outputs) {
      if (name !== "") checkType(graph, name, typing, `written by ${describeNode(graph.name, node)}`);
    }
  }
  checkOutputs(graph, typing);
  for (const name of graph.types.keys()) {
    if (!typing.types.has(name)) {
      throw refuse(graph, `"${name}" has a type, but no input, initializer or node has this name`);
    }
  }
}

function refuse(graph: Graph, reason: string): GraphError {
  return new GraphError(`Cannot use graph ${graph.name}: ${reason}`);
}

function checkDomains(graph: Graph): void {
  const foreign = new Set(graph.nodes.map(({ domain }) => domain).filter((domain) => domain !== ""));
  if (foreign.size === 0) return;
  const operators = new Set(graph.nodes.filter(({ domain }) => domain !== "").map(({ op }) => op));
  throw refuse(
    graph,
    `all operators must be of domain ai.onnx: found ${[...operators].join(", ")} of ` +
      `${[...foreign].join(", ")}`,
  );
}

function declareInputs(graph: Graph, typing: Typing): void {
  for (const name of graph.inputs) {
    if (graph.initializers.has(name)) {
      throw refuse(
        graph,
        `"${name}" must not be both an input and an initializer: ONNX Runtime would ignore the input`,
      );
    }
    if (name === "" || typing.types.has(name)) {
      throw refuse(graph, `input names must be distinct: found "${name}"`);
    }
    const type = graph.types.get(name) ?? absent(graph, name);
    typing.declare(name, type);
  }
  for (const [name, tensor] of graph.initializers) {
    if (name === "") throw refuse(graph, "initializers must have names");
    checkTensor(tensor, `Initializer "${name}" of graph ${graph.name}`);
    typing.constant(name, tensor);
    checkType(graph, name, typing, "of an initializer");
  }
}

function absent(graph: Graph, name: string): never {
  throw refuse(graph, `"${name}" must have a type`);
}

function checkWrittenOnce(graph: Graph, node: Node, typing: Typing): void {
  const own = new Set<string>();
  for (const name of node.outputs) {
    if (name === "") continue;
    if (typing.types.has(name) || own.has(name)) {
      throw new GraphError(`Cannot use ${describeNode(graph.name, node)}: "${name}" is written twice`);
    }
    own.add(name);
  }
}

function checkType(graph: Graph, name: string, typing: Typing, what: string): void {
  const inferred = typing.types.get(name)!;
  const found = graph.types.get(name);
  if (found && sameType(found, inferred)) return;
  throw refuse(
    graph,
    `"${name}", ${what}, must be of type ${formatType(inferred)}: found ${formatType(found)}`,
  );
}

function checkOutputs(graph: Graph, typing: Typing): void {
  if (graph.outputs.length === 0) throw refuse(graph, "it must have an output");
  const seen = new Set<string>();
  for (const name of graph.outputs) {
    if (!typing.types.has(name)) {
      throw refuse(
        graph,
        `output "${name}" must be the name of a value: no input, initializer or node has this name`,
      );
    }
    if (seen.has(name)) throw refuse(graph, `output names must be distinct: found "${name}" twice`);
    seen.add(name);
  }
}
