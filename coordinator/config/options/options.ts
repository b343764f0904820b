/** The command lines of `train` and `coordinator`: one table of options each, most of it shared. The names are a contract. */
import type { Command, Option, OptionTable } from "../../../common/cli/options.ts";
import { RUN_OPTIONS } from "./run_options.ts";

/** Options that change no result: places, tokens, waiting. */
export const PLACE_OPTIONS = {
  config: {
    kind: "string",
    value: "FILE",
    about: "Read options from a JSON file; write --n-critic as n_critic there",
  },
  out: {
    kind: "string",
    value: "DIR",
    default_text: "runs/TIME_PRESET, or runs/TIME_PRESET_NAME",
    about: "Run folder",
  },
  resume: {
    kind: "string",
    value: "RUN",
    about:
      'Continue a run that was stopped: its folder, its name in runs/, or "latest". It ends with the same ' +
      "weights as if it had not stopped",
  },
  auto_resume: {
    kind: "boolean",
    about: "Resume the run in --out if there is one, else start it: the same command again, for schedulers",
  },
  amend: {
    kind: "boolean",
    about:
      "With --resume: change the learning rate, its decay or --clip-grad-norm from the last checkpoint on; " +
      "the log records it (docs/runs.md)",
  },
  name: {
    kind: "string",
    about: "Name of the run, one word; the name of the run folder ends with it",
  },
  note: {
    kind: "string",
    value: "TEXT",
    about: "What the run is for; the live page, inspect and report show it",
  },
  cache: {
    kind: "boolean",
    default: true,
    about:
      "Keep decoded pictures for later runs on the same pictures (deno task cache shows and removes them)",
    group: "How to run",
  },
  tensorboard: {
    kind: "string",
    value: "DIR",
    about: "Write TensorBoard events while the run trains, into a subfolder of DIR with the run's name",
    group: "How to watch",
  },
  log_url: {
    kind: "string",
    value: "URL",
    about:
      "Send the log to this address while the run trains, as JSON lines over HTTP (docs/watching-a-run.md)",
    group: "How to watch",
  },
  readable: {
    kind: "boolean",
    about: "Let other users of this machine read the run folder, if umask allows it",
    group: "How to run",
  },
  read_token_file: {
    kind: "string",
    value: "FILE",
    default_text: "WAGON_READ_TOKEN, else a new token",
    about: "File with the token for the live page and /metrics",
    group: "How to run",
  },
  public_metrics: {
    kind: "boolean",
    about: "Let anyone who reaches the port read /metrics, without the read token",
    group: "How to watch",
  },
  give_up_after: {
    kind: "number",
    min: 0,
    above_min: true,
    unit: "seconds",
    default_text: "wait forever",
    about: "Save and stop if there are no workers for this long",
    group: "How to run",
  },
} as const satisfies OptionTable;

/** Where workers connect, and what they must know. */
const DOOR_OPTIONS = {
  host: {
    kind: "string",
    default: "127.0.0.1",
    about: "Address to listen on; 0.0.0.0 lets workers on other machines join",
    group: "Workers",
  },
  token_file: {
    kind: "string",
    value: "FILE",
    default_text: "the environment variable WAGON_TOKEN, else a new token",
    about: "File with the token, a secret that workers must know",
    group: "Workers",
  },
  tls_cert: {
    kind: "string",
    value: "FILE",
    about: "Encrypt all connections with this certificate (PEM); deno task keys makes one",
    group: "Workers",
  },
  tls_key: { kind: "string", value: "FILE", about: "Private key of --tls-cert (PEM)", group: "Workers" },
} as const satisfies OptionTable;

const PORT_OPTION = {
  kind: "number",
  integer: true,
  min: 0,
  max: 65_535,
  about: "Port to listen on; 0 takes any free port",
  group: "Workers",
} as const satisfies Option;

export const TRAIN_OPTIONS = {
  ...RUN_OPTIONS,
  ...PLACE_OPTIONS,
  workers: {
    kind: "number",
    integer: true,
    min: 0,
    max: 64,
    default: 2,
    about: "Local workers to start; they share the machine's cores. 0 only with --hosts",
    group: "Workers",
  },
  hosts: {
    kind: "string",
    value: "FILE",
    about: "Also start a worker on each machine in FILE, by ssh (docs/on-several-machines.md)",
    group: "Workers",
  },
  ssh_config: {
    kind: "string",
    value: "FILE",
    default_text: "ssh's own",
    about: "Configuration of ssh for --hosts",
    group: "Workers",
  },
  gpu: {
    kind: "string",
    value: "N[,M…]|all",
    about: "GPUs for the workers, as in deno task worker --help",
    group: "Workers",
  },
  cpu: { kind: "boolean", about: "Compute on the CPU (the default without --gpu)", group: "Workers" },
  ...DOOR_OPTIONS,
  port: { ...PORT_OPTION, default: 0 },
} as const satisfies OptionTable;

export const TRAIN_COMMAND: Command<typeof TRAIN_OPTIONS> = {
  name: "deno task train",
  about:
    "Trains a GAN on this machine: starts a coordinator, which keeps weights and data, and workers, which compute " +
    "gradients. With --host, workers on other machines may join. Without options it trains for about a minute on " +
    "letters that wagon draws itself.",
  options: TRAIN_OPTIONS,
  examples: [
    { line: "deno task train", about: "train on drawn letters" },
    {
      line: "deno task train --data images-idx3-ubyte.gz",
      about: "train a WGAN on your images",
    },
    { line: "deno task train --dataset 8gaussians", about: "train on points in the plane" },
    { line: "deno task train --resume latest", about: "continue the newest run" },
  ],
};

/** The port that `deno task coordinator` listens on by default. */
export const DEFAULT_PORT = 7700;

export const COORDINATOR_OPTIONS = {
  ...RUN_OPTIONS,
  ...PLACE_OPTIONS,
  ...DOOR_OPTIONS,
  port: { ...PORT_OPTION, default: DEFAULT_PORT },
  min_workers: {
    kind: "number",
    integer: true,
    min: 1,
    max: 4096,
    default: 1,
    about: "Workers to wait for before the first step",
    group: "Workers",
  },
  allow_keys: {
    kind: "string",
    value: "FILE",
    about:
      "Admit only workers that have the token and one of the keys in this file: a name and a public key on each " +
      "line. The file is read again when it changes (docs/encryption.md)",
    group: "Workers",
  },
  fail_when_stopped: {
    kind: "boolean",
    about:
      "If a signal stops the run before its end, exit with 143, and let workers wait until the coordinator comes " +
      "back: for schedulers that restart a coordinator only if it failed",
    group: "How to run",
  },
  stay: {
    kind: "boolean",
    about:
      "After the end of the run, answer /healthz and tell workers that the run is over, until a signal arrives: " +
      "for services that are restarted whenever they exit",
    group: "Workers",
  },
} as const satisfies OptionTable;

export const COORDINATOR_COMMAND: Command<typeof COORDINATOR_OPTIONS> = {
  name: "deno task coordinator",
  about:
    "Coordinates a training run: keeps data and weights, gives work to workers, adds their gradients and updates " +
    "the weights. Start workers with deno task worker; they can join and leave at any time.",
  options: COORDINATOR_OPTIONS,
  examples: [
    { line: "deno task coordinator", about: "train on drawn letters, with workers on this machine" },
    {
      line: "deno task coordinator --data images-idx3-ubyte.gz --preset wgan --host 0.0.0.0",
      about: "train on your images, with workers on any machine",
    },
  ],
};
