/**
 * `deno task setup-gpu`: what a worker needs to compute on an NVIDIA GPU. Checks the driver and CUDA's libraries,
 * says in plain words what is missing, and fetches ONNX Runtime's CUDA provider, which is too large for npm.
 *
 * The provider is fetched by the install script of the pinned onnxruntime-node, which Deno does not run by itself;
 * it is allowed here for that alone. That one is built for CUDA 12; for CUDA 13, and without a network, the provider
 * is taken from an archive of the same version that the person has.
 */
import { fileURLToPath } from "node:url";
import { dirname, join } from "node:path";
import { parseOptions, runMain } from "../../common/cli/cli.ts";
import { UserError } from "../../common/errors.ts";
import type { Command } from "../../common/cli/options.ts";
import { inThread } from "../../worker/compute/thread_client.ts";
import { RUNTIME_VERSION } from "../../worker/runtime/node_session.ts";
import { verdict } from "../../worker/devices/providers.ts";
import { type CudaRelease, installedCuda, openArchive } from "./cuda_provider.ts";
import { lockedBy } from "../task_command.ts";

const OPTIONS = {
  check: { kind: "boolean", about: "Print what is installed and what is missing; download nothing" },
  from: {
    kind: "string",
    value: "FILE",
    about:
      "Install the CUDA provider from this file instead of downloading it: a wheel of onnxruntime-gpu (for CUDA " +
      `13) or a NuGet package, of version ${RUNTIME_VERSION}`,
  },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task setup-gpu",
  about:
    "Prepares this machine for workers on NVIDIA GPUs (deno task worker --gpu): checks the driver, CUDA and cuDNN, " +
    "and downloads ONNX Runtime's CUDA provider (about 300 MB).",
  options: OPTIONS,
  examples: [{ line: "deno task setup-gpu --check", about: "show what is missing, without downloading" }],
};

/** A shared library that the CUDA provider of onnxruntime-node 1.30.0 loads, and where it comes from. */
interface Library {
  readonly file: string;
  readonly part_of: string;
}

const DRIVER: Library = { file: "libcuda.so.1", part_of: "the NVIDIA driver" };
/** The install script downloads the build for this one. */
const FETCHED: CudaRelease = 12;
/** cuFFT's number is one behind CUDA's. */
const LIBRARIES: Readonly<Record<CudaRelease, readonly Library[]>> = {
  12: librariesOf(12),
  13: librariesOf(13),
};

function librariesOf(cuda: CudaRelease): Library[] {
  const toolkit = ["cudart", "cublas", "cublasLt"].map((name) => `lib${name}.so.${cuda}`);
  return [
    DRIVER,
    ...[...toolkit, `libcufft.so.${cuda - 1}`, "libcurand.so.10", `libnvrtc.so.${cuda}`]
      .map((file) => ({ file, part_of: `CUDA ${cuda} (runtime libraries)` })),
    { file: "libcudnn.so.9", part_of: `cuDNN 9 for CUDA ${cuda}` },
  ];
}

/** The checks' dependencies on a machine. */
export interface SetupMachine {
  /** As `Deno.build` has them. */
  readonly os: string;
  readonly arch: string;
  /** True if the dynamic linker finds a library. */
  readonly hasLibrary: (file: string) => boolean;
  /** Devices that the driver sees. Called only where the driver is there. */
  readonly countGpus: () => number;
}

/** Requirements of a provider built for this CUDA that are missing, in plain words; empty if there are none. */
export function missing(machine: SetupMachine, cuda: CudaRelease): string[] {
  const absent = LIBRARIES[cuda].filter(({ file }) => !machine.hasLibrary(file));
  const parts = [...new Set(absent.map(({ part_of }) => part_of))].map((part) => {
    const files = absent.filter(({ part_of }) => part_of === part).map(({ file }) => file);
    return `${part}: the linker cannot find ${files.join(", ")}`;
  });
  if (!absent.includes(DRIVER) && machine.countGpus() === 0) parts.push("a GPU: the NVIDIA driver sees none");
  return parts;
}

/** Why there is nothing to set up on this platform, or null on the one that has something. */
export function nothingToDo({ os, arch }: SetupMachine): string | null {
  if (os === "windows") return "DirectML comes with ONNX Runtime on Windows: use deno task worker --gpu 0";
  if (os === "darwin") return "CoreML comes with ONNX Runtime on macOS: use deno task worker --gpu 0";
  if (os === "linux" && arch === "x86_64") return null;
  return `ONNX Runtime has no CUDA provider for ${os} ${arch}: use deno task worker --gpu 0 for WebGPU, or --cpu`;
}

