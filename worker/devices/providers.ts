/**
 * Which execution providers a `--gpu` leads to: the decision, without any device in it. Benchmarks are an argument.
 */
import {
  canChooseDevice,
  type Device,
  deviceLabel,
  type ProviderName,
  PROVIDERS,
} from "../runtime/device.ts";
import type { DeviceBenchmark } from "./device_benchmark.ts";

/** Tries a device. Rejects where ONNX Runtime does not get it. */
export type Attempt = (device: Device) => Promise<DeviceBenchmark>;

/** Why a device was not taken. */
export interface Turned {
  readonly device: Device;
  readonly reason: string;
}

/** `device`: the one taken, or null. `turned`: those before it, in order. */
export interface Choice {
  readonly device: Device | null;
  readonly turned: readonly Turned[];
}

/** Most devices that `--gpu all` looks for. */
const MAX_DEVICES = 64;

/** Providers in the order they are tried. `os` is that of `Deno.build.os`. */
export function candidates(os: string): ProviderName[] {
  const names = Object.keys(PROVIDERS) as ProviderName[];
  return names.filter((name) => PROVIDERS[name].isTriedOn(os));
}

/** Why a benchmark speaks against a device, or null. */
export function verdict({ device_ms, cpu_ms }: DeviceBenchmark): string | null {
  if (device_ms < cpu_ms) return null;
  return `a test step takes ${device_ms.toFixed(1)} ms, and on one CPU core ${cpu_ms.toFixed(1)} ` +
    "ms: it is emulated in software, or too slow to help";
}

/** Takes the first provider that offers device `index` and is faster than the processor. */
export async function chooseDevice(
  index: number,
  providers: readonly ProviderName[],
  attempt: Attempt,
): Promise<Choice> {
  const turned: Turned[] = [];
  for (const provider of providers) {
    const device = { provider, index };
    const reason = await reasonAgainst(device, attempt);
    if (reason === null) return { device, turned };
    turned.push({ device, reason });
  }
  return { device: null, turned };
}

async function reasonAgainst(device: Device, attempt: Attempt): Promise<string | null> {
  if (device.index > 0 && !canChooseDevice(device.provider)) {
    return `it cannot select a device, so only number 0 is available`;
  }
  try {
    return verdict(await attempt(device));
  } catch (error) {
    return plainReason((error as Error).message);
  }
}

/** ONNX Runtime's message, without the names of its own functions and of failed checks. */
export function plainReason(text: string): string {
  const [, library] = text.match(/with error: (?:\S*\/)?([^\s/]+): cannot open shared object file/) ?? [];
  if (library !== undefined) return `${library} is missing`;
  return text.replace(/^OrtSessionOptionsAppendExecutionProvider_\w+: /, "").replace(/^.* was false\. /, "");
}

/** All devices of the first provider that offers one: for `--gpu all`. The last choice tells why there is no more. */
export async function chooseAllDevices(
  providers: readonly ProviderName[],
  attempt: Attempt,
): Promise<Choice[]> {
  const choices = [await chooseDevice(0, providers, attempt)];
  const first = choices[0]!.device;
  if (first === null || !canChooseDevice(first.provider)) return choices;
  for (let index = 1; index < MAX_DEVICES; index++) {
    const choice = await chooseDevice(index, [first.provider], attempt);
    if (choice.device === null) break;
    choices.push(choice);
  }
  return choices;
}

/** One line per choice: what was taken and why the others were not. */
export function describeChoice({ device, turned }: Choice): string {
  const why = turned.map((one) => `${nameOf(one.device)}: ${one.reason}`).join("; ");
  if (device === null) return `no GPU provider works (${why})`;
  return `${deviceLabel(device)}${why === "" ? "" : ` (not ${why})`}`;
}

/** E.g. "CUDA device 0", "WebGPU". */
export function nameOf({ provider, index }: Device): string {
  const { title, takes_index } = PROVIDERS[provider];
  return takes_index ? `${title} device ${index}` : title;
}
