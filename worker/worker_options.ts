/** The command line of `worker`. */
import { UserError } from "../common/errors.ts";
import type { Command, Values } from "../common/cli/options.ts";

const OPTIONS = {
  coordinator: {
    kind: "string",
    value: "URL",
    about: "Address of the coordinator, e.g. ws://10.0.0.5:7700 or wss://…",
    default_text: "the coordinator of this user on this machine",
  },
  token_file: {
    kind: "string",
    value: "PATH",
    about: "File that holds the run's token; the environment variable WAGON_TOKEN does as well",
    default_text: "what the coordinator on this machine has left",
  },
  name: {
    kind: "string",
    value: "TEXT",
    about: "What the coordinator calls this worker",
    default_text: "host name and process",
  },
  gpu: {
    kind: "string",
    value: "N[,M…]|all",
    about: "Compute on these GPUs: tries CUDA, then the platform's own provider, then WebGPU",
    default_text: "none, the CPU",
  },
  cpu: { kind: "boolean", about: "Compute on the CPU, whatever GPUs there are" },
  require_gpu: {
    kind: "boolean",
    about: "Stop where no GPU can be used, instead of computing on the CPU (implies --gpu 0)",
  },
  threads: {
    kind: "number",
    integer: true,
    min: 1,
    max: 1024,
    unit: "threads",
    about: "Shards computed side by side on the CPU, one thread each; no part of the results",
    default_text: "the cores that there are, at most one per shard",
  },
  cores: {
    kind: "string",
    value: "N[,M…]",
    about: "Keep to these cores of the processor (Linux; deno task train shares out all of them)",
    default_text: "the system moves threads as it likes",
  },
  memory: {
    kind: "number",
    integer: true,
    min: 0,
    max: 1_048_576,
    unit: "MB",
    value: "MB",
    default: 1024,
    about: "Shard data kept in memory; more goes to a cache on disk",
  },
  share: {
    kind: "boolean",
    default: true,
    default_text: "on",
    about:
      "Share memory or files with a coordinator on this machine; --no-share: weights and results cross the socket",
  },
  doctor: {
    kind: "boolean",
    about:
      "Only say what each provider on this machine can do: adapter, time of a step, error against the CPU",
  },
  json: { kind: "boolean", about: "With --doctor: one JSON object on standard output" },
  leave_with_stdin: {
    kind: "boolean",
    about: "Leave when standard input ends: whoever started this worker is gone (deno task train uses it)",
  },
} as const;

export const WORKER_COMMAND: Command<typeof OPTIONS> = {
  name: "deno task worker",
  about:
    "Computes gradients for a coordinator, comes back when the connection is lost, and ends when the run is over.",
  options: OPTIONS,
  examples: [
    { line: "deno task worker", about: "joins the coordinator on this machine" },
    { line: "deno task worker --gpu 0", about: "on the first GPU, if there is one" },
    { line: "deno task worker --doctor", about: "what this machine can compute on, and what is missing" },
    {
      line: "WAGON_TOKEN=… deno task worker --coordinator ws://10.0.0.5:7700",
      about: "joins one elsewhere (the coordinator prints this line)",
    },
  ],
};

export type WorkerValues = Values<typeof OPTIONS>;

/** Which devices were asked for. */
export type Wanted =
  | { readonly kind: "cpu" }
  | { readonly kind: "all"; readonly required: boolean }
  | { readonly kind: "gpus"; readonly indices: readonly number[]; readonly required: boolean };

/** Reads `--gpu`, `--cpu` and `--require-gpu` together. Throws {@linkcode UserError}. */
export function wantedDevices(
  { gpu, cpu, require_gpu: required }: Pick<WorkerValues, "gpu" | "cpu" | "require_gpu">,
): Wanted {
  if (cpu && (gpu !== undefined || required)) {
    throw new UserError(`Option --cpu excludes ${gpu === undefined ? "--require-gpu" : "--gpu"}: give one`);
  }
  if (gpu === "all") return { kind: "all", required };
  if (gpu === undefined) return required ? { kind: "gpus", indices: [0], required } : { kind: "cpu" };
  const indices = differentNumbers(gpu);
  if (indices === null) {
    throw new UserError(
      `Option --gpu must be "all" or different numbers from 0 on, as 0 or 0,1: found ${JSON.stringify(gpu)}`,
    );
  }
  return { kind: "gpus", indices, required };
}

/**
 * Reads `--cores`; `usable`: those that this process may use, null where it cannot keep to any. Throws
 * {@linkcode UserError}.
 */
export function wantedCores(text: string, usable: readonly number[] | null): number[] {
  if (usable === null) throw new UserError("Option --cores needs Linux and --allow-ffi: leave it out");
  const cores = differentNumbers(text);
  if (cores?.every((core) => usable.includes(core))) return cores;
  throw new UserError(
    `Option --cores must be different ones of ${usable.join(",")}: found ${JSON.stringify(text)}`,
  );
}

/** From "0,2" to numbers; null where that is not what it is. */
function differentNumbers(text: string): number[] | null {
  const numbers = text.split(",").map((one) => /^\d{1,3}$/.test(one) ? Number(one) : NaN);
  return numbers.some(Number.isNaN) || new Set(numbers).size !== numbers.length ? null : numbers;
}

/** Checks `--coordinator`. Throws {@linkcode UserError}. */
export function checkUrl(url: string): string {
  let protocol = "";
  try {
    protocol = new URL(url).protocol;
  } catch {
    // Refused below.
  }
  if (protocol === "ws:" || protocol === "wss:") return url;
  throw new UserError(
    `Option --coordinator must be an address as ws://HOST:PORT: found ${JSON.stringify(url)}`,
  );
}
