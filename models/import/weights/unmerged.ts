/**
 * Parameters that an optimizer merged because they were equal, each on its own again. PyTorch's signature lists all
 * parameters; one that is neither in the file nor folded into something was merged, is shared by name, or is not used.
 * The lines of the program behind the nodes (`fx_node`) tell these apart.
 */
import type { Tensor } from "../../../onnx/graph.ts";
import type { FileGraph, FileNode } from "../../../onnx/graph_reader.ts";
import { type ExporterNotes, programInputs, readersOf } from "./exporter_notes.ts";
import { refuseFile } from "../file_ends.ts";
import { isUniform } from "./weights.ts";

/** The graph of a file with merged parameters apart. `name`: what errors call it. Throws UserError where it is unclear. */
export function unmerged(graph: FileGraph, notes: ExporterNotes, name: string): FileGraph {
  const missing = missingOf("PARAMETER", graph, notes);
  const norms = missingOf("BUFFER", graph, notes).filter((buffer) => /\brunning_(mean|var)$/.test(buffer));
  if (norms.length > 0 && hasNoConstants(graph)) {
    throw refuseFile(
      name,
      `its batch normalisations must be in the file, found none that uses ${norms[0]}: the ` +
        "exporter merged them into other layers; export with optimize=False",
    );
  }
  if (missing.length === 0) return graph;
  const program = graph.nodes.map(programInputs);
  const copies = program.some((inputs) => inputs !== null)
    ? copiesByProgram(graph, notes, missing, program)
    : copiesByReaders(graph, notes, missing);
  if (copies === null) {
    throw refuseFile(
      name,
      `each of its parameters must be in the file, found ${missing.slice(0, 4).join(", ")}${
        missing.length > 4 ? ` and ${missing.length - 4} others` : ""
      } merged with equal ones; export with optimize=False`,
    );
  }
  return copies.length === 0 ? graph : withCopies(graph, copies);
}

/** True if no literal is a node, as where the exporter has optimized. */
function hasNoConstants({ nodes }: FileGraph): boolean {
  return !nodes.some(({ op }) => op === "Constant");
}

/** A node that reads `from`, and what it should read in its place. */
interface Copy {
  readonly node: FileNode;
  readonly from: string;
  readonly to: string;
}

function withCopies(graph: FileGraph, copies: readonly Copy[]): FileGraph {
  const initializers = new Map<string, Tensor>(graph.initializers);
  for (const { from, to } of copies) initializers.set(to, graph.initializers.get(from)!);
  const nodes = graph.nodes.map((node) => {
    const own = new Map(copies.filter((copy) => copy.node === node).map(({ from, to }) => [from, to]));
    return own.size === 0 ? node : { ...node, inputs: node.inputs.map((input) => own.get(input) ?? input) };
  });
  return { ...graph, initializers, nodes };
}

/** Tensors of the program of this kind that are no initializers, and were not computed with. */
function missingOf(
  wanted: string,
  { initializers }: FileGraph,
  { targets, folded }: ExporterNotes,
): readonly string[] {
  const used = new Set(
    [...folded].filter(([name]) => initializers.has(name)).flatMap(([, sources]) => sources),
  );
  return [...targets].filter(([name, { kind }]) =>
    kind === wanted && !initializers.has(name) && !used.has(name)
  ).map(([name]) => name);
}

/** The parameter that an initializer is, or is made of; undefined for others. */
function parameterOf(name: string, { targets, folded }: ExporterNotes): string | undefined {
  const found = (targets.has(name) ? [name] : folded.get(name) ?? [])
    .filter((source) => targets.get(source)?.kind === "PARAMETER");
  return found.length === 1 ? found[0] : undefined;
}

/** The last part of a name: what the parameter is to its layer. */
function lastPart(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

/** Null where a node should read a parameter that is not in the file, and it is not clear which of its inputs that is. */
function copiesByProgram(
  { nodes, initializers }: FileGraph,
  notes: ExporterNotes,
  missing: readonly string[],
  program: readonly (ReadonlySet<string> | null)[],
): readonly Copy[] | null {
  const placeholder = (name: string) => notes.targets.get(name)!.placeholder;
  const merged = missing.filter((name) => program.some((inputs) => inputs?.has(placeholder(name))));
  const copies: Copy[] = [];
  for (const [i, node] of nodes.entries()) {
    const inputs = program[i];
    if (!inputs) continue;
    for (const from of new Set(node.inputs)) {
      const own = initializers.has(from) ? parameterOf(from, notes) : undefined;
      if (own === undefined || inputs.has(placeholder(own))) continue;
      const fits = merged.filter((name) => inputs.has(placeholder(name)) && lastPart(name) === lastPart(own));
      if (fits.length > 1) return null;
      if (fits.length === 1) copies.push({ node, from, to: fits[0]! });
    }
  }
  return merged.every((name) => copies.some(({ to }) => to === name)) ? copies : null;
}

/**
 * Without the program: a file with Constant nodes was not optimized, so what is missing is shared or not used. In others,
 * tensors whose numbers are all the same are taken apart, since fresh biases and scales are; null where others may be
 * merged.
 */
function copiesByReaders(
  graph: FileGraph,
  notes: ExporterNotes,
  missing: readonly string[],
): readonly Copy[] | null {
  const is_optimized = hasNoConstants(graph) &&
    [...graph.initializers.keys()].some((name) => !notes.kinds.has(name));
  if (!is_optimized) return [];
  const copies: Copy[] = [];
  for (const [from, readers] of readersOf(graph)) {
    const own = graph.initializers.has(from) ? parameterOf(from, notes) : undefined;
    if (own === undefined || readers.length < 2) continue;
    const fits = missing.filter((name) =>
      lastPart(name) === lastPart(own) && !copies.some(({ to }) => to === name)
    );
    if (fits.length === 0) continue;
    if (!isUniform(graph.initializers.get(from)!) || fits.length < readers.length - 1) return null;
    readers.slice(1).forEach((node, i) => copies.push({ node, from, to: fits[i]! }));
  }
  return copies;
}
