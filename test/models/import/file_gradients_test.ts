/** Gradients of model files, by ONNX Runtime against what calculus says. */
import assert from "node:assert/strict";
import * as ort from "onnxruntime-node";
import { UserError } from "../../../common/errors.ts";
import { modelOf } from "../../../library/model.ts";
import { gradients } from "../../../models/import/file_gradients.ts";
import { GraphBuilder } from "../../../onnx/builder.ts";
import { decodeModel, encodeModel } from "../../../onnx/codec.ts";
import { tensorOf } from "../../../onnx/tensor.ts";

async function run(bytes: Uint8Array, x: readonly number[], shape = [x.length]) {
  const session = await ort.InferenceSession.create(bytes);
  const outputs = await session.run({ x: new ort.Tensor("float32", Float32Array.from(x), shape) });
  return (name: string) => Array.from(outputs[name]!.data as Float32Array);
}

function fileOf(build: (b: GraphBuilder) => void, opset = 18): Uint8Array {
  const b = new GraphBuilder("model");
  build(b);
  return encodeModel({ ...modelOf(b.build()), opset });
}

const cube = fileOf((b) => {
  const x = b.input("x", "float32", [3]);
  b.output(b.op("Mul", [x, b.op("Mul", [x, x])]), "y");
});

Deno.test("a loss of several elements is summed, and gradients are differentiated again, three times", async () => {
  const first = gradients(cube, { loss: "y", inputs: ["x"] });
  const second = gradients(first, { loss: "x_grad", inputs: ["x"], suffix: "_2" });
  const third = gradients(second, { loss: "x_2", inputs: ["x"], suffix: "_3" });
  assert.deepEqual(decodeModel(third).graph.outputs, ["y", "x_grad", "x_2", "x_3"]);
  const get = await run(third, [-1, 0.5, 2]);
  assert.deepEqual(get("y"), [-1, 0.125, 8]);
  assert.deepEqual(get("x_grad"), [3, 0.75, 12]);
  assert.deepEqual(get("x_2"), [-6, 3, 12]);
  assert.deepEqual(get("x_3"), [6, 6, 6]);
});

/** y = x w + b of any batch, with weights in the file. */
function linear(opset?: number): Uint8Array {
  return fileOf((b) => {
    const x = b.input("x", "float32", ["batch", 2]);
    const w = b.constant(tensorOf("float32", [2, 1], [2, -3]), "w");
    b.output(b.op("MatMul", [x, w]), "y");
  }, opset);
}

Deno.test("by weights in the file, for a batch that the caller names", async () => {
  const derived = gradients(linear(), { loss: "y", inputs: ["w", "x"], dims: { batch: 3 } });
  const get = await run(derived, [1, 2, 3, 4, 5, 6], [3, 2]);
  assert.deepEqual(get("w_grad"), [9, 12]);
  assert.deepEqual(get("x_grad"), [2, -3, 2, -3, 2, -3]);
});

Deno.test("a file of an older version keeps the names of its input and output", async () => {
  const derived = gradients(linear(13), { loss: "y", inputs: ["x"], dims: { batch: 1 } });
  assert.deepEqual((await run(derived, [1, 2], [1, 2]))("x_grad"), [2, -3]);
  const { inputs, outputs } = decodeModel(derived).graph;
  assert.deepEqual([inputs, outputs], [["x"], ["y", "x_grad"]]);
});

Deno.test("nothing flows through constants", async () => {
  const derived = gradients(
    fileOf((b) => {
      const x = b.input("x", "float32", [2]);
      b.output(b.op("Mul", [x, b.op("Neg", [x], {}, { output: "held" })]), "y");
    }),
    { loss: "y", inputs: ["x"], constants: ["held"] },
  );
  assert.deepEqual((await run(derived, [3, -4]))("x_grad"), [-3, 4]);
});

const REFUSED = {
  "bytes that are no model": () => gradients(new Uint8Array(20), { loss: "y", inputs: ["x"] }),
  "a loss that is not there": () => gradients(cube, { loss: "z", inputs: ["x"] }),
  "an input that is not there": () => gradients(cube, { loss: "y", inputs: ["z"] }),
  "an open batch": () => gradients(linear(), { loss: "y", inputs: ["x"] }),
  "a gradient's name that is taken": () =>
    gradients(gradients(cube, { loss: "y", inputs: ["x"] }), { loss: "y", inputs: ["x"] }),
} as const;

for (const [what, act] of Object.entries(REFUSED)) {
  Deno.test(`refused in one line: ${what}`, () => {
    assert.throws(act, (error) => error instanceof UserError && !error.message.includes("\n"));
  });
}
