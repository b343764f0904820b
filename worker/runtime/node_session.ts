/** Sessions through onnxruntime-node's own interface, for every provider. */
import * as ort from "onnxruntime-node";
import { canChooseDevice, type Device } from "./device.ts";
import type { BoundGraph, Session, TensorView } from "./runtime.ts";

type Tensors = Readonly<Record<string, ort.Tensor>>;

// What fails is thrown, and said once by whoever catches it.
ort.env.logLevel = "fatal";

/** Version of the native library, a part of the numeric class. */
export const RUNTIME_VERSION: string = ort.env.versions.node ?? "unknown";

/** How a session may spread a graph. */
interface Placement {
  /** True if nodes without a kernel may run on the processor; copies to it and back then go through each step. */
  readonly falls_back: boolean;
  /** True if ONNX Runtime moves transposes, and chooses the order of a map's axes. */
  readonly is_rearranged: boolean;
}

const REARRANGED: Placement = { falls_back: false, is_rearranged: true };
const AS_WRITTEN: Placement = { falls_back: false, is_rearranged: false };
const ANYWHERE: Placement = { falls_back: true, is_rearranged: true };

/** ONNX Runtime 1.30's message about a node that may not run on the processor. */
const FALLBACK_REFUSED = "fallback to CPU EP has been explicitly disabled";

/**
 * One thread inside each session: across intra-op thread counts bits differ, so a worker with T threads runs T
 * sessions side by side. Spinning would take the processor from the other workers.
 */
function sessionOptions(
  device: Device,
  { falls_back, is_rearranged }: Placement,
  profile?: string,
): ort.InferenceSession.SessionOptions {
  return {
    ...profile !== undefined && { enableProfiling: true, profileFilePrefix: profile },
    executionProviders: [providerOptions(device, is_rearranged)],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
    logSeverityLevel: 4,
    extra: {
      session: { intra_op: { allow_spinning: "0" }, ...!falls_back && { disable_cpu_ep_fallback: "1" } },
      ...!is_rearranged && { optimization: { disable_specified_optimizers: "TransposeOptimizer" } },
    },
  };
}

function providerOptions(
  { provider, index }: Device,
  is_rearranged: boolean,
): ort.InferenceSession.ExecutionProviderConfig {
  if (provider === "webgpu" && !is_rearranged) return { name: provider, preferredLayout: "NCHW" };
  return canChooseDevice(provider) ? { name: provider, deviceId: index } : provider;
}

/**
 * The placements to try. ONNX Runtime moves transposes past comparisons, and WebGPU has no kernel that transposes what
 * is left, booleans: a graph that would fall back for that is taken as it is written (measured with 1.30 on the critics
 * with ReLU).
 */
function placements({ provider }: Device, may_fall_back: boolean): readonly Placement[] {
  const last = may_fall_back || provider === "cpu" ? [ANYWHERE] : [];
  if (provider === "webgpu") return [REARRANGED, AS_WRITTEN, ...last];
  return last.length > 0 ? last : [REARRANGED];
}

export interface SessionChoices {
  /** True if nodes without a kernel may run on the processor; default true. */
  readonly may_fall_back?: boolean;
  /** Path that the name of a file begins with, to which endProfiling() writes what ran where. */
  readonly profile?: string;
}

/** Compiles a graph. Throws what ONNX Runtime throws. */
export async function createSession(
  bytes: Uint8Array,
  device: Device,
  { may_fall_back = true, profile }: SessionChoices = {},
): Promise<ort.InferenceSession> {
  const [first, ...others] = placements(device, may_fall_back).map((one) =>
    sessionOptions(device, one, profile)
  );
  let options = first!;
  for (const next of others) {
    try {
      return await ort.InferenceSession.create(bytes, options);
    } catch (error) {
      if (!(error as Error).message.includes(FALLBACK_REFUSED)) throw error;
      options = next;
    }
  }
  return await ort.InferenceSession.create(bytes, options);
}

/** Compiles a graph. Throws what ONNX Runtime throws. */
export async function openNodeSession(bytes: Uint8Array, device: Device): Promise<Session> {
  const session = await createSession(bytes, device);
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
