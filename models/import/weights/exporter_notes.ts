/**
 * Notes of an exporter about a file's tensors. PyTorch's exporter of dynamo=True writes them as metadata: the
 * signature of the exported program lists every parameter and buffer, value_info says which of them an initializer is
 * (`graph_signature.InputSpec.kind`) or what it was computed from (`folded_from`), and each node has the line of the
 * program that it came from (`fx_node`). Its older exporter, TorchScript, says it by form: literals are Constant nodes,
 * so initializers with names are tensors of the module, and where it merged equal ones it left an Identity for each.
 */
import type { FileModel } from "../../../onnx/codec.ts";
import type { FileGraph, FileNode } from "../../../onnx/graph_reader.ts";
import { readBy } from "../../../autodiff/needed_nodes.ts";

const SIGNATURE = "pkg.torch.export.ExportedProgram.graph_signature";
const KIND = "pkg.torch.export.graph_signature.InputSpec.kind";
const FOLDED_FROM = "pkg.onnxscript.optimizer.folded_from";
const FX_NODE = "pkg.torch.onnx.fx_node";

/** Who wrote a file, as far as it matters for weights. */
export type Exporter = "dynamo" | "torchscript" | "other";

/** A parameter, buffer or constant of the exported program. */
export interface Target {
  /** As the program calls it: `p_1_weight`. */
  readonly placeholder: string;
  /** PARAMETER, BUFFER, CONSTANT_TENSOR ... */
  readonly kind: string;
}

export interface ExporterNotes {
  readonly exporter: Exporter;
  /** The program's tensors by their names in the module: `1.weight`. Empty where the file lists none. */
  readonly targets: ReadonlyMap<string, Target>;
  /** InputSpec.kind of initializers. */
  readonly kinds: ReadonlyMap<string, string>;
  /** Names of the values that an initializer was computed from, beforehand. */
  readonly folded: ReadonlyMap<string, readonly string[]>;
}

/** Reads the notes of a file. */
export function exporterNotes({ graph, producer_name }: FileModel): ExporterNotes {
  const targets = targetsOf(graph.metadata?.get(SIGNATURE) ?? "");
  const kinds = new Map<string, string>(), folded = new Map<string, readonly string[]>();
  for (const { name, metadata } of graph.between) {
    const kind = metadata?.get(KIND), from = metadata?.get(FOLDED_FROM);
    if (kind !== undefined) kinds.set(name, kind);
    if (from !== undefined) folded.set(name, listOf(from));
  }
  const is_dynamo = targets.size > 0 || kinds.size > 0;
  const exporter = is_dynamo ? "dynamo" : producer_name === "pytorch" ? "torchscript" : "other";
  return { exporter, targets, kinds, folded };
}

/** Lines such as `p_1_weight: PARAMETER target='1.weight'`. */
function targetsOf(signature: string): Map<string, Target> {
  const found = signature.matchAll(/^(\S+): (\w+) target='([^'\n]*)'/gm);
  return new Map(
    [...found].map(([, placeholder, kind, name]) => [name!, { placeholder: placeholder!, kind: kind! }]),
  );
}

/** A list of names as Python writes it: `['0.weight', 'val_4']`. */
function listOf(text: string): readonly string[] {
  return [...text.matchAll(/'([^']*)'|"([^"]*)"/g)].map(([, single, double]) => single ?? double!);
}

/** The program's values that the line behind a node reads, by their names there; null where the file has no such line. */
export function programInputs({ metadata }: FileNode): ReadonlySet<string> | null {
  const line = metadata?.get(FX_NODE);
  if (line === undefined) return null;
  const args = line.slice(Math.max(0, line.indexOf("](")));
  return new Set([...args.matchAll(/%(\w+)/g)].map(([, name]) => name!));
}

/** The function of PyTorch that a node came from, e.g. `prelu`; "" where the file does not say. */
export function programFunction({ metadata }: FileNode): string {
  return /target=torch\.ops\.aten\.(\w+)/.exec(metadata?.get(FX_NODE) ?? "")?.[1] ?? "";
}

/** True if a name is one that an exporter made up, rather than one that the network's author gave. */
export function isMadeUp(name: string): boolean {
  return /^(\/.*|onnx::.*|val_\d+|_?v?_?\d+|const(ant)?(_\d+)?|.*Constant([._]?\d+)?(_output_\d+)?)$/i.test(
    name,
  );
}

/** The nodes that read each value. */
export function readersOf({ nodes }: Pick<FileGraph, "nodes">): ReadonlyMap<string, readonly FileNode[]> {
  const readers = new Map<string, FileNode[]>();
  for (const node of nodes) {
    for (const name of new Set(readBy(node))) {
      const known = readers.get(name);
      if (known) known.push(node);
      else readers.set(name, [node]);
    }
  }
  return readers;
}
