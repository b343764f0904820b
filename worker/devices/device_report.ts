/** What `worker --devices` finds and says: what each provider on a machine can do, and what to do about the rest. */
import type { Adapter } from "./adapters.ts";
import { canChooseDevice, CPU, type Device, deviceLabel } from "../runtime/device.ts";
import { CHECK_GRAPHS } from "./check_graphs.ts";
import type { DeviceCheck } from "./device_check.ts";
import { type Attempt, candidates, type Choice, chooseDevice, nameOf, plainReason } from "./providers.ts";

/** What the report needs of a machine. */
export interface Machine {
  /** The value of `Deno.build.os`. */
  readonly os: string;
  /** Rejects where ONNX Runtime does not get the device, or where a graph does not run on it. */
  readonly checkDevice: (device: Device) => Promise<DeviceCheck>;
  readonly adapterOf: (device: Device) => Adapter | null;
  /** The benchmark by which `--gpu` decides. */
  readonly attempt: Attempt;
}

/** One device. Without a check there is a reason. */
export interface DeviceFinding {
  readonly device: Device;
  readonly reason: string | null;
  readonly adapter: Adapter | null;
  readonly check: DeviceCheck | null;
}

/** `choice`: what `--gpu 0` comes to. */
export interface DeviceReport {
  readonly findings: readonly DeviceFinding[];
  readonly choice: Choice;
}

/** Most devices that are looked for. */
const MAX_DEVICES = 64;

async function find(device: Device, { checkDevice, adapterOf }: Machine): Promise<DeviceFinding> {
  try {
    const check = await checkDevice(device);
    return { device, reason: null, adapter: adapterOf(device), check };
  } catch (error) {
    return { device, reason: plainReason((error as Error).message), adapter: null, check: null };
  }
}

/** Examines every provider of the platform, each device of those that can choose, and the processor. */
export async function reportDevices(machine: Machine): Promise<DeviceReport> {
  const findings: DeviceFinding[] = [];
  for (const provider of candidates(machine.os)) {
    const most = canChooseDevice(provider) ? MAX_DEVICES : 1;
    for (let index = 0; index < most; index++) {
      const finding = await find({ provider, index }, machine);
      if (index === 0 || finding.reason === null) findings.push(finding);
      if (finding.reason !== null) break;
    }
  }
  findings.push(await find(CPU, machine));
  return { findings, choice: await chooseDevice(0, candidates(machine.os), machine.attempt) };
}

/** True if the worker can compute at all. */
export function canCompute({ findings }: DeviceReport): boolean {
  return findings.some(({ device, reason }) => device.provider === "cpu" && reason === null);
}

/** Advice, most useful first. */
function advice({ findings, choice }: DeviceReport, os: string): string[] {
  const lacks = (provider: string) =>
    findings.some(({ device, reason }) => device.provider === provider && reason !== null);
  const lines = choice.device !== null ? ["To compute on it: deno task worker --gpu 0"] : [];
  if (lacks("cuda")) lines.push("For an NVIDIA GPU: deno task setup-gpu");
  if (lacks("webgpu") && os === "linux") {
    lines.push("WebGPU needs a driver for Vulkan and its loader, on Debian the package libvulkan1");
  }
  if (findings.some(({ adapter }) => adapter?.is_software)) {
    lines.push("A software adapter only emulates a GPU, and is slower than the CPU");
  }
  return [...lines, "To compute on the CPU: deno task worker"];
}

/** The one object that `--json` prints. */
export function asObject(report: DeviceReport, os: string): unknown {
  const { findings, choice } = report;
  return {
    step: CHECK_GRAPHS[0]!.about,
    graphs: CHECK_GRAPHS.map(({ about }) => about),
    providers: findings.map(({ device, reason, adapter, check }) => ({
      device: deviceLabel(device),
      available: reason === null,
      reason,
      adapter: adapter?.name ?? null,
      software: adapter?.is_software ?? null,
      step_ms: check?.step_ms ?? null,
      error: check?.error ?? null,
      on_processor: check?.on_processor ?? null,
    })),
    gpu_0: choice.device === null ? null : deviceLabel(choice.device),
    turned: choice.turned.map(({ device, reason }) => ({ device: deviceLabel(device), reason })),
    advice: advice(report, os),
  };
}

function describe({ device, reason, adapter, check }: DeviceFinding): string[] {
  if (check === null) return [`${nameOf(device)}: not available`, `  ${reason}`];
  const { step_ms, error, on_processor } = check;
  const kind = adapter === null
    ? ""
    : ` on ${adapter.name} (${adapter.is_software ? "software" : "hardware"})`;
  const head = `${nameOf(device)}: works${kind}`;
  const time = `  step: ${step_ms.toFixed(1)} ms`;
  if (device.provider === "cpu") return [head, `${time}, one thread`];
  const elsewhere = on_processor.length === 0 ? "none" : on_processor.join(", ");
  return [
    head,
    time,
    `  largest error against the CPU: ${error.toExponential(1)}`,
    `  operators that only the CPU computes: ${elsewhere}`,
  ];
}

/** For a person, in lines. */
export function asText(report: DeviceReport, os: string): string {
  const { findings, choice } = report;
  const taken = choice.device === null
    ? "--gpu 0 would use no device:"
    : `--gpu 0 would use ${nameOf(choice.device)}${choice.turned.length > 0 ? ", and not" : ""}`;
  return [
    ...findings.flatMap((finding) => [...describe(finding), ""]),
    taken,
    ...choice.turned.map(({ device, reason }) => `  ${nameOf(device)}: ${reason}`),
    "",
    ...advice(report, os),
    "",
    `Step: ${CHECK_GRAPHS[0]!.about}.`,
  ].join("\n");
}
