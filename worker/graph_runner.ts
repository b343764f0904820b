/**
 * One graph in ONNX Runtime, fed and read by the manifest. Parameters are views of a state's flat buffer and
 * outputs are preallocated views of a flat result buffer, so nothing is copied tensor by tensor.
 */
import * as ort from "onnxruntime-node";
import {
  GRAPH_NAMES,
  type GraphEntry,
  type GraphName,
  type Manifest,
  type Source,
} from "../models/manifest.ts";
import type { Device } from "./device.ts";

/** Flat buffers by what they hold. User inputs ("real", "fake", "noise") hold whole rows. */
export type Sources = Readonly<Partial<Record<Source, Float32Array>>>;
/** Tensors by name, made once and run many times: ONNX Runtime reads and fills the buffers behind them. */
export type Tensors = Readonly<Record<string, ort.Tensor>>;

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

/** Creates a session. Throws what ONNX Runtime throws. */
export function createSession(bytes: Uint8Array, device: Device): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(bytes, sessionOptions(device));
}

/** Every graph of a run, compiled. */
export type Runners = Readonly<Record<GraphName, GraphRunner>>;
/** Every graph of a run, as bytes. */
export type GraphBytes = Readonly<Record<GraphName, Uint8Array>>;

/** Compiles every graph for one device. Throws what {@linkcode GraphRunner.create} throws. */
export async function compileGraphs(
  manifest: Manifest,
  graphs: GraphBytes,
  device: Device,
): Promise<Runners> {
  const runners: Partial<Record<GraphName, GraphRunner>> = {};
  for (const name of GRAPH_NAMES) {
    runners[name] = await GraphRunner.create(graphs[name], manifest.graphs[name], device);
  }
  return runners as Runners;
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** `shape` with its batch axis, if free, bound to `rows`. */
function bound(shape: readonly (number | string)[], rows: number): number[] {
  return shape.map((dim) => typeof dim === "string" ? rows : dim);
}

/** A graph that is ready to run. */
export class GraphRunner {
  private constructor(readonly entry: GraphEntry, readonly session: ort.InferenceSession) {}

  /**
   * Compiles a graph.
   * @throws {Error} where ONNX Runtime does, or where the graph's names are not those of the manifest: ONNX
   * Runtime ignores unknown feeds silently.
   */
  static async create(bytes: Uint8Array, entry: GraphEntry, device: Device): Promise<GraphRunner> {
    const session = await createSession(bytes, device);
    checkNames(entry, "inputs", session.inputNames);
    checkNames(entry, "outputs", session.outputNames);
    return new GraphRunner(entry, session);
  }

  /** Tensors over `sources`. `rows` binds a free batch axis. Throws where a source is missing or too short. */
  feeds(manifest: Manifest, sources: Sources, rows: number): Tensors {
    const tensors: Record<string, ort.Tensor> = {};
    for (const { name, shape, source } of this.entry.inputs) {
      const buffer = sources[source];
      if (buffer === undefined) throw new Error(`Graph ${this.entry.file} needs ${source}`);
      const dims = bound(shape, rows);
      const offset = source === "real" || source === "fake" || source === "noise"
        ? 0
        : manifest.layouts[source].slots.find((slot) => slot.name === name)!.offset;
      tensors[name] = tensorView(buffer, offset, dims);
    }
    return tensors;
  }

  /** Tensors over a flat result buffer, or over the rows of a forward graph's only output. */
  outputs(result: Float32Array, rows: number): Tensors {
    return Object.fromEntries(
      this.entry.outputs.map((
        { name, shape, offset },
      ) => [name, tensorView(result, offset, bound(shape, rows))]),
    );
  }

  /** Fills the buffers behind `outputs`; returns the milliseconds in ONNX Runtime. */
  async run(feeds: Tensors, outputs: Tensors): Promise<number> {
    const start = performance.now();
    // The buffers behind `outputs` are filled in place; what comes back are copies of them.
    discard(await this.session.run(feeds, outputs), outputs);
    return performance.now() - start;
  }
}

/**
 * Frees copies at once. Hundreds of megabytes of them a second would keep the garbage collector busy: measured, for
 * a tenth of a worker's time.
 */
function discard(copies: ort.InferenceSession.ReturnType, originals: Tensors): void {
  for (const [name, copy] of Object.entries(copies)) {
    const { buffer } = copy.data as Float32Array<ArrayBuffer>;
    if (buffer !== (originals[name]!.data as Float32Array<ArrayBuffer>).buffer) buffer.transfer(0);
  }
}

function tensorView(buffer: Float32Array, offset: number, dims: number[]): ort.Tensor {
  const size = elements(dims);
  if (offset + size > buffer.length) {
    throw new RangeError(`A tensor of ${size} elements at ${offset} must lie within ${buffer.length}`);
  }
  return new ort.Tensor("float32", buffer.subarray(offset, offset + size), dims);
}

function checkNames(entry: GraphEntry, side: "inputs" | "outputs", found: readonly string[]): void {
  const wanted = entry[side].map(({ name }) => name);
  const odd = wanted.find((name) => !found.includes(name)) ?? found.find((name) => !wanted.includes(name));
  if (odd !== undefined || wanted.length !== found.length) {
    throw new Error(
      `Graph ${entry.file} must have the ${side} that artifacts.json names: ${odd ?? "one more"} differs`,
    );
  }
}
