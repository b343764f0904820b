/** The command line of `worker`. */
import { UserError } from "../common/errors.ts";
import type { Command, Values } from "../common/options.ts";

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
    default_text: "the processor's cores, at most one per shard",
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
  const indices = gpu.split(",").map((text) => /^\d{1,3}$/.test(text) ? Number(text) : NaN);
  if (indices.some(Number.isNaN) || new Set(indices).size !== indices.length) {
    throw new UserError(
      `Option --gpu must be "all" or different numbers from 0 on, as 0 or 0,1: found ${JSON.stringify(gpu)}`,
    );
  }
  return { kind: "gpus", indices, required };
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
