import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../../common/errors.ts";
import { cudaOf, installedCuda, openArchive } from "../../../tasks/setup_gpu/cuda_provider.ts";
import { inTempDir } from "../../temp_dir.ts";
import archives from "../../scripts/goldens/archives.json" with { type: "json" };

const CUDA_13 = "onnxruntime_gpu-1.30.0-cuda13.whl";
const CUDA_11 = "onnxruntime_gpu-1.30.0-cuda11.whl";
const NO_CUDA = "microsoft.ml.onnxruntime.gpu.linux.1.30.0.nupkg";

const library = (needed: string) =>
  new TextEncoder().encode(`\x7fELF\0libcublas.so.9\0${needed}\0libdl.so.2\0`);

async function place(folder: string, name: keyof typeof archives): Promise<string> {
  const path = join(folder, name);
  await Deno.writeFile(path, Uint8Array.fromBase64(archives[name]));
  return path;
}

Deno.test("the CUDA of a provider is the one that its library asks for", () => {
  assert.equal(cudaOf(library("libcudart.so.12")), 12);
  assert.equal(cudaOf(library("libcudart.so.13")), 13);
  assert.equal(cudaOf(library("libcudart.so.11.0")), null);
  assert.equal(cudaOf(library("libm.so.6")), null);
});

Deno.test("a provider is unpacked from a wheel and found again", () =>
  inTempDir(async (folder) => {
    const archive = await openArchive(await place(folder, CUDA_13), "1.30.0");
    assert.equal(archive.cuda, 13);
    assert.equal(await installedCuda(folder), null);
    await archive.unpackInto(folder);
    assert.equal(await installedCuda(folder), 13);
    const shared = await Deno.readFile(join(folder, "libonnxruntime_providers_shared.so"));
    assert.equal(shared.length, library("libm.so.6").length + 5000);
  }));

Deno.test("a provider of which one bit is wrong is refused, and nothing is left behind", () =>
  inTempDir(async (folder) => {
    const path = await place(folder, CUDA_13);
    const bytes = await Deno.readFile(path);
    // Behind the local header and the name of the first file that is taken.
    const name = new TextEncoder().encode("libonnxruntime_providers_shared.so");
    const at = bytes.findIndex((_, i) => name.every((byte, j) => bytes[i + j] === byte)) + name.length + 6;
    bytes[at]! ^= 1;
    await Deno.writeFile(path, bytes);
    await assert.rejects(openArchive(path, "1.30.0"), {
      message: `Cannot use ${path}: a whole file is required, found a damaged one in ` +
        "onnxruntime/capi/libonnxruntime_providers_shared.so; download it again",
    });
    assert.equal(await installedCuda(folder), null);
  }));

Deno.test("archives that are of no use are refused in one line", () =>
  inTempDir(async (folder) => {
    const text = join(folder, "onnxruntime_gpu-1.30.0-text.whl");
    await Deno.writeTextFile(text, "no archive");
    const whole = await place(folder, CUDA_13);
    const part = join(folder, "onnxruntime_gpu-1.30.0-part.whl");
    await Deno.writeFile(part, (await Deno.readFile(whole)).subarray(0, -30));
    const cuda = "libonnxruntime_providers_cuda.so";
    const cases: [string, string, string][] = [
      [
        await place(folder, CUDA_11),
        "1.30.0",
        "a provider for CUDA 12 or 13 is required, found another in it",
      ],
      [
        await place(folder, NO_CUDA),
        "1.30.0",
        `${cuda} is required, found none in it: use the package of ONNX Runtime for GPUs`,
      ],
      [text, "1.30.0", "a ZIP archive is required, found another kind of file"],
      [part, "1.30.0", "a whole archive is required, found one that ends early; download it again"],
      [whole, "1.3", "a wheel or a NuGet package of ONNX Runtime 1.3, with its own name, is required"],
    ];
    for (const [path, version, why] of cases) {
      await assert.rejects(openArchive(path, version), new UserError(`Cannot use ${path}: ${why}`));
    }
  }));
