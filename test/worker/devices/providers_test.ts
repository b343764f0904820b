import assert from "node:assert/strict";
import type { Device } from "../../../worker/runtime/device.ts";
import { findDevices } from "../../../worker/find_devices.ts";
import {
  type Attempt,
  candidates,
  chooseDevice,
  describeChoice,
  plainReason,
  verdict,
} from "../../../worker/devices/providers.ts";
import { benchmarkDevice, type DeviceBenchmark } from "../../../worker/devices/device_benchmark.ts";
import type { Wanted } from "../../../worker/worker_options.ts";

const FAST: DeviceBenchmark = { device_ms: 1, cpu_ms: 15 };
const SOFTWARE: DeviceBenchmark = { device_ms: 3500, cpu_ms: 15 };
const TOO_SLOW = "a test step takes 3500.0 ms, and on one CPU core 15.0 ms: " +
  "it is emulated in software, or too slow to help";

/** Devices by label; what is not listed cannot be had. */
function machine(devices: Record<string, DeviceBenchmark>) {
  const tried: string[] = [];
  const attempt: Attempt = ({ provider, index }: Device) => {
    tried.push(`${provider}:${index}`);
    const benchmark = devices[`${provider}:${index}`];
    return benchmark ? Promise.resolve(benchmark) : Promise.reject(new Error(`no ${provider}`));
  };
  return { attempt, tried };
}

Deno.test("each platform tries CUDA, its own provider, then WebGPU", () => {
  assert.deepEqual(candidates("linux"), ["cuda", "webgpu"]);
  assert.deepEqual(candidates("windows"), ["cuda", "dml", "webgpu"]);
  assert.deepEqual(candidates("darwin"), ["coreml", "webgpu"]);
});

Deno.test("the first provider that works is taken, and the choice tells why the others were not", async () => {
  const { attempt, tried } = machine({ "dml:0": FAST, "webgpu:0": FAST });
  const choice = await chooseDevice(0, candidates("windows"), attempt);
  assert.deepEqual(tried, ["cuda:0", "dml:0"]);
  assert.deepEqual(choice.device, { provider: "dml", index: 0 });
  assert.equal(describeChoice(choice), "dml:0 (not CUDA device 0: no cuda)");
});

Deno.test("a provider that cannot choose a device refuses every number but 0", async () => {
  const { attempt, tried } = machine({ "webgpu:0": FAST, "webgpu:1": FAST });
  const choice = await chooseDevice(1, candidates("linux"), attempt);
  assert.deepEqual(tried, ["cuda:1"]);
  assert.equal(
    describeChoice(choice),
    "no GPU provider works (CUDA device 1: no cuda; " +
      "WebGPU: it cannot select a device, so only number 0 is available)",
  );
});

Deno.test("a software adapter is found by its time and not taken", async () => {
  assert.equal(verdict(FAST), null);
  assert.equal(verdict(SOFTWARE), TOO_SLOW);
  const { attempt } = machine({ "webgpu:0": SOFTWARE });
  const choice = await chooseDevice(0, candidates("linux"), attempt);
  assert.equal(describeChoice(choice), `no GPU provider works (CUDA device 0: no cuda; WebGPU: ${TOO_SLOW})`);
});

Deno.test("ONNX Runtime's reasons are told without its own names (messages as 1.30.0 gave them)", () => {
  assert.equal(
    plainReason("OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library"),
    "Failed to load shared library",
  );
  assert.equal(
    plainReason(
      "/onnxruntime_src/onnxruntime/core/providers/webgpu/webgpu_context.cc:136 onnxruntime::webgpu::" +
        "WebGpuContext::Initialize(const onnxruntime::webgpu::WebGpuContextConfig&)::<lambda()> adapter_result" +
        ".status == wgpu::RequestAdapterStatus::Success was false. Failed to get a WebGPU adapter: No supported adapters",
    ),
    "Failed to get a WebGPU adapter: No supported adapters",
  );
  assert.equal(
    plainReason(
      "/onnxruntime_src/onnxruntime/core/session/provider_bridge_ort.cc:1988 onnxruntime::Provider& " +
        "onnxruntime::ProviderLibrary::Get() [ONNXRuntimeError] : 1 : FAIL : Failed to load library /a/b/libone.so " +
        "with error: libcudart.so.13: cannot open shared object file: No such file or directory",
    ),
    "libcudart.so.13 is missing",
  );
});

async function found(wanted: Wanted, devices: Record<string, DeviceBenchmark>, os = "linux") {
  const said: string[] = [];
  const list = await findDevices(
    wanted,
    2,
    { line: (text) => said.push(text) },
    machine(devices).attempt,
    os,
  );
  return { devices: list.map(({ provider, index }) => `${provider}:${index}`), said };
}

Deno.test("--gpu all takes every device of the first provider, up to the first that is not there", async () => {
  const devices = { "cuda:0": FAST, "cuda:1": FAST, "cuda:3": FAST };
  assert.deepEqual(await found({ kind: "all", required: false }, devices), {
    devices: ["cuda:0", "cuda:1"],
    said: ["Computing on cuda:0", "Computing on cuda:1"],
  });
  assert.deepEqual((await found({ kind: "all", required: false }, { "webgpu:0": FAST })).devices, [
    "webgpu:0",
  ]);
});

Deno.test("without a GPU a worker warns and computes on the processor, unless one is required", async () => {
  const wanted = { kind: "gpus", indices: [0], required: false } as const;
  const reasons = "no GPU provider works (CUDA device 0: no cuda; WebGPU: no webgpu); " +
    "for an NVIDIA GPU run: deno task setup-gpu";
  assert.deepEqual(await found(wanted, {}), {
    devices: ["cpu:0", "cpu:0"],
    said: [`Warning: ${reasons}`, "Computing on the CPU instead"],
  });
  await assert.rejects(found({ ...wanted, required: true }, {}), {
    name: "UserError",
    message: `Cannot use a GPU: ${reasons}`,
  });
  assert.deepEqual((await found({ kind: "cpu" }, { "cuda:0": FAST })).devices, ["cpu:0", "cpu:0"]);
});

Deno.test("of several GPUs those that work are taken, and all are needed where they are required", async () => {
  const wanted = { kind: "gpus", indices: [0, 1], required: false } as const;
  const { devices, said } = await found(wanted, { "cuda:1": FAST });
  assert.deepEqual(devices, ["cuda:1"]);
  assert.equal(said[0], "Computing on cuda:1");
  assert.match(said[1]!, /^Warning: no GPU provider works \(CUDA device 0: no cuda/);
  await assert.rejects(found({ ...wanted, required: true }, { "cuda:1": FAST }), { name: "UserError" });
});

Deno.test("the benchmark's graph runs, and a device that is none fails with a reason", async () => {
  const { device_ms, cpu_ms } = await benchmarkDevice({ provider: "cpu", index: 0 });
  assert.ok(device_ms > 0 && cpu_ms > 0);
  const none = Deno.build.os === "windows" ? "coreml" : "dml";
  await assert.rejects(benchmarkDevice({ provider: none, index: 0 }), /backend not found/);
});
