/** Which weights of an imported graph are trained. */
import { UserError } from "../../../common/errors.ts";
import { decompose } from "../../../autodiff/decompose.ts";
import { oneLine } from "../../../onnx/graph_error.ts";
import { numElements } from "../../../common/shape.ts";
import { reachedFrom } from "./gradient_flow.ts";
import type { ImportedGraph } from "../import_graph.ts";
import { LAYERS } from "./stored_weights.ts";
import { isUniform } from "./weights.ts";

/** True if a name is of a pattern: `*` stands for any characters, `?` for one. */
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

/**
 * True if a weight is a number in the network's code rather than a part of a layer: one element, of rank 0 or of extents
 * of 1 only. A vector of one element is the bias of a layer with one output.
 */
function isLiteral({ values }: ImportedGraph, in_layers: ReadonlySet<string>, name: string): boolean {
  const { shape } = values.get(name)!;
  return numElements(shape) === 1 && shape.length !== 1 && !in_layers.has(name);
}

/** Receives the weights that a gradient reaches. */
export interface SortedWeights {
  /** To be trained, in the order of their use. */
  readonly trained: readonly string[];
  /** Weights that the network trains if no pattern says otherwise. */
  readonly weights: readonly string[];
  /** Kept as they are: buffers, constants of more than one number, and numbers that are taken for those of the code. */
  readonly kept: readonly string[];
  /** Values that the output reads, but through no path that a gradient takes. */
  readonly unreached: readonly string[];
}

/**
 * Sorts the weights of an imported graph. Without patterns, or where none of them is for this network, parameters are
 * trained: what the file says are those, and where it says nothing, all but numbers that stand in the code. Throws
 * UserError where nothing is left, and for what was computed from parameters. `vectors`: those of spectral norms, which
 * are never trained.
 */
export function sortWeights(
  imported: ImportedGraph,
  patterns: readonly string[],
  vectors: ReadonlySet<string> = new Set(),
): SortedWeights {
  const reached = candidates(imported);
  const names = reached.filter((name) => !vectors.has(name));
  const in_layers = new Set(
    imported.graph.nodes.flatMap(({ op, inputs }) => LAYERS.includes(op) ? inputs : []),
  );
  const kindOf = (name: string) => {
    const { kind } = imported.origins.get(name)!;
    return (kind === "unknown" || kind === "unnamed") && isLiteral(imported, in_layers, name)
      ? "literal"
      : kind;
  };
  const isParameter = (name: string) => !["buffer", "constant", "literal"].includes(kindOf(name));
  const weights = names.filter(isParameter);
  const chosen = names.filter((name) => patterns.some((pattern) => matchesGlob(pattern, name)));
  const are_chosen = new Set(chosen);
  if (chosen.length === 0) {
    refuseProducts(imported, weights);
    refuseCopies(imported, weights);
  }
  const kept = names.filter((name) =>
    !isParameter(name) && !are_chosen.has(name) &&
    (kindOf(name) !== "constant" || imported.values.get(name)!.data.length > 1)
  );
  const trained = chosen.length > 0 ? chosen : weights;
  if (trained.length > 0) {
    return {
      unreached: unreachedOf(imported, new Set([...reached, ...vectors])),
      trained,
      weights: names.filter((name) => isParameter(name) || are_chosen.has(name)),
      kept,
    };
  }
  throw new UserError(
    `Cannot import ${imported.graph.name}: it must have weights that can be trained (float32 initializers that its output ` +
      "depends on), found none",
  );
}

function unreachedOf(
  { values, statistics, origins }: ImportedGraph,
  reached: ReadonlySet<string>,
): readonly string[] {
  const running = statistics.flatMap(({ mean, variance }) => [mean, variance]);
  return [...values].filter(([name, { data }]) =>
    !reached.has(name) && !running.includes(name) && data.length > 1 &&
    !["buffer", "constant"].includes(origins.get(name)!.kind)
  ).map(([name]) => name);
}

/** Training a product of parameters would be the training of another network. */
function refuseProducts({ graph, origins }: ImportedGraph, weights: readonly string[]): void {
  const products = weights.flatMap((name) => {
    const origin = origins.get(name)!;
    return origin.kind === "product" ? [`${name} (of ${origin.parameters.join(", ")})`] : [];
  });
  if (products.length === 0) return;
  const others = products.length > 3 ? ` and ${products.length - 3} others` : "";
  throw new UserError(oneLine(
    `Cannot import ${graph.name}: its weights must be parameters of the network, found ` +
      `${products.slice(0, 3).join(", ")}${others}, which the exporter computed from parameters; ` +
      "export with optimize=False, or select the tensors to train with --trainable",
  ));
}

/**
 * If the exporter folded a part of a parameter's use, the file holds the parameter and a copy of its numbers in
 * another order: trained apart, they would not be one any more.
 */
function refuseCopies({ graph, origins, values }: ImportedGraph, weights: readonly string[]): void {
  const parameters = weights.filter((name) => origins.get(name)!.kind === "parameter");
  const by_length = Map.groupBy(parameters, (name) => values.get(name)!.data.length);
  /** By length, then by what is equal where the numbers are, whatever their order. */
  const by_sum = new Map<number, Map<string, string[]>>();
  const sorted = (name: string) => Float32Array.from(values.get(name)!.data as Float32Array).sort();
  const sumOf = (numbers: Float32Array) => `${numbers[0]} ${numbers.at(-1)} ${numbers[numbers.length >> 1]}`;
  const likely = (length: number, numbers: Float32Array) => {
    const sums = by_sum.get(length) ??
      Map.groupBy(by_length.get(length) ?? [], (name) => sumOf(sorted(name)));
    by_sum.set(length, sums);
    return sums.get(sumOf(numbers)) ?? [];
  };
  for (const copy of weights) {
    if (origins.get(copy)!.kind !== "unnamed" || isUniform(values.get(copy)!)) continue;
    const numbers = sorted(copy);
    const own = likely(numbers.length, numbers).find((name) =>
      sorted(name).every((number, i) => number === numbers[i])
    );
    if (own === undefined) continue;
    throw new UserError(oneLine(
      `Cannot import ${graph.name}: each parameter must be in the file once, found ${own} and ${copy}, which the ` +
        "exporter made of it; export with do_constant_folding=False, or select the tensors to train with --trainable",
    ));
  }
}
