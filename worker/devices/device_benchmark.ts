/**
 * A benchmark of a device: does ONNX Runtime get it at all, and is it faster than the processor? Names of adapters are
 * not available from JavaScript, and drivers in software (SwiftShader, llvmpipe) look like any other: time tells.
 */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { CPU, type Device } from "../runtime/device.ts";
import { openSession } from "../runtime/open_session.ts";
import { floatInfo, message, node } from "../runtime/model_writer.ts";

/** Times of one run of the benchmark graph. */
export interface DeviceBenchmark {
  readonly device_ms: number;
  readonly cpu_ms: number;
}

const SIDE = 512;
const PRODUCTS = 4;
const RUNS = 5;
/** A device this much slower than the processor need not be timed again. */
const HOPELESS = 20;

const IR_VERSION = 9;
const OPSET = 18;

/**
 * An ONNX model y = x w w w w over 512 x 512 matrices (1.07 GFLOP): small enough for any device, large enough that a
 * real one wins.
 */
export function benchmarkModel(): Uint8Array {
  const graph = new BinaryWriter();
  for (let i = 0; i < PRODUCTS; i++) {
    const output = i === PRODUCTS - 1 ? "y" : `x${i + 1}`;
    node(graph, "MatMul", [i === 0 ? "x" : `x${i}`, "w"], output);
  }
  graph.tag(2, 2).string("benchmark");
  for (const [field, name] of [[11, "x"], [11, "w"], [12, "y"]] as const) {
    floatInfo(graph, field, name, [SIDE, SIDE]);
  }
  const model = new BinaryWriter().tag(1, 0).int32(IR_VERSION).tag(7, 2).bytes(graph.finish());
  message(model, 8, (opset) => opset.tag(1, 2).string("").tag(2, 0).int32(OPSET));
  return model.finish();
}

/** Shortest of a few runs, after one that warms up. */
async function shortestRun(device: Device, enough_ms: number): Promise<number> {
  const session = await openSession(benchmarkModel(), device);
  const matrix = (name: string) => ({
    name,
    data: new Float32Array(SIDE * SIDE).fill(1 / SIDE),
    shape: [SIDE, SIDE],
  });
  const product = session.bind([matrix("x"), matrix("w")], [matrix("y")]);
  await product.run();
  let shortest = Infinity;
  for (let i = 0; i < RUNS; i++) {
    shortest = Math.min(shortest, await product.run());
    if (shortest > enough_ms) break;
  }
  product.release();
  session.release();
  return shortest;
}

/** Tries a device against one thread of the processor. Throws what ONNX Runtime throws where it has none. */
export async function benchmarkDevice(device: Device): Promise<DeviceBenchmark> {
  const cpu_ms = await shortestRun(CPU, Infinity);
  return { device_ms: await shortestRun(device, HOPELESS * cpu_ms), cpu_ms };
}
