/** Roles of a file's tensors: a parameter, a buffer, a constant, or a product of parameters. */
import type { Tensor } from "../../../onnx/graph.ts";
import type { FileNode } from "../../../onnx/graph_reader.ts";
import { type ExporterNotes, isMadeUp, programFunction } from "./exporter_notes.ts";
import { isOfLayer } from "./stored_weights.ts";

/**
 * `parameter`: trained. `buffer`, `constant`: kept. `product`: computed from `parameters` before export, so it is none.
 * `unknown`: the file does not say. `unnamed`: nor does it, and the exporter made the tensor's name up, as for what it
 * computed beforehand.
 */
export type Origin =
  | { readonly kind: "parameter" | "buffer" | "constant" | "unknown" | "unnamed" }
  | { readonly kind: "product"; readonly parameters: readonly string[] };

/** Determines the role of a file's tensor from its name, the nodes that read it, and its values. */
export function originOf(
  { exporter, targets, kinds, folded }: ExporterNotes,
  name: string,
  readers: readonly FileNode[],
  { data }: Pick<Tensor, "data">,
): Origin {
  const kind = kinds.get(name) ?? targets.get(name)?.kind;
  if (kind !== undefined) {
    return { kind: kind === "PARAMETER" ? "parameter" : kind === "BUFFER" ? "buffer" : "constant" };
  }
  if (exporter === "dynamo") {
    const sources = folded.get(name);
    if (sources !== undefined) return foldedOrigin(name, sources, readers, targets);
    // Its own constants have notes where a layer reads them: another tool has computed this.
    return { kind: data.length > 1 && isOfLayer(name, readers) ? "unnamed" : "constant" };
  }
  // What holds an infinity, as masks do, cannot be trained.
  if ((data as Float32Array).some((item) => Math.abs(item) === Infinity)) return { kind: "buffer" };
  if (exporter === "other") return { kind: "unknown" };
  // Literals of TorchScript are Constant nodes.
  return { kind: isMadeUp(name) ? "unnamed" : "parameter" };
}

/** A value that was computed beforehand from these. */
function foldedOrigin(
  name: string,
  sources: readonly string[],
  readers: readonly FileNode[],
  targets: ExporterNotes["targets"],
): Origin {
  const of = (kind: string) => sources.filter((source) => targets.get(source)?.kind === kind);
  const parameters = targets.size > 0 ? of("PARAMETER") : sources.filter((source) => source.includes("."));
  if (parameters.length === 0) return { kind: of("BUFFER").length > 0 ? "buffer" : "constant" };
  const others = sources.filter((source) => !parameters.includes(source));
  const is_plain = others.every((source) => isMadeUp(source) || ARRANGING.test(source));
  if (parameters.length === 1 && is_plain && isArranged(name, others.length === 0, readers)) {
    return { kind: "parameter" };
  }
  return { kind: "product", parameters };
}

/** Functions of PyTorch that only arrange a tensor's numbers; a folded tensor has the name of the function. */
const ARRANGING =
  /^(t|numpy_T|permute|transpose|swapaxes|movedim|view|_unsafe_view|reshape|flatten|unflatten|squeeze|unsqueeze|contiguous|clone|alias|detach)(_\d+)?$/;

/** Functions whose own exporter arranges the parameters that they take. */
const ARRANGES_PARAMETERS = ["prelu", "group_norm", "native_group_norm", "instance_norm"];

/**
 * True if what was computed from one parameter still holds the parameter's own numbers. A name that the exporter made
 * up stands for a step within a function: alone, the transposed matrix of a linear layer; with constants, a shape.
 */
function isArranged(name: string, isAlone: boolean, readers: readonly FileNode[]): boolean {
  if (ARRANGING.test(name)) return true;
  if (!isMadeUp(name)) return false;
  if (isAlone) return true;
  return readers.length > 0 &&
    readers.every((node) =>
      (node.op === "PRelu" && node.inputs[1] === name) || ARRANGES_PARAMETERS.includes(programFunction(node))
    );
}
