/**
 * Spectral normalisation as PyTorch exports it after eval(): W / (u^T W v), u and v buffers beside W. They are known by
 * their names, those of `torch.nn.utils.spectral_norm` (`weight_orig`, `weight_u`, `weight_v`) and of
 * `parametrizations.spectral_norm` (`parametrizations.weight.original`, `parametrizations.weight.0._u`).
 */
import { UserError } from "../../../common/errors.ts";
import { vectorsOf } from "../../nets/spectral_norm.ts";
import type { Graph } from "../../../onnx/graph.ts";
import { numElements } from "../../../common/shape.ts";
import type { ImportedGraph } from "../import_graph.ts";

/** Names of a normalised weight and its vectors. */
export interface SpectralNorm {
  readonly weight: string;
  readonly u: string;
  readonly v: string;
}

/** All that are in a graph. Throws UserError where a step of the power method is a part of it, as in training. */
export function spectralNorms({ graph, values }: ImportedGraph): readonly SpectralNorm[] {
  return [...values.keys()].flatMap((weight): SpectralNorm[] => {
    const [u, v] = vectorNames(weight).find((pair) => pair.some((name) => values.has(name))) ?? [];
    if (u === undefined || v === undefined) return [];
    if (values.has(u) && values.has(v) && (meets(graph, u, v) || meets(graph, v, u))) {
      return [{ weight, u, v }];
    }
    throw new UserError(
      `Cannot import ${graph.name}: the spectral normalisation of ${weight} must use the vectors that it has, found a ` +
        "step of power iteration in the graph; call model.eval() before the export",
    );
  });
}

/** Possible names of the vectors of a weight with this name. */
function vectorNames(weight: string): readonly (readonly [u: string, v: string])[] {
  const old = /^(.+)_orig$/.exec(weight)?.[1];
  if (old !== undefined) return [[`${old}_u`, `${old}_v`]];
  const parametrized = /^(.+\.parametrizations\.[^.]+)\.original$/.exec(weight)?.[1];
  if (parametrized === undefined) return [];
  // Other parametrizations may come before it.
  return [0, 1, 2, 3].map((i) => [`${parametrized}.${i}._u`, `${parametrized}.${i}._v`]);
}

/** True if a node reads `a` together with something that `b` is a part of. */
function meets({ nodes }: Graph, a: string, b: string): boolean {
  const parts = new Set([b]);
  for (const { inputs, outputs } of nodes) {
    if (!inputs.some((name) => parts.has(name))) continue;
    if (inputs.includes(a)) return true;
    for (const name of outputs) parts.add(name);
  }
  return false;
}

/** True if u and v are those of W as a matrix [outputs, all others], which is the form that the power method follows. */
export function isOverRows(
  { weight, u, v }: SpectralNorm,
  { values }: Pick<ImportedGraph, "values">,
): boolean {
  const [outputs, ...others] = values.get(weight)!.shape;
  return numElements(values.get(u)!.shape) === outputs &&
    numElements(values.get(v)!.shape) === numElements(others);
}

/** The graph with the vectors under the names that they have in layouts, each of rank 1 as there. */
export function withVectorNames(imported: ImportedGraph, norms: readonly SpectralNorm[]): ImportedGraph {
  const renamed = new Map(norms.flatMap(({ weight, u, v }) => {
    const [own_u, own_v] = vectorsOf({ name: weight, shape: imported.values.get(weight)!.shape });
    return [[u, own_u.name], [v, own_v.name]] as const;
  }));
  const nameOf = (name: string) => renamed.get(name) ?? name;
  const { graph, values, origins } = imported;
  const renamedKeys = <T>(map: ReadonlyMap<string, T>) =>
    new Map([...map].map(([name, item]) => [nameOf(name), item]));
  return {
    ...imported,
    graph: {
      ...graph,
      inputs: graph.inputs.map(nameOf),
      nodes: graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(nameOf) })),
      types: renamedKeys(graph.types),
    },
    values: renamedKeys(values),
    origins: renamedKeys(origins),
  };
}
