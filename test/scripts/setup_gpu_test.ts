import assert from "node:assert/strict";
import { type Machine, missing, nothingToDo } from "../../scripts/setup_gpu.ts";

function machine(absent: readonly string[], gpus = 1): Machine {
  return { os: "linux", arch: "x86_64", hasLibrary: (file) => !absent.includes(file), countGpus: () => gpus };
}

Deno.test("setup-gpu names what is missing, part by part", () => {
  assert.deepEqual(missing(machine([])), []);
  assert.deepEqual(missing(machine([], 0)), ["a GPU: the NVIDIA driver sees none"]);
  assert.deepEqual(missing(machine(["libcuda.so.1", "libcudnn.so.9"], 0)), [
    "the NVIDIA driver: the linker does not find libcuda.so.1",
    "cuDNN 9 for CUDA 12: the linker does not find libcudnn.so.9",
  ]);
  assert.deepEqual(missing(machine(["libcublas.so.12", "libcufft.so.11"])), [
    "CUDA 12 (runtime libraries): the linker does not find libcublas.so.12, libcufft.so.11",
  ]);
});

Deno.test("setup-gpu has something to do on Linux x86-64 alone", () => {
  assert.equal(nothingToDo(machine([])), null);
  assert.match(nothingToDo({ ...machine([]), os: "windows" })!, /^DirectML comes with ONNX Runtime/);
  assert.match(nothingToDo({ ...machine([]), os: "darwin" })!, /^CoreML comes with ONNX Runtime/);
  assert.match(nothingToDo({ ...machine([]), arch: "aarch64" })!, /no CUDA provider for linux aarch64/);
});
