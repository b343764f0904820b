/** ONNX Runtime's CUDA provider: the files it is made of, which CUDA they are built for, and an archive that holds them. */
import { basename, join } from "node:path";
import { UserError } from "../../common/errors.ts";
import { RegularFile } from "../../common/files/regular_file.ts";
import { bytesOf, isZip, zipEntries } from "../../common/files/zip.ts";

/** Releases of CUDA that ONNX Runtime has been built for. */
export type CudaRelease = 12 | 13;

const CUDA_FILE = "libonnxruntime_providers_cuda.so";
const SHARED_FILE = "libonnxruntime_providers_shared.so";
const PROVIDER_FILES = [SHARED_FILE, CUDA_FILE] as const;

/** A library's dependencies are named in the string table of its dynamic section, which linkers write near the front. */
const NAMES_END_BYTES = 1 << 23;
const MAX_FILE_BYTES = 2 ** 31;

/** Which CUDA a provider's library asks the linker for, or null if for none. `head`: the library's beginning. */
export function cudaOf(head: Uint8Array): CudaRelease | null {
  const names = new TextDecoder("latin1").decode(head.subarray(0, NAMES_END_BYTES));
  const release = Number(names.match(/\0libcudart\.so\.(\d+)\0/)?.[1]);
  return release === 12 || release === 13 ? release : null;
}

/** Which CUDA the provider in this folder is built for; null where there is none. */
export async function installedCuda(folder: string): Promise<CudaRelease | null> {
  try {
    for (const file of PROVIDER_FILES) await Deno.stat(join(folder, file));
    using library = await Deno.open(join(folder, CUDA_FILE));
    const head = new Uint8Array(NAMES_END_BYTES);
    let filled = 0;
    for (let read; (read = await library.read(head.subarray(filled)));) filled += read;
    return cudaOf(head);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** A provider as an archive has it. */
export interface ProviderArchive {
  readonly cuda: CudaRelease;
  /** Writes its files into a folder. */
  readonly unpackInto: (folder: string) => Promise<void>;
}

/**
 * Opens an archive of ONNX Runtime with its CUDA provider: Python's wheel or NuGet's package of this version.
 * @throws {UserError} where it is of another version, or holds no such provider.
 */
export async function openArchive(path: string, version: string): Promise<ProviderArchive> {
  const refuse = (why: string): never => {
    throw new UserError(`Cannot use ${path}: ${why}`);
  };
  // Another version's provider ends the process that loads it.
  const name = basename(path);
  if (!name.includes(`-${version}-`) && !name.endsWith(`.${version}.nupkg`)) {
    refuse(`a wheel or a NuGet package of ONNX Runtime ${version}, with its own name, is required`);
  }
  using content = await RegularFile.open(path).catch((error) => refuse((error as Error).message));
  if (!isZip(await content.read(0, 4))) refuse("a ZIP archive is required, found another kind of file");
  const spoken = { kind: "archive", part: "file", refuse };
  const entries = await zipEntries(content, spoken);
  const files: { readonly file: string; readonly bytes: Uint8Array }[] = [];
  for (const file of PROVIDER_FILES) {
    const entry = entries.find(({ name }) => basename(name) === file) ??
      refuse(`${file} is required, found none in it: use the package of ONNX Runtime for GPUs`);
    files.push({ file, bytes: await bytesOf(entry, MAX_FILE_BYTES, spoken) });
  }
  const cuda = cudaOf(files[1]!.bytes);
  if (cuda === null) return refuse("a provider for CUDA 12 or 13 is required, found another in it");
  return {
    cuda,
    unpackInto: async (folder) => {
      // Not in place: workers may have the old one loaded, and half a file would look like a whole one.
      for (const { file, bytes } of files) {
        const part = join(folder, `${file}.part`);
        await Deno.writeFile(part, bytes, { mode: 0o644 });
        await Deno.rename(part, join(folder, file));
      }
    },
  };
}
