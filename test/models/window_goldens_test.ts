/**
 * Convolutions, pools and resizing against PyTorch over a grid of attributes, forward and gradients: the interpreter in
 * float64, ONNX Runtime in float32.
 */
import assert from "node:assert/strict";
import { gradients } from "../../autodiff/gradients.ts";
import { simplify } from "../../autodiff/simplify.ts";
import { type AttributeInput, GraphBuilder } from "../../onnx/builder.ts";
import type { Graph } from "../../onnx/graph.ts";
import { tensorOf } from "../../onnx/tensor.ts";
import { decodeSafetensors } from "../../common/files/safetensors.ts";
import { fillUniform } from "../../random/philox.ts";
import { readGolden } from "../goldens/golden.ts";
import { interpret } from "../reference/interpreter.ts";
import { runInOnnxRuntime } from "../reference/onnxruntime.ts";
import { type RefTensor, refTensor, sizeOf } from "../reference/ref_tensor.ts";

/** A case of scripts/goldens/make_window_goldens.py: a node and the shapes of its inputs x, w and b. */
interface WindowCase {
  readonly op: string;
  readonly shapes: readonly (readonly number[])[];
  readonly attributes?: Readonly<Record<string, AttributeInput>>;
  readonly scales?: readonly number[];
  readonly sizes?: readonly number[];
}

/** ||a - b|| / ||b||, the largest of all tensors. Measured: 1.3e-16 and 4.5e-7. */
const TOLERANCE = { float64: 1e-15, float32: 4e-6 };
/** The same for Resize in float64: its coordinates are float32, PyTorch's are not. Measured: 1.3e-7. */
const RESIZE_TOLERANCE = 1e-6;

const { tensors: GOLDENS, metadata } = decodeSafetensors(readGolden("windows.safetensors"));
const CASES = JSON.parse(metadata.get("cases")!) as readonly WindowCase[];
const SEED = Number(metadata.get("seed"));

type Float = keyof typeof TOLERANCE;

/** y of the node, and the gradients of the sum of g y. */
function graphOf({ op, shapes, attributes = {}, scales, sizes }: WindowCase, element: Float): Graph {
  const b = new GraphBuilder(op);
  const names = ["x", "w", "b"].slice(0, shapes.length);
  const inputs = names.map((name, i) => b.input(name, element, shapes[i]!));
  const constants = scales
    ? [null, b.constant(tensorOf("float32", [scales.length], scales))]
    : sizes
    ? [null, null, b.ints(sizes)]
    : [];
  const y = b.op(op, [...inputs, ...constants], attributes);
  b.input("g", element, y.type.shape);
  b.output(y, "y");
  return simplify(gradients(b.build(), { loss: "y", wrt: names, seed: "g" }));
}

function feedsOf(graph: Graph, index: number): Map<string, RefTensor> {
  return new Map(graph.inputs.map((name, tensor) => {
    const { element, shape } = graph.types.get(name)!;
    const values = new Float32Array(sizeOf(shape as number[]));
    fillUniform(values, { seed: SEED, purpose: "probe", counter: index, shard: tensor }, -1, 1);
    return [name, refTensor(element, shape as number[], values)];
  }));
}

function errorOf(found: ReadonlyMap<string, RefTensor>, index: number): number {
  const errors = [...found].map(([name, { shape, data }]) => {
    const golden = GOLDENS.get(`${index}.${name.replace("_grad", "")}`)!;
    assert.deepEqual(shape, golden.shape, `shape of ${name} of case ${index}`);
    const exact = golden.data as Float64Array;
    return Math.hypot(...exact.map((value, i) => value - data[i]!)) / Math.hypot(...exact);
  });
  return Math.max(...errors);
}

function describe(index: number): string {
  return `case ${index}, ${JSON.stringify(CASES[index])}`;
}

for (const op of new Set(CASES.map((windowCase) => windowCase.op))) {
  const indices = [...CASES.keys()].filter((i) => CASES[i]!.op === op);

  Deno.test(`goldens: ${op} and its gradients in float64 are PyTorch's (${indices.length} cases)`, () => {
    for (const i of indices) {
      const graph = graphOf(CASES[i]!, "float64");
      const error = errorOf(interpret(graph, feedsOf(graph, i)), i);
      assert.ok(
        error <= (op === "Resize" ? RESIZE_TOLERANCE : TOLERANCE.float64),
        `${describe(i)} is off by ${error}`,
      );
    }
  });

  Deno.test(`goldens: ${op} and its gradients in ONNX Runtime's float32 are PyTorch's`, async () => {
    for (const i of indices) {
      const graph = graphOf(CASES[i]!, "float32");
      const error = errorOf(await runInOnnxRuntime(graph, feedsOf(graph, i)), i);
      assert.ok(error <= TOLERANCE.float32, `${describe(i)} is off by ${error}`);
    }
  });
}
