/**
 * ONNX Runtime's C API (onnxruntime_c_api.h), called in the library that onnxruntime-node brings along. OrtApi is a
 * table of functions that later versions only add to, so the places below hold for all of them.
 *
 * Reason: through onnxruntime-node a run hands back a fresh copy of every output and wraps every tensor anew. For a
 * generator's gradients that was a third of the time (measured).
 */

type Types = readonly Deno.NativeType[];
type Call = (...args: unknown[]) => unknown;
/** An object of the library's. */
export type Handle = Deno.PointerValue;

/** The table of ONNX Runtime 1.18 holds all that is used. */
const API_VERSION = 18;
const POINTER_BYTES = 8;

/** Place in the table and parameters. What returns a status is checked; see {@linkcode NativeApi.call}. */
const CHECKED = {
  CreateEnv: [3, ["i32", "buffer", "buffer"]],
  CreateSessionFromArray: [8, ["pointer", "buffer", "usize", "pointer", "buffer"]],
  Run: [9, ["pointer", "pointer", "buffer", "buffer", "usize", "buffer", "usize", "buffer"]],
  CreateSessionOptions: [10, ["buffer"]],
  SetSessionLogSeverityLevel: [22, ["pointer", "i32"]],
  SetSessionGraphOptimizationLevel: [23, ["pointer", "i32"]],
  SetIntraOpNumThreads: [24, ["pointer", "i32"]],
  SetInterOpNumThreads: [25, ["pointer", "i32"]],
  SessionGetInputCount: [30, ["pointer", "buffer"]],
  SessionGetOutputCount: [31, ["pointer", "buffer"]],
  SessionGetInputName: [36, ["pointer", "usize", "pointer", "buffer"]],
  SessionGetOutputName: [37, ["pointer", "usize", "pointer", "buffer"]],
  CreateTensorWithDataAsOrtValue: [49, ["pointer", "pointer", "usize", "buffer", "usize", "i32", "buffer"]],
  CreateCpuMemoryInfo: [69, ["i32", "i32", "buffer"]],
  AllocatorFree: [76, ["pointer", "pointer"]],
  GetAllocatorWithDefaultOptions: [78, ["buffer"]],
  AddSessionConfigEntry: [130, ["pointer", "buffer", "buffer"]],
  RunWithBinding: [133, ["pointer", "pointer", "pointer"]],
  CreateIoBinding: [134, ["pointer", "buffer"]],
  BindInput: [136, ["pointer", "buffer", "pointer"]],
  BindOutput: [137, ["pointer", "buffer", "pointer"]],
  SessionOptionsAppendExecutionProvider_CUDA_V2: [204, ["pointer", "pointer"]],
  CreateCUDAProviderOptions: [205, ["buffer"]],
  UpdateCUDAProviderOptions: [206, ["pointer", "buffer", "buffer", "usize"]],
  SetDeterministicCompute: [273, ["pointer", "bool"]],
} as const satisfies Record<string, readonly [number, Types]>;

const RELEASES = {
  Status: 93,
  Session: 95,
  Value: 96,
  SessionOptions: 100,
  IoBinding: 135,
  CUDAProviderOptions: 208,
} as const;

const GET_ERROR_MESSAGE = 2;

export type CheckedName = keyof typeof CHECKED;

/** A text as C has it. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}

/** A C array of these objects, or of buffers, which somebody must hold. */
export function pointers(of: readonly (Handle | Uint8Array<ArrayBuffer>)[]): BigUint64Array<ArrayBuffer> {
  return BigUint64Array.from(
    of,
    (one) => Deno.UnsafePointer.value(one instanceof Uint8Array ? Deno.UnsafePointer.of(one) : one),
  );
}

export class NativeApi {
  readonly #table: Deno.UnsafePointerView;
  readonly #calls = new Map<string, Call>();
  /** Builders to which functions add their nodes. */
  readonly #out = new BigUint64Array(1);

  /** Opens the library. Throws where it is not there, or has no such table. */
  constructor(path: string) {
    const { symbols } = Deno.dlopen(path, { OrtGetApiBase: { parameters: [], result: "pointer" } });
    const base = symbols.OrtGetApiBase();
    if (base === null) throw new Error(`${path} has no OrtApiBase`);
    const getApi = functionAt(new Deno.UnsafePointerView(base), 0, ["u32"], "pointer");
    const api = getApi(API_VERSION) as Handle;
    if (api === null) throw new Error(`${path} has no API of version ${API_VERSION}`);
    this.#table = new Deno.UnsafePointerView(api);
  }

  /** Calls a function. Throws an Error with its message where it fails. */
  call(name: CheckedName, ...args: unknown[]): void {
    const [place, parameters] = CHECKED[name];
    const status = this.#function(name, place, parameters, "pointer")(...args) as Handle;
    if (status === null) return;
    const text = this.#function("GetErrorMessage", GET_ERROR_MESSAGE, ["pointer"], "pointer")(
      status,
    ) as Handle;
    const message = text === null ? "no message" : Deno.UnsafePointerView.getCString(text);
    this.release("Status", status);
    throw new Error(message);
  }

  /** Calls a function whose last parameter takes what it creates. */
  create(name: CheckedName, ...args: unknown[]): Handle {
    return Deno.UnsafePointer.create(this.count(name, ...args));
  }

  /** Calls a function whose last parameter takes a number. */
  count(name: CheckedName, ...args: unknown[]): bigint {
    this.call(name, ...args, this.#out);
    return this.#out[0]!;
  }

  release(kind: keyof typeof RELEASES, handle: Handle): void {
    this.#function(`Release${kind}`, RELEASES[kind], ["pointer"], "void")(handle);
  }

  /** Made at the first call: a function pointer costs a compilation of its own. */
  #function(name: string, place: number, parameters: Types, result: "pointer" | "void"): Call {
    const known = this.#calls.get(name);
    if (known) return known;
    const call = functionAt(this.#table, place, parameters, result);
    this.#calls.set(name, call);
    return call;
  }
}

function functionAt(
  table: Deno.UnsafePointerView,
  place: number,
  parameters: Types,
  result: "pointer" | "void",
): Call {
  const definition = { parameters, result };
  const pointer = table.getPointer<typeof definition>(POINTER_BYTES * place);
  if (pointer === null) throw new Error(`ONNX Runtime's table of functions has nothing at ${place}`);
  const made = new Deno.UnsafeFnPointer(pointer, definition);
  return (...args) => made.call(...args as []);
}
