/** Longest error text: names in a file can be of any length. */
const MAX_TEXT = 600;

/** Makes text from a file fit for one line: control characters become "?", what is too long is cut. */
export function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex -- names in a file can hold line ends and escape sequences.
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
  return clean.length > MAX_TEXT ? `${clean.slice(0, MAX_TEXT)}…` : clean;
}

/**
 * A graph that breaks a rule of ONNX or of `Graph`. The text is one line that names graph, node and operator.
 *
 * @example
 * ```ts
 * import { GraphBuilder, GraphError } from "@wagon/wagon/onnx";
 *
 * const b = new GraphBuilder("g");
 * try {
 *   b.op("MatMul", [b.input("x", "float32", [2, 3]), b.input("w", "float32", [4, 5])]);
 * } catch (error) {
 *   console.assert(error instanceof GraphError);
 * }
 * ```
 */
export class GraphError extends Error {
  /** Always "GraphError". */
  override name = "GraphError";

  /** The message is cut to one line. */
  constructor(text: string) {
    super(oneLine(text));
  }
}
