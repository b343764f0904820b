// Draws 4 samples in Node: npm install onnxruntime-node && node node.mjs generator.onnx
import * as ort from "onnxruntime-node";

const session = await ort.InferenceSession.create(process.argv[2] ?? "generator.onnx");
const latent = session.inputMetadata[0].shape[1];
const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
const noise = new ort.Tensor("float32", Float32Array.from({ length: 4 * latent }, normal), [4, latent]);
const { samples } = await session.run({ noise });
console.log(samples.dims.join(" x "), Math.min(...samples.data), Math.max(...samples.data));
