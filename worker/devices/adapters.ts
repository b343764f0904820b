/** Names of the adapters behind providers, which ONNX Runtime does not tell: asked of the drivers themselves. */
import type { Device } from "../runtime/device.ts";

export interface Adapter {
  readonly name: string;
  /** True if it is the processor in disguise. */
  readonly is_software: boolean;
}

const NAME_BYTES = 256;

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
}

/** By the CUDA driver API: cuInit, cuDeviceGet, cuDeviceGetName. */
function cudaAdapter(index: number): Adapter | null {
  const file = Deno.build.os === "windows" ? "nvcuda.dll" : "libcuda.so.1";
  const driver = Deno.dlopen(file, {
    cuInit: { parameters: ["u32"], result: "i32" },
    cuDeviceGet: { parameters: ["buffer", "i32"], result: "i32" },
    cuDeviceGetName: { parameters: ["buffer", "i32", "i32"], result: "i32" },
  });
  try {
    const handle = new Int32Array(1), name = new Uint8Array(NAME_BYTES);
    const { cuInit, cuDeviceGet, cuDeviceGetName } = driver.symbols;
    const isKnown = cuInit(0) === 0 && cuDeviceGet(handle, index) === 0 &&
      cuDeviceGetName(name, NAME_BYTES, handle[0]!) === 0;
    return isKnown ? { name: textOf(name), is_software: false } : null;
  } finally {
    driver.close();
  }
}

/** Sizes and offsets of VkInstanceCreateInfo and VkPhysicalDeviceProperties on 64-bit systems. */
const CREATE_INFO_BYTES = 64, INSTANCE_CREATE_INFO = 1;
const PROPERTIES_BYTES = 824, TYPE_AT = 16, NAME_AT = 20;
/** VkPhysicalDeviceType, the fastest kind first: discrete, integrated, virtual, other, CPU. */
const KINDS = [2, 1, 3, 0, 4], CPU_KIND = 4;
const MAX_ADAPTERS = 16;

/** The adapter that WebGPU takes among those of Vulkan: of the fastest kind, the first. */
function vulkanAdapter(): Adapter | null {
  const vulkan = Deno.dlopen("libvulkan.so.1", {
    vkCreateInstance: { parameters: ["buffer", "pointer", "buffer"], result: "i32" },
    vkEnumeratePhysicalDevices: { parameters: ["pointer", "buffer", "buffer"], result: "i32" },
    vkGetPhysicalDeviceProperties: { parameters: ["pointer", "buffer"], result: "void" },
    vkDestroyInstance: { parameters: ["pointer", "pointer"], result: "void" },
  });
  const { symbols } = vulkan;
  const info = new Uint32Array(CREATE_INFO_BYTES / 4), instance = new BigUint64Array(1);
  info[0] = INSTANCE_CREATE_INFO;
  try {
    if (symbols.vkCreateInstance(info, null, instance) !== 0) return null;
    const owner = Deno.UnsafePointer.create(instance[0]!);
    const count = new Uint32Array([MAX_ADAPTERS]), handles = new BigUint64Array(MAX_ADAPTERS);
    const code = symbols.vkEnumeratePhysicalDevices(owner, count, handles);
    const found = code < 0 ? [] : Array.from(handles.subarray(0, count[0]), (handle) => {
      const properties = new Uint8Array(PROPERTIES_BYTES);
      symbols.vkGetPhysicalDeviceProperties(Deno.UnsafePointer.create(handle), properties);
      const kind = new DataView(properties.buffer).getUint32(TYPE_AT, true);
      return { kind, name: textOf(properties.subarray(NAME_AT, NAME_AT + NAME_BYTES)) };
    });
    symbols.vkDestroyInstance(owner, null);
    const [best] = found.toSorted((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
    return best === undefined ? null : { name: best.name, is_software: best.kind === CPU_KIND };
  } finally {
    vulkan.close();
  }
}

/** The adapter of a device, null where nobody tells. */
export function adapterOf({ provider, index }: Device): Adapter | null {
  try {
    if (provider === "cuda") return cudaAdapter(index);
    return provider === "webgpu" && Deno.build.os === "linux" ? vulkanAdapter() : null;
  } catch {
    return null;
  }
}
