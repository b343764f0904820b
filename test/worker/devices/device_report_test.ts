import assert from "node:assert/strict";
import { checkGraphs } from "../../../scripts/build_check_graphs.ts";
import type { Adapter } from "../../../worker/devices/adapters.ts";
import type { Device } from "../../../worker/runtime/device.ts";
import {
  asObject,
  asText,
  canCompute,
  type Machine,
  reportDevices,
} from "../../../worker/devices/device_report.ts";
import {
  type DeviceCheck,
  largestError,
  operatorsOnProcessor,
} from "../../../worker/devices/device_check.ts";
import { WorkerProcess } from "../worker_process.ts";

const CARD: DeviceCheck = { step_ms: 0.5, error: 2.1e-6, on_processor: ["Transpose"] };
const PROCESSOR: DeviceCheck = { step_ms: 3, error: 0, on_processor: [] };

interface Scene {
  readonly checks: Readonly<Record<string, DeviceCheck>>;
  readonly adapter?: Adapter;
  readonly device_ms?: number;
}

/** Devices as "cuda:0"; what is not listed cannot be had. */
function machine({ checks, adapter, device_ms = 1 }: Scene): Machine {
  const key = ({ provider, index }: Device) => `${provider}:${index}`;
  const reject = (device: Device) => Promise.reject(new Error(`no ${device.provider}`));
  return {
    os: "linux",
    checkDevice: (device) => {
      const check = checks[key(device)];
      return check ? Promise.resolve(check) : reject(device);
    },
    adapterOf: (device) => device.provider === "cpu" ? null : adapter ?? null,
    attempt: (device) => checks[key(device)] ? Promise.resolve({ device_ms, cpu_ms: 15 }) : reject(device),
  };
}

const STEP = "Step: gradients of a critic step of preset wgan, 16 images of 28 x 28 on each side.";

Deno.test("a card: every device of CUDA, what is left to the CPU, and what --gpu 0 takes", async () => {
  const checks = { "cuda:0": CARD, "cuda:1": { ...CARD, step_ms: 0.75 }, "cpu:0": PROCESSOR };
  const report = await reportDevices(machine({ checks, adapter: { name: "Card 9", is_software: false } }));
  assert.deepEqual(asText(report, "linux").split("\n"), [
    "CUDA device 0: works on Card 9 (hardware)",
    "  step: 0.5 ms",
    "  largest error against the CPU: 2.1e-6",
    "  operators that only the CPU computes: Transpose",
    "",
    "CUDA device 1: works on Card 9 (hardware)",
    "  step: 0.8 ms",
    "  largest error against the CPU: 2.1e-6",
    "  operators that only the CPU computes: Transpose",
    "",
    "WebGPU: not available",
    "  no webgpu",
    "",
    "CPU: works",
    "  step: 3.0 ms, one thread",
    "",
    "--gpu 0 would use CUDA device 0",
    "",
    "To compute on it: deno task worker --gpu 0",
    "WebGPU needs a driver for Vulkan and its loader, on Debian the package libvulkan1",
    "To compute on the CPU: deno task worker",
    "",
    STEP,
  ]);
});

Deno.test("an adapter in software: told as such, and not what --gpu 0 takes", async () => {
  const checks = { "webgpu:0": { ...CARD, on_processor: [] }, "cpu:0": PROCESSOR };
  const adapter = { name: "SwiftShader", is_software: true };
  const report = await reportDevices(machine({ checks, adapter, device_ms: 300 }));
  const text = asText(report, "linux");
  assert.match(text, /^CUDA device 0: not available\n {2}no cuda$/m);
  assert.match(text, /^WebGPU: works on SwiftShader \(software\)$/m);
  assert.match(text, /^ {2}operators that only the CPU computes: none$/m);
  assert.match(
    text,
    /^--gpu 0 would use no device:\n {2}CUDA device 0: no cuda\n {2}WebGPU: a test step takes 300.0 ms/m,
  );
  assert.match(text, /^For an NVIDIA GPU: deno task setup-gpu$/m);
  const object = asObject(report, "linux") as { gpu_0: unknown; providers: Record<string, unknown>[] };
  assert.equal(object.gpu_0, null);
  assert.deepEqual(object.providers[1], {
    device: "webgpu",
    available: true,
    reason: null,
    adapter: "SwiftShader",
    software: true,
    step_ms: 0.5,
    error: 2.1e-6,
    on_processor: [],
  });
});

Deno.test("without a processor that works nothing can be computed", async () => {
  assert.equal(canCompute(await reportDevices(machine({ checks: { "cuda:0": CARD } }))), false);
});

Deno.test("the error is that of the worst tensor, and infinite for what is no number", () => {
  const tensor = (...data: number[]) => ({ name: "t", shape: [data.length], data: Float32Array.from(data) });
  assert.equal(largestError([tensor(3, 4), tensor(1)], [tensor(3, 4), tensor(2)]), 0.5);
  assert.equal(largestError([tensor(NaN)], [tensor(1)]), Infinity);
});

Deno.test("a profile tells which operators ran on the processor", () => {
  const node = (op_name: string, provider: string) => ({ cat: "Node", args: { op_name, provider } });
  const events = [
    { cat: "Session", args: {} },
    node("Transpose", "CPUExecutionProvider"),
    node("Gemm", "WebGpuExecutionProvider"),
    node("Cast", "CPUExecutionProvider"),
    node("Transpose", "CPUExecutionProvider"),
  ];
  assert.deepEqual(operatorsOnProcessor(JSON.stringify(events)), ["Cast", "Transpose"]);
});

Deno.test("the graphs that devices are checked with are those of the presets", async () => {
  const file = new URL("../../../worker/devices/check_graphs.ts", import.meta.url);
  const graphs = (text: string) => JSON.parse(text.slice(text.indexOf("= [") + 2, text.lastIndexOf(";")));
  const { CHECK_GRAPHS } = await import(file.href);
  assert.deepEqual(CHECK_GRAPHS, graphs(await checkGraphs()));
});

Deno.test("worker --devices: a real process measures every provider of this machine", async () => {
  const worker = new WorkerProcess(["--devices", "--json"], { WAGON_TOKEN: "" });
  // Drivers say what they like on standard error.
  const { code, errors } = await worker.end();
  assert.equal(code, 0, errors);
  const { providers, step } = JSON.parse(worker.lines.join("\n"));
  assert.match(step, /^gradients of a critic step of preset wgan/);
  const cpu = providers.at(-1);
  assert.deepEqual([cpu.device, cpu.available, cpu.on_processor], ["cpu", true, []]);
  assert.ok(cpu.step_ms > 0);
  for (const { available, reason, step_ms, error } of providers) {
    assert.equal(available, reason === null);
    if (available) assert.ok(step_ms > 0 && error < 1e-3, `step of ${step_ms} ms, error ${error}`);
  }
});

Deno.test("--json without --devices: one line and exit code 2", async () => {
  const worker = new WorkerProcess(["--json"], { WAGON_TOKEN: "" });
  assert.deepEqual(await worker.end(), { code: 2, errors: "Option --json needs --devices: give both\n" });
});
