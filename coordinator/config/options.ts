/** The command lines of `train` and `coordinator`: one table of options each, most of it shared. The names are a contract. */
import type { Command, OptionTable } from "../../common/cli/options.ts";
import { RUN_OPTIONS } from "./run_options.ts";

/** Where a run lives and whom it waits for: no part of what it computes. */
const PLACE_OPTIONS = {
  config: { kind: "string", value: "FILE", about: "Options in a JSON file, under these names with _ for -" },
  out: {
    kind: "string",
    value: "DIR",
    default_text: "runs/ and a name with time and preset",
    about: "Run folder",
  },
  resume: { kind: "string", value: "DIR", about: "Go on with the run in this folder, to the same bits" },
  readable: {
    kind: "boolean",
    about: "Lets other users of this machine read the run folder, as far as umask does",
    group: "How to run",
  },
  read_token_file: {
    kind: "string",
    value: "FILE",
    default_text: "WAGON_READ_TOKEN, else a fresh one",
    about: "File with the secret that opens the live page and /metrics",
    group: "How to run",
  },
  give_up_after: {
    kind: "number",
    min: 0,
    above_min: true,
    unit: "seconds",
    default_text: "wait without end",
    about: "Stop, and save, after waiting so long for workers",
    group: "How to run",
  },
} as const satisfies OptionTable;

export const TRAIN_OPTIONS = {
  ...RUN_OPTIONS,
  ...PLACE_OPTIONS,
  workers: {
    kind: "number",
    integer: true,
    min: 1,
    max: 64,
    default: 2,
    about: "Local workers to start; the machine's cores are shared out among them",
    group: "How to run",
  },
  gpu: {
    kind: "string",
    value: "N[,M…]|all",
    about: "GPUs for the workers, as deno task worker takes them",
    group: "How to run",
  },
  cpu: { kind: "boolean", about: "Compute on the CPU (the default without --gpu)", group: "How to run" },
} as const satisfies OptionTable;

export const TRAIN_COMMAND: Command<typeof TRAIN_OPTIONS> = {
  name: "deno task train",
  about: "Trains on this machine: a coordinator and local workers. Without options: the strokes that wagon " +
    "draws itself, in a minute or two.",
  options: TRAIN_OPTIONS,
  examples: [
    { line: "deno task train", about: "see it work" },
    { line: "deno task train --data images-idx3-ubyte.gz", about: "the WGAN of the paper on your images" },
    { line: "deno task train --dataset 8gaussians", about: "points in the plane" },
  ],
};

/** Where `deno task coordinator` listens unless told otherwise. */
export const DEFAULT_PORT = 7700;

export const COORDINATOR_OPTIONS = {
  ...RUN_OPTIONS,
  ...PLACE_OPTIONS,
  host: {
    kind: "string",
    default: "127.0.0.1",
    about: "Address to listen on; 0.0.0.0 lets workers on other machines in",
    group: "Workers",
  },
  port: {
    kind: "number",
    integer: true,
    min: 0,
    max: 65_535,
    default: DEFAULT_PORT,
    about: "Port; 0: any free one",
    group: "Workers",
  },
  token_file: {
    kind: "string",
    value: "FILE",
    default_text: "WAGON_TOKEN, else a fresh one",
    about: "File with the secret that workers must know",
    group: "Workers",
  },
  min_workers: {
    kind: "number",
    integer: true,
    min: 1,
    max: 4096,
    default: 1,
    about: "Workers to wait for before the first step",
    group: "Workers",
  },
} as const satisfies OptionTable;

export const COORDINATOR_COMMAND: Command<typeof COORDINATOR_OPTIONS> = {
  name: "deno task coordinator",
  about: "Coordinates a training run: shards the data, sums the workers' gradients, updates the weights. " +
    "Start workers with deno task worker; they may come and go.",
  options: COORDINATOR_OPTIONS,
  examples: [
    { line: "deno task coordinator", about: "the drawn strokes, for workers on this machine" },
    {
      line: "deno task coordinator --data images-idx3-ubyte.gz --preset wgan --host 0.0.0.0",
      about: "your images, for workers anywhere",
    },
  ],
};
