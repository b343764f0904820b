/** The yardstick of computing speed: a plain matrix product in ONNX Runtime, one thread. */
import { IR_VERSION, PRODUCER } from "../../models/artifacts.ts";
import { OPSET } from "../../onnx/shapes.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { encodeModel } from "../../onnx/codec.ts";
import { fillUniform } from "../../random/philox.ts";
import { CPU } from "../../worker/runtime/device.ts";
import { openSession } from "../../worker/runtime/open_session.ts";

const SIDE = 512;

/** Floating-point operations of one product. */
export const GEMM_FLOPS = 2 * SIDE ** 3;

function productModel(): Uint8Array {
  const b = new GraphBuilder("gemm");
  const x = b.input("x", "float32", [SIDE, SIDE]);
  const y = b.input("y", "float32", [SIDE, SIDE]);
  b.output(b.op("MatMul", [x, y]), "product");
  return encodeModel({
    graph: b.build(),
    ir_version: IR_VERSION,
    opset: OPSET,
    producer_name: PRODUCER,
    producer_version: "",
    metadata: new Map(),
  });
}

function matrix(name: string, shard: number) {
  const data = new Float32Array(SIDE * SIDE);
  fillUniform(data, { seed: 1, purpose: "dataset", counter: 2, shard }, -1, 1);
  return { name, data, shape: [SIDE, SIDE] };
}

/** Multiplies two matrices of 512 x 512, with the session settings of a worker. */
export async function gemm(): Promise<() => Promise<void>> {
  const session = await openSession(productModel(), CPU);
  const product = session.bind([matrix("x", 0), matrix("y", 1)], [matrix("product", 2)]);
  return async () => void await product.run();
}