function hasLibrary(file: string): boolean {
  try {
    Deno.dlopen(file, {}).close();
    return true;
  } catch {
    return false;
  }
}

/** Asks the driver itself (cuInit, cuDeviceGetCount of the CUDA driver API). */
function countGpus(): number {
  const driver = Deno.dlopen(DRIVER.file, {
    cuInit: { parameters: ["u32"], result: "i32" },
    cuDeviceGetCount: { parameters: ["buffer"], result: "i32" },
  });
  const count = new Int32Array(1);
  const ok = driver.symbols.cuInit(0) === 0 && driver.symbols.cuDeviceGetCount(count) === 0;
  driver.close();
  return ok ? count[0]! : 0;
}

/** The folder in which ONNX Runtime looks for its providers: its own, in the pinned onnxruntime-node. */
function providerFolder(): string {
  const entry = fileURLToPath(import.meta.resolve("onnxruntime-node"));
  return join(dirname(dirname(entry)), "bin", "napi-v6", "linux", "x64");
}

/**
 * Runs the install script of onnxruntime-node. By its specifier: a script that is named by its path does not find
 * the packages that it needs. With its older flag: of `--onnxruntime-node-install=cuda12` it forgets the value, and
 * ends at once under npx.
 */
export function installCommand(permissions: readonly string[]): string[] {
  const script = `npm:onnxruntime-node@${RUNTIME_VERSION}/script/install.js`;
  return [
    "run",
    "--quiet",
    ...lockedBy("locks/runtime.lock"),
    ...permissions,
    script,
    `--onnxruntime-node-install-cuda=v${FETCHED}`,
  ];
}

/** Runs it. Throws {@linkcode UserError} where it fails. */
async function fetchProvider(): Promise<void> {
  console.log("Downloading ONNX Runtime's CUDA provider");
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: installCommand(["--allow-all"]),
    stdout: "inherit",
    stderr: "piped",
  }).output();
  if (code === 0 && await installedCuda(providerFolder()) === FETCHED) return;
  const text = new TextDecoder().decode(stderr).trim();
  const line = text.split("\n").find((part) => part.includes("Error")) ?? text.split("\n")[0] ?? "";
  throw new UserError(
    `Cannot download ONNX Runtime's CUDA provider: ${
      line.trim() || `exit code ${code}`
    }; --from takes it from a file`,
  );
}

async function tryGpu(): Promise<void> {
  Deno.env.set("NVIDIA_TF32_OVERRIDE", "0");
  let against: string | null;
  try {
    against = verdict(await inThread("benchmark", { provider: "cuda", index: 0 }));
  } catch (error) {
    against = (error as Error).message;
  }
  if (against !== null) throw new UserError(`Cannot compute on the GPU: ${against}`);
}

/** Advice for a machine with another CUDA than a provider asks for, or null. */
export function otherCuda(machine: SetupMachine, cuda: CudaRelease): string | null {
  const other = cuda === 12 ? 13 : 12;
  if (missing(machine, cuda).length === 0 || missing(machine, other).length > 0) return null;
  return `this machine has CUDA ${other}: give a provider built for that with --from (see --help)`;
}

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseOptions(COMMAND, args);
  const { os, arch } = Deno.build;
  const machine: SetupMachine = { os, arch, hasLibrary, countGpus };
  const nothing = nothingToDo(machine);
  if (nothing !== null) return console.log(nothing);
  const archive = values.from === undefined ? null : await openArchive(values.from, RUNTIME_VERSION);
  const installed = await installedCuda(providerFolder());
  const is_of_use = installed !== null && missing(machine, installed).length === 0;
  const cuda = archive?.cuda ?? (is_of_use ? installed : FETCHED);
  const parts = missing(machine, cuda);
  if (values.check && archive === null && installed !== cuda) {
    parts.push("ONNX Runtime's CUDA provider: deno task setup-gpu");
  }
  const other = otherCuda(machine, cuda);
  if (other !== null) parts.push(other);
  if (parts.length > 0) throw new UserError(`Cannot use an NVIDIA GPU; missing: ${parts.join("; ")}`);
  if (values.check && archive !== null) {
    return console.log(`Everything that a provider for CUDA ${cuda} needs is installed`);
  }
  if (archive !== null) await archive.unpackInto(providerFolder());
  else if (installed !== cuda) await fetchProvider();
  await tryGpu();
  console.log("Ready: deno task worker --gpu 0");
}

if (import.meta.main) await runMain(main);
