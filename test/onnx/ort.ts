/** Runs graphs in ONNX Runtime to learn the types that its kernels really give. */
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { encodeModel } from "../../onnx/codec.ts";
import type { Dim, Graph, Shape, TensorType } from "../../onnx/graph.ts";
import { ELEMENTS } from "../../onnx/tensor.ts";
import { modelOf } from "./fixtures.ts";
import { numElements } from "../../common/shape.ts";

/** What the names of extents stand for in a run. */
export type Extents = Readonly<Record<string, number>>;

/** The extent with numbers for its names: "2*N" is 6 for N = 3. */
export function fixedDim(dim: Dim, extents: Extents): number {
  if (typeof dim === "number") return dim;
  return dim.split("*").reduce((product, part) => product * (extents[part] ?? Number(part)), 1);
}

export function fixedType({ element, shape }: TensorType, extents: Extents): TensorType {
  return { element, shape: shape.map((dim) => fixedDim(dim, extents)) };
}

/** A tensor of ones: a valid index into two, a valid divisor, true. */
function ones({ element, shape }: TensorType, extents: Extents): OrtTensor {
  const dims = shape.map((dim) => fixedDim(dim, extents));
  const { array } = ELEMENTS[element];
  if (array === null) throw new Error("Strings are not fed");
  const data = new array(numElements(dims));
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) data.fill(1n);
  else data.fill(1);
  return new OrtTensor(element as "float32", data as Float32Array, dims);
}

export interface OrtTypes {
  /** What ONNX Runtime infers when it loads the graph: numbers, names, or "" for what it does not know. */
  readonly inferred: readonly Shape[];
  /** What its kernels give. */
  readonly computed: readonly TensorType[];
}

/** Types of the graph's outputs. */
export async function ortTypes(graph: Graph, extents: Extents = {}, opset = 18): Promise<OrtTypes> {
  const session = await InferenceSession.create(encodeModel({ ...modelOf(graph), opset }), {
    intraOpNumThreads: 1,
    graphOptimizationLevel: "disabled",
    logSeverityLevel: 3,
  });
  try {
    const feeds = graph.inputs.map((name) => [name, ones(graph.types.get(name)!, extents)]);
    const results = await session.run(Object.fromEntries(feeds));
    return {
      inferred: session.outputMetadata.map((value) => value.isTensor ? value.shape : []),
      computed: graph.outputs.map((name) => ({
        element: results[name]!.type as TensorType["element"],
        shape: results[name]!.dims,
      })),
    };
  } finally {
    await session.release();
  }
}
