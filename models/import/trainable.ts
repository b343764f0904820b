/** Which weights of an imported graph are trained. */
import { UserError } from "../../common/errors.ts";
import { decompose } from "../autodiff/decompose.ts";
import { numElements } from "../onnx/tensor.ts";
import { reachedFrom } from "./gradient_ways.ts";
import type { ImportedGraph } from "./import_graph.ts";

/** Whether a name is of a pattern: `*` stands for any characters, `?` for one. */
export function matchesGlob(pattern: string, name: string): boolean {
  let at = 0, star = -1, tried = 0;
  let i = 0;
  while (i < name.length) {
    if (at < pattern.length && pattern[at] === "*") {
      star = at++;
      tried = i;
    } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === name[i])) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++tried;
    } else return false;
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}

/** Names of the weights that a gradient of the output reaches: the running statistics are none of them. */
function candidates({ graph, values, statistics }: ImportedGraph): readonly string[] {
  const running = new Set(statistics.flatMap(({ mean, variance }) => [mean, variance]));
  const reached = reachedFrom(decompose(graph), graph.outputs[0]!);
  return [...values.keys()].filter((name) => reached.has(name) && !running.has(name));
}

/** Operators of layers: what they read is a weight, even if it is one number. */
const LAYERS = ["Conv", "ConvTranspose", "Gemm", "MatMul", "PRelu", "BatchNormalization"];

/**
 * Whether a weight is a number in the network's code rather than a part of a layer: one element, of rank 0 or of extents
 * of 1 only. A vector of one element is the bias of a layer with one output.
 */
function isLiteral({ graph, values }: ImportedGraph, name: string): boolean {
  const { shape } = values.get(name)!;
  if (numElements(shape) !== 1 || shape.length === 1) return false;
  return !graph.nodes.some(({ op, inputs }) => inputs.includes(name) && LAYERS.includes(op));
}

/**
 * Names of the weights to be trained, in the order of their use. Without patterns, or where none of them is for this
 * network: all but numbers that stand in the code. Throws UserError where nothing is left.
 */
export function trainableWeights(
  imported: ImportedGraph,
  patterns: readonly string[],
): readonly string[] {
  const names = candidates(imported);
  const chosen = names.filter((name) => patterns.some((pattern) => matchesGlob(pattern, name)));
  if (chosen.length > 0) return chosen;
  const all = names.filter((name) => !isLiteral(imported, name));
  if (all.length > 0) return all;
  throw new UserError(
    `Cannot import ${imported.graph.name}: it must have weights to train (float32 initializers that its output ` +
      "depends on), found none",
  );
}
