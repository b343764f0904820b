/**
 * Sessions through ONNX Runtime's C API. On the processor buffers are bound once, and a run copies nothing. On CUDA it
 * alone takes the options that make two processes compute the same bits.
 */
import type { Device } from "./device.ts";
import { cString, type Handle, NativeApi, pointers } from "./native_api.ts";
import type { BoundGraph, Session, TensorView } from "./runtime.ts";

/** OrtLoggingLevel, GraphOptimizationLevel, OrtAllocatorType, OrtMemType, ONNXTensorElementDataType. */
const LOG_FATAL = 4;
const OPTIMIZE_ALL = 99;
const DEVICE_ALLOCATOR = 0;
const MEMORY_DEFAULT = 0;
const FLOAT32 = 1;

/** Path of the library in onnxruntime-node, beside its entry `dist/index.js`. */
function libraryPath(entry: string): URL {
  const { os, arch } = Deno.build;
  const folders: Partial<Record<typeof os, string>> = { linux: "linux", darwin: "darwin", windows: "win32" };
  const files: Partial<Record<typeof os, string>> = {
    linux: "libonnxruntime.so.1",
    darwin: "libonnxruntime.1.dylib",
    windows: "onnxruntime.dll",
  };
  return new URL(`../bin/napi-v6/${folders[os]}/${arch === "aarch64" ? "arm64" : "x64"}/${files[os]}`, entry);
}

/** The library, ready for sessions with one thread each. */
export class NativeRuntime {
  readonly #api: NativeApi;
  readonly #env: Handle;
  readonly #memory: Handle;
  readonly #allocator: Handle;

  private constructor(api: NativeApi) {
    this.#api = api;
    this.#env = api.create("CreateEnv", LOG_FATAL, cString("wagon"));
    this.#memory = api.create("CreateCpuMemoryInfo", DEVICE_ALLOCATOR, MEMORY_DEFAULT);
    this.#allocator = api.create("GetAllocatorWithDefaultOptions");
  }

  /** Null where the library is not where it is looked for, or is none of this kind. */
  static open(): NativeRuntime | null {
    try {
      const path = libraryPath(import.meta.resolve("onnxruntime-node"));
      return new NativeRuntime(new NativeApi(fileOf(path)));
    } catch {
      return null;
    }
  }

  /**
   * Compiles a graph for the processor or for CUDA, with the options that node_session.ts sets. `copies`: whether a run
   * copies its inputs and outputs, as it must where they are elsewhere. Throws what ONNX Runtime says.
   */
  openSession(bytes: Uint8Array, { provider, index }: Device, copies = provider !== "cpu"): Session {
    const options = this.#api.create("CreateSessionOptions");
    try {
      if (provider === "cuda") this.#addCuda(options, index);
      this.#api.call("SetSessionLogSeverityLevel", options, LOG_FATAL);
      this.#api.call("SetSessionGraphOptimizationLevel", options, OPTIMIZE_ALL);
      this.#api.call("SetIntraOpNumThreads", options, 1);
      this.#api.call("SetInterOpNumThreads", options, 1);
      const [key, value] = [cString("session.intra_op.allow_spinning"), cString("0")];
      this.#api.call("AddSessionConfigEntry", options, key, value);
      const length = BigInt(bytes.length);
      const session = this.#api.create("CreateSessionFromArray", this.#env, bytes, length, options);
      return new NativeSession(this.#api, session, this.#memory, this.#allocator, copies);
    } finally {
      this.#api.release("SessionOptions", options);
    }
  }

  /**
   * CUDA without what differs from process to process: by default cuDNN's algorithms are chosen by their times, and
   * sums are made in the order in which threads end. For matrix products that gives the same bits; for convolutions it
   * does not yet (measured on an H200): ONNX Runtime 1.30 does not ask cuDNN for deterministic algorithms.
   */
  #addCuda(options: Handle, index: number): void {
    const settings = { device_id: `${index}`, use_tf32: "0", cudnn_conv_algo_search: "HEURISTIC" };
    const keys = Object.keys(settings).map(cString), values = Object.values(settings).map(cString);
    const cuda = this.#api.create("CreateCUDAProviderOptions");
    try {
      const count = BigInt(keys.length);
      this.#api.call("UpdateCUDAProviderOptions", cuda, pointers(keys), pointers(values), count);
      this.#api.call("SessionOptionsAppendExecutionProvider_CUDA_V2", options, cuda);
      this.#api.call("SetDeterministicCompute", options, true);
    } finally {
      this.#api.release("CUDAProviderOptions", cuda);
    }
  }
}

