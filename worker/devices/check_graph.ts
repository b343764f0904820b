/** A graph that `worker --devices` measures devices by. */

interface TensorEntry {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A training graph, as a file, and what it computes. */
export interface CheckGraph {
  readonly about: string;
  readonly inputs: readonly TensorEntry[];
  readonly outputs: readonly TensorEntry[];
  /** The ONNX file. */
  readonly base64: string;
}
