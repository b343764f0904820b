import assert from "node:assert/strict";
import {
  installCommand,
  missing,
  nothingToDo,
  otherCuda,
  type SetupMachine,
} from "../../../tasks/setup_gpu/main.ts";

function machine(absent: readonly string[], gpus = 1): SetupMachine {
  return { os: "linux", arch: "x86_64", hasLibrary: (file) => !absent.includes(file), countGpus: () => gpus };
}

Deno.test("setup-gpu names what is missing, part by part", () => {
  assert.deepEqual(missing(machine([]), 12), []);
  assert.deepEqual(missing(machine([], 0), 12), ["a GPU: the NVIDIA driver sees none"]);
  assert.deepEqual(missing(machine(["libcuda.so.1", "libcudnn.so.9"], 0), 12), [
    "the NVIDIA driver: the linker cannot find libcuda.so.1",
    "cuDNN 9 for CUDA 12: the linker cannot find libcudnn.so.9",
  ]);
  assert.deepEqual(missing(machine(["libcublas.so.12", "libcufft.so.11"]), 12), [
    "CUDA 12 (runtime libraries): the linker cannot find libcublas.so.12, libcufft.so.11",
  ]);
  assert.deepEqual(missing(machine(["libcublas.so.13", "libcufft.so.12", "libcublas.so.12"]), 13), [
    "CUDA 13 (runtime libraries): the linker cannot find libcublas.so.13, libcufft.so.12",
  ]);
});

Deno.test("setup-gpu says so where the machine has the other CUDA", () => {
  const only_13 = machine(["libcudart.so.12", "libcublas.so.12"]);
  assert.match(otherCuda(only_13, 12)!, /^this machine has CUDA 13: .* --from/);
  assert.equal(otherCuda(only_13, 13), null);
  assert.equal(otherCuda(machine([]), 12), null);
  assert.equal(otherCuda(machine(["libcudnn.so.9"]), 12), null);
});

Deno.test("setup-gpu has something to do on Linux x86-64 alone", () => {
  assert.equal(nothingToDo(machine([])), null);
  assert.match(nothingToDo({ ...machine([]), os: "windows" })!, /^DirectML comes with ONNX Runtime/);
  assert.match(nothingToDo({ ...machine([]), os: "darwin" })!, /^CoreML comes with ONNX Runtime/);
  assert.match(nothingToDo({ ...machine([]), arch: "aarch64" })!, /no CUDA provider for linux aarch64/);
});

Deno.test("the install script finds what it needs, and gets as far as the network", async () => {
  const args = installCommand(["--allow-all", "--deny-net"]);
  // As npx sets them.
  const env = { npm_config_local_prefix: "/here", npm_package_json: "/here/package.json" };
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args, env }).output();
  assert.notEqual(code, 0);
  assert.match(new TextDecoder().decode(stderr), /getaddrinfo EPERM/);
});