/** A file URL as the system's own path. */
function fileOf(url: URL): string {
  const path = decodeURIComponent(url.pathname);
  return Deno.build.os === "windows" ? path.slice(1).replaceAll("/", "\\") : path;
}

class NativeSession implements Session {
  readonly input_names: readonly string[];
  readonly output_names: readonly string[];
  readonly #api: NativeApi;
  readonly #session: Handle;
  readonly #memory: Handle;

  readonly #copies: boolean;

  constructor(api: NativeApi, session: Handle, memory: Handle, allocator: Handle, copies: boolean) {
    this.#api = api;
    this.#session = session;
    this.#memory = memory;
    this.#copies = copies;
    const names = (side: "Input" | "Output") =>
      Array.from({ length: Number(api.count(`SessionGet${side}Count`, session)) }, (_, i) => {
        const text = api.create(`SessionGet${side}Name`, session, BigInt(i), allocator);
        const name = Deno.UnsafePointerView.getCString(text!);
        api.call("AllocatorFree", allocator, text);
        return name;
      });
    this.input_names = names("Input");
    this.output_names = names("Output");
  }

  bind(inputs: readonly TensorView[], outputs: readonly TensorView[]): BoundGraph {
    return this.#copies ? this.#bindCopying(inputs, outputs) : this.#bindInPlace(inputs, outputs);
  }

  /** A binding copies what goes to another device when it is made; a plain run, each time. */
  #bindCopying(inputs: readonly TensorView[], outputs: readonly TensorView[]): BoundGraph {
    const made: Handle[] = [];
    const release = () => {
      for (const value of made) this.#api.release("Value", value);
    };
    const sideOf = (views: readonly TensorView[]) => {
      const names = views.map(({ name }) => cString(name));
      const values = views.map((view) => {
        made.push(this.#value(view));
        return made.at(-1)!;
      });
      return { views, names, name_pointers: pointers(names), value_pointers: pointers(values) };
    };
    const sides = this.#whole(() => [sideOf(inputs), sideOf(outputs)] as const, release);
    const [fed, filled] = sides;
    const run = () =>
      this.#api.call(
        "Run",
        this.#session,
        null,
        fed.name_pointers,
        fed.value_pointers,
        BigInt(inputs.length),
        filled.name_pointers,
        BigInt(outputs.length),
        filled.value_pointers,
      );
    return new NativeBinding(run, sides, release);
  }

  /** Returns the result of `make`; if that fails, frees what it had allocated. */
  #whole<T>(make: () => T, release: () => void): T {
    try {
      return make();
    } catch (error) {
      release();
      throw error;
    }
  }

  #bindInPlace(inputs: readonly TensorView[], outputs: readonly TensorView[]): BoundGraph {
    const binding = this.#api.create("CreateIoBinding", this.#session);
    const values: Handle[] = [];
    const release = () => {
      this.#api.release("IoBinding", binding);
      for (const value of values) this.#api.release("Value", value);
    };
    this.#whole(() => {
      for (const [bind, views] of [["BindInput", inputs], ["BindOutput", outputs]] as const) {
        for (const view of views) {
          const value = this.#value(view);
          values.push(value);
          this.#api.call(bind, binding, cString(view.name), value);
        }
      }
    }, release);
    const run = () => this.#api.call("RunWithBinding", this.#session, null, binding);
    return new NativeBinding(run, [inputs, outputs], release);
  }

  /** A tensor over the view's memory. */
  #value({ data, shape }: TensorView): Handle {
    // A small array lies on V8's heap, where it moves, until somebody asks for its buffer.
    void data.buffer;
    const dims = BigInt64Array.from(shape, BigInt);
    const [memory, address, bytes] = [this.#memory, Deno.UnsafePointer.of(data), BigInt(data.byteLength)];
    const rank = BigInt(dims.length);
    return this.#api.create(
      "CreateTensorWithDataAsOrtValue",
      memory,
      address,
      bytes,
      dims,
      rank,
      FLOAT32,
    );
  }

  release(): void {
    this.#api.release("Session", this.#session);
  }
}

class NativeBinding implements BoundGraph {
  constructor(
    private readonly call: () => void,
    /** Held: the library knows their addresses only. */
    readonly held: unknown,
    readonly release: () => void,
  ) {}

  run(): Promise<number> {
    const start = performance.now();
    try {
      this.call();
    } catch (error) {
      return Promise.reject(error);
    }
    return Promise.resolve(performance.now() - start);
  }
}
