/** A thread that is in ONNX Runtime for a long time, in one call. */
/// <reference lib="deno.worker" />
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { CPU } from "../../../worker/runtime/device.ts";
import { floatInfo, message, node } from "../../../worker/runtime/model_writer.ts";
import { NativeRuntime } from "../../../worker/runtime/native_session.ts";

const SIDE = 512;
/** About a minute. */
const PRODUCTS = 10_000;

function longModel(): Uint8Array {
  const graph = new BinaryWriter();
  for (let i = 0; i < PRODUCTS; i++) {
    node(graph, "MatMul", [i === 0 ? "x" : `x${i}`, "w"], i === PRODUCTS - 1 ? "y" : `x${i + 1}`);
  }
  graph.tag(2, 2).string("long");
  for (const [field, name] of [[11, "x"], [11, "w"], [12, "y"]] as const) {
    floatInfo(graph, field, name, [SIDE, SIDE]);
  }
  const model = new BinaryWriter().tag(1, 0).int32(9).tag(7, 2).bytes(graph.finish());
  message(model, 8, (opset) => opset.tag(1, 2).string("").tag(2, 0).int32(18));
  return model.finish();
}

const scope = self as unknown as DedicatedWorkerGlobalScope;
const matrix = (name: string) => ({ name, data: new Float32Array(SIDE * SIDE), shape: [SIDE, SIDE] });
const bound = NativeRuntime.open()!.openSession(longModel(), CPU).bind([matrix("x"), matrix("w")], [
  matrix("y"),
]);
scope.postMessage("begins");
await bound.run();
scope.postMessage("ended");
