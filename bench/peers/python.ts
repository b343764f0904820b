/** The Python that runs the peers, if there is one. */
import { fileURLToPath } from "node:url";
import { PeerProcess } from "./peer_process.ts";

export interface Python {
  readonly command: string;
  /** E.g. "torch 2.15.0, Python 3.12.4, BLAS mkl, AVX512". */
  readonly description: string;
}

const DESCRIBE = `
import platform, re, torch
blas = re.search(r"BLAS_INFO=(\\w+)", torch.__config__.show())
assert torch.distributed.is_gloo_available(), "torch has no gloo"
print(f"torch {torch.__version__}, Python {platform.python_version()}, BLAS {blas and blas[1]}, "
      f"oneDNN {torch.backends.mkldnn.is_available()}, {torch.backends.cpu.get_cpu_capability()}")
`;

/** Looks whether `command` is a Python with torch; if not, `reason` says why. */
export async function findPython(
  command: string,
): Promise<{ readonly python: Python } | { readonly python: null; readonly reason: string }> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(command, { args: ["-c", DESCRIBE] }).output();
    const decoder = new TextDecoder();
    if (success) return { python: { command, description: decoder.decode(stdout).trim() } };
    return { python: null, reason: decoder.decode(stderr).trim().split("\n").at(-1)! };
  } catch (error) {
    return { python: null, reason: (error as Error).message };
  }
}

/** The thread settings of every BLAS that a PyTorch may have been built with; no compiled scripts left behind. */
export function pythonEnvironment(threads: number): Record<string, string> {
  const count = String(threads);
  return {
    OMP_NUM_THREADS: count,
    MKL_NUM_THREADS: count,
    OPENBLAS_NUM_THREADS: count,
    PYTHONDONTWRITEBYTECODE: "1",
  };
}

/** Path of a script of this folder. */
export function scriptPath(script: string): string {
  return fileURLToPath(new URL(script, import.meta.url));
}

/** Starts a script of this folder that answers questions, with one thread. */
export function pythonPeer(python: Python, script: string, ...args: string[]): PeerProcess {
  return new PeerProcess(script, python.command, [scriptPath(script), ...args], pythonEnvironment(1));
}
