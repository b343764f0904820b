/** The device of a graph: an execution provider of ONNX Runtime and a device number. */

/** Facts about an execution provider. */
interface Provider {
  /** As people call it. */
  readonly title: string;
  /** True if it takes the number of a device. */
  readonly takes_index: boolean;
  /** True if it is tried for a GPU on a system, one of `Deno.build.os`. */
  isTriedOn(os: string): boolean;
}

/** By ONNX Runtime's names, in the order in which they are tried for a GPU. */
export const PROVIDERS = {
  cpu: { title: "CPU", takes_index: false, isTriedOn: () => false },
  cuda: { title: "CUDA", takes_index: true, isTriedOn: (os) => os !== "darwin" },
  dml: { title: "DirectML", takes_index: true, isTriedOn: (os) => os === "windows" },
  coreml: { title: "CoreML", takes_index: false, isTriedOn: (os) => os === "darwin" },
  webgpu: { title: "WebGPU", takes_index: false, isTriedOn: () => true },
} as const satisfies Record<string, Provider>;

export type ProviderName = keyof typeof PROVIDERS;

export interface Device {
  readonly provider: ProviderName;
  /** Which device of the provider, counted from 0; 0 for those that cannot choose. */
  readonly index: number;
}

export const CPU: Device = { provider: "cpu", index: 0 };

/** Providers that take a device number. */
export function canChooseDevice(provider: ProviderName): boolean {
  return PROVIDERS[provider].takes_index;
}

/** E.g. "cpu", "cuda:0", "webgpu". */
export function deviceLabel({ provider, index }: Device): string {
  return canChooseDevice(provider) ? `${provider}:${index}` : provider;
}
