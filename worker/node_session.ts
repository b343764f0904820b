/** Sessions through onnxruntime-node's own interface, for every provider. */
import * as ort from "onnxruntime-node";
import type { Device } from "./device.ts";
import type { BoundGraph, Session, TensorView } from "./runtime.ts";

type Tensors = Readonly<Record<string, ort.Tensor>>;

// What fails is thrown, and said once by whoever catches it.
ort.env.logLevel = "fatal";

/** Version of the native library, a part of the numeric class. */
export const RUNTIME_VERSION: string = ort.env.versions.node ?? "unknown";

/**
 * One thread inside each session: across intra-op thread counts bits differ, so a worker with T threads runs T
 * sessions side by side. Spinning would take the processor from the other workers.
 */
function sessionOptions(device: Device): ort.InferenceSession.SessionOptions {
  const { provider, index } = device;
  return {
    executionProviders: provider === "cpu" || provider === "webgpu" || provider === "coreml"
      ? [provider]
      : [{ name: provider, deviceId: index }],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  };
}

/** Compiles a graph. Throws what ONNX Runtime throws. */
export async function openNodeSession(bytes: Uint8Array, device: Device): Promise<Session> {
  const session = await ort.InferenceSession.create(bytes, sessionOptions(device));
  return {
    input_names: session.inputNames,
    output_names: session.outputNames,
    bind: (inputs, outputs) => bind(session, tensors(inputs), tensors(outputs)),
    release: () => void session.release(),
  };
}

function tensors(views: readonly TensorView[]): Tensors {
  return Object.fromEntries(
    views.map(({ name, data, shape }) => [name, new ort.Tensor("float32", data, shape)]),
  );
}

function bind(session: ort.InferenceSession, feeds: Tensors, outputs: Tensors): BoundGraph {
  return {
    run: async () => {
      const start = performance.now();
      // The buffers behind `outputs` are filled in place; what comes back are copies of them.
      discard(await session.run(feeds, outputs), outputs);
      return performance.now() - start;
    },
    release: () => {},
  };
}

/** Frees copies at once: hundreds of megabytes of them a second would keep the garbage collector busy. */
function discard(copies: ort.InferenceSession.ReturnType, originals: Tensors): void {
  for (const [name, copy] of Object.entries(copies)) {
    const { buffer } = copy.data as Float32Array<ArrayBuffer>;
    if (buffer !== (originals[name]!.data as Float32Array<ArrayBuffer>).buffer) buffer.transfer(0);
  }
}
