/** Runs graphs: sessions of ONNX Runtime, whichever way it is called. */

/** A tensor over a part of a flat buffer. */
export interface TensorView {
  readonly name: string;
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** A graph with its buffers: it reads and fills them in place, as often as it is run. */
export interface BoundGraph {
  /** Resolves to the milliseconds in ONNX Runtime. Runs of one thread must not overlap. */
  run(): Promise<number>;
  /** Frees what binding took. The buffers stay their owner's. */
  release(): void;
}

/** A compiled graph. */
export interface Session {
  readonly input_names: readonly string[];
  readonly output_names: readonly string[];
  /** Inputs and outputs must be all that the graph has. Throws what ONNX Runtime throws. */
  bind(inputs: readonly TensorView[], outputs: readonly TensorView[]): BoundGraph;
  release(): void;
}
