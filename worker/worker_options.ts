/** The command line of `worker`. */
import { UserError } from "../common/errors.ts";
import type { Command, Values } from "../common/cli/options.ts";
import { MEMORY_OPTION } from "./memory_option.ts";

const OPTIONS = {
  coordinator: {
    kind: "string",
    value: "URL",
    about: "Address of the coordinator, e.g. ws://10.0.0.5:7700, or wss://… for a coordinator with TLS",
    default_text: "your coordinator on this machine",
  },
  tls_ca: {
    kind: "string",
    value: "FILE",
    about:
      "With wss://: trust only the certificates in this file (PEM), a copy of the coordinator's or of its " +
      "authority's",
    default_text: "the authorities that Deno knows",
  },
  token_file: {
    kind: "string",
    value: "PATH",
    about: "File with the token, a secret of the run; - reads it from the first line of standard input",
    default_text: "the environment variable WAGON_TOKEN, else the token of your coordinator on this machine",
  },
  key: {
    kind: "string",
    value: "FILE",
    about:
      "This worker's own key (PEM), for coordinators with --allow-keys; deno task keys --worker makes one",
    default_text: "none, the token is enough",
  },
  name: {
    kind: "string",
    value: "TEXT",
    about: "Name that the coordinator shows for this worker",
    default_text: "host name and process number",
  },
  gpu: {
    kind: "string",
    value: "N[,M…]|all",
    about:
      "Compute on these GPUs, numbered from 0, through CUDA, DirectML, CoreML or WebGPU (the first that works)",
    default_text: "none, the CPU",
  },
  cpu: { kind: "boolean", about: "Compute on the CPU even if there are GPUs" },
  require_gpu: {
    kind: "boolean",
    about: "Stop if no GPU can be used, instead of computing on the CPU (implies --gpu 0)",
  },
  threads: {
    kind: "number",
    integer: true,
    min: 1,
    max: 1024,
    unit: "threads",
    about: "Threads on the CPU; each computes one shard at a time. The results do not depend on it",
    default_text: "one for each core, but no more than the run has shards",
  },
  cores: {
    kind: "string",
    value: "N[,M…]",
    about: "Run only on these processor cores (Linux; for local workers, deno task train chooses them)",
    default_text: "any core",
  },
  memory: MEMORY_OPTION,
  share: {
    kind: "boolean",
    default: true,
    default_text: "on",
    about:
      "Share memory or files with a coordinator on this machine; with --no-share, send weights and results through " +
      "the connection",
  },
  devices: {
    kind: "boolean",
    about:
      "Print what each device on this machine can do (time of a step, error compared with the CPU), and exit",
  },
  json: { kind: "boolean", about: "With --devices: print one JSON object" },
  fail_when_stopped: {
    kind: "boolean",
    about:
      "Exit with 143 if a signal stops this worker before the run is over: for schedulers that restart a worker " +
      "only if it failed",
  },
  leave_with_stdin: {
    kind: "boolean",
    about: "Exit when standard input ends (deno task train ends its workers this way)",
  },
} as const;

export const WORKER_COMMAND: Command<typeof OPTIONS> = {
  name: "deno task worker",
  about:
    "Computes gradients for a coordinator. It reconnects if the connection is lost, and exits when the run ends.",
  options: OPTIONS,
  examples: [
    { line: "deno task worker", about: "join the coordinator on this machine" },
    { line: "deno task worker --gpu 0", about: "compute on the first GPU, if there is one" },
    {
      line: "deno task worker --devices",
      about: "list the devices of this machine, and what is missing to use them",
    },
    {
      line: "WAGON_TOKEN=… deno task worker --coordinator ws://10.0.0.5:7700",
      about: "join a coordinator on another machine (it prints this line)",
    },
  ],
};

export type WorkerValues = Values<typeof OPTIONS>;

/** The devices that the options name. */
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
      `Option --gpu must be "all" or distinct device numbers, counted from 0, e.g. 0 or 0,1: found ${
        JSON.stringify(gpu)
      }`,
    );
  }
  return { kind: "gpus", indices, required };
}

/**
 * Reads `--cores`; `usable`: those that this process may use, null where it cannot keep to any. Throws
 * {@linkcode UserError}.
 */
export function wantedCores(text: string, usable: readonly number[] | null): number[] {
  if (usable === null) throw new UserError("Option --cores needs Linux and --allow-ffi: remove the option");
  const cores = differentNumbers(text);
  if (cores?.every((core) => usable.includes(core))) return cores;
  throw new UserError(
    `Option --cores must be different numbers among ${usable.join(",")}: found ${JSON.stringify(text)}`,
  );
}

/** Parses "0,2"; null if the text is not a list of different numbers. */
function differentNumbers(text: string): number[] | null {
  const numbers = text.split(",").map((one) => /^\d{1,3}$/.test(one) ? Number(one) : NaN);
  return numbers.some(Number.isNaN) || new Set(numbers).size !== numbers.length ? null : numbers;
}

/** Checks that `--tls-ca` comes with an address that it protects. Throws {@linkcode UserError}. */
export function checkTrust({ coordinator, tls_ca }: Pick<WorkerValues, "coordinator" | "tls_ca">): void {
  if (tls_ca === undefined || coordinator?.startsWith("wss:")) return;
  throw new UserError(
    `Option --tls-ca needs an address that begins with wss://: found ${
      coordinator === undefined ? "none" : JSON.stringify(coordinator)
    }; nothing would be encrypted`,
  );
}

/** Checks the address of a coordinator. Throws {@linkcode UserError}. */
export function checkUrl(url: string, option = "--coordinator"): string {
  const protocol = URL.parse(url)?.protocol;
  if (protocol === "ws:" || protocol === "wss:") return url;
  throw new UserError(
    `Option ${option} must be an address such as ws://HOST:PORT: found ${JSON.stringify(url)}`,
  );
}
