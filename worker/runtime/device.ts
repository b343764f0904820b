/** Where a graph runs: an execution provider of ONNX Runtime and a device of it. */

/** ONNX Runtime's names: "dml" is DirectML. */
export type ProviderName = "cpu" | "cuda" | "dml" | "coreml" | "webgpu";

export interface Device {
  readonly provider: ProviderName;
  /** Which device of the provider, counted from 0; 0 for those that cannot choose. */
  readonly index: number;
}

export const CPU: Device = { provider: "cpu", index: 0 };

/** Providers that take a device number. */
export function canChooseDevice(provider: ProviderName): boolean {
  return provider === "cuda" || provider === "dml";
}

/** E.g. "cpu", "cuda:0", "webgpu". */
export function deviceLabel({ provider, index }: Device): string {
  return canChooseDevice(provider) ? `${provider}:${index}` : provider;
}
