/**
 * A trial of a device: does ONNX Runtime get it at all, and is it faster than the processor? Names of adapters are
 * not to be had from JavaScript, and drivers in software (SwiftShader, llvmpipe) look like any other: time tells.
 */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { CPU, type Device } from "./device.ts";
import { openSession } from "./graph_runner.ts";

/** Times of one run of the trial graph. */
export interface Trial {
  readonly device_ms: number;
  readonly cpu_ms: number;
}

const SIDE = 512;
const PRODUCTS = 4;
const RUNS = 5;
/** A device this much slower than the processor need not be timed again. */
const HOPELESS = 20;

const FLOAT32 = 1;
const IR_VERSION = 9;
const OPSET = 18;

/**
 * An ONNX model y = x w w w w over 512 x 512 matrices (1.07 GFLOP), by the field numbers of onnx.proto3: small
 * enough for any device, large enough that a real one wins.
 */
export function trialModel(): Uint8Array {
  const graph = new BinaryWriter();
  for (let i = 0; i < PRODUCTS; i++) {
    const output = i === PRODUCTS - 1 ? "y" : `x${i + 1}`;
    message(graph, 1, (node) => {
      node.tag(1, 2).string(i === 0 ? "x" : `x${i}`).tag(1, 2).string("w").tag(2, 2).string(output);
      node.tag(4, 2).string("MatMul");
    });
  }
  graph.tag(2, 2).string("trial");
  for (const [field, name] of [[11, "x"], [11, "w"], [12, "y"]] as const) {
    message(graph, field, (value) => matrixInfo(value, name));
  }
  const model = new BinaryWriter().tag(1, 0).int32(IR_VERSION).tag(7, 2).bytes(graph.finish());
  message(model, 8, (opset) => opset.tag(1, 2).string("").tag(2, 0).int32(OPSET));
  return model.finish();
}

function message(into: BinaryWriter, field: number, write: (writer: BinaryWriter) => void): void {
  const writer = new BinaryWriter();
  write(writer);
  into.tag(field, 2).bytes(writer.finish());
}

/** ValueInfoProto of a float32 matrix. */
function matrixInfo(value: BinaryWriter, name: string): void {
  value.tag(1, 2).string(name);
  message(value, 2, (type) =>
    message(type, 1, (tensor) => {
      tensor.tag(1, 0).int32(FLOAT32);
      message(tensor, 2, (shape) => {
        for (let i = 0; i < 2; i++) message(shape, 1, (dim) => dim.tag(1, 0).int32(SIDE));
      });
    }));
}

/** Shortest of a few runs, after one that warms up. */
async function shortestRun(device: Device, enough_ms: number): Promise<number> {
  const session = await openSession(trialModel(), device);
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
export async function tryDevice(device: Device): Promise<Trial> {
  const cpu_ms = await shortestRun(CPU, Infinity);
  return { device_ms: await shortestRun(device, HOPELESS * cpu_ms), cpu_ms };
}
