/** Differentiates an ONNX file, twice. Run it: deno run --allow-read --allow-write --allow-ffi examples/differentiate.ts */
import * as ort from "onnxruntime-node";
import { gradients } from "@wagon/wagon/autodiff";
import { encodeModel, GraphBuilder, modelOf } from "@wagon/wagon/onnx";

/** Writes y = sin(x) as a file, in place of one of yours. */
async function writeSine(path: string): Promise<void> {
  const b = new GraphBuilder("sine");
  b.output(b.op("Sin", [b.input("x", "float32", [3])]), "y");
  await Deno.writeFile(path, encodeModel(modelOf(b.build())));
}

const path = Deno.args[0] ?? await Deno.makeTempFile({ suffix: ".onnx" });
await writeSine(path);
const slope = gradients(await Deno.readFile(path), { loss: "y", inputs: ["x"] });
const curvature = gradients(slope, { loss: "x_grad", inputs: ["x"], suffix: "_curvature" });

const session = await ort.InferenceSession.create(curvature);
const x = new ort.Tensor("float32", Float32Array.of(0, 0.5, 1), [3]);
const outputs = await session.run({ x });
console.log(Object.keys(outputs).join(" "));
for (const name of ["y", "x_grad", "x_curvature"]) {
  console.log(name, Array.from(outputs[name]!.data as Float32Array, (value) => value.toFixed(4)).join(" "));
}
