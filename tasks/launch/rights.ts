/**
 * The rights that a task starts with: what its options need, and no more. Paths and addresses stand in the command line,
 * in the `--config` file, or in the log of the run to go on with, so they are known before the program proper starts.
 */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { stateFolder } from "../../common/process/rendezvous.ts";
import { readRegularSync } from "../../common/files/regular_file.ts";
import { isEverywhere } from "../../coordinator/terminal/addresses.ts";
import { labelFilesOf, placesOf } from "../../coordinator/data/files/data_path.ts";
import { recordedPlaces } from "./recorded_data.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Modules of threads and the live page are read while a task runs. */
const CODE = [
  ...["algorithm", "autodiff", "classifier", "common", "coordinator", "kernels", "metrics", "models", "onnx"],
  ...["pictures", "random", "relay", "runlog", "wire", "worker"],
];

/** Who it is, for what shows it, and that its files are its own. */
const SYSTEM = "--allow-sys=hostname,uid";
/** All that wagon and its packages look at. */
const VARIABLES = [
  ...["TERM", "NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG"],
  ...["TMPDIR", "TMP", "TEMP", "HOME", "XDG_STATE_HOME", "LOCALAPPDATA", "WAGON_STATE_DIR"],
  ...["WAGON_TOKEN", "WAGON_READ_TOKEN", "WAGON_LOG_TOKEN", "WAGON_SEALED", "WAGON_IGNORES_HANGUP"],
  ...["WS_NO_BUFFER_UTIL", "WS_NO_UTF_8_VALIDATE", "NVIDIA_TF32_OVERRIDE"],
];

/** Young objects have room enough in 2 MB: with more, the coordinator's resident size rises. */
const V8 = "--v8-flags=--max-semi-space-size=2";

/** Options whose values say what a task reads, writes and connects to. All others are the program's to read. */
const OPTIONS = [
  ...["data", "config", "out", "resume", "generator", "critic", "token-file", "read-token-file"] as const,
  ...["scale", "labels", "warm-start"] as const,
  ...["host", "port", "coordinator", "upstream", "tensorboard", "log-url", "hosts"] as const,
  ...["tls-cert", "tls-key", "tls-ca", "allow-keys", "key"] as const,
];

const HOST = /^([\w-]+(\.[\w-]+)*|\[[0-9a-f:.]+\])$/i;
const MAX_PORT = 65_535;
/** As in runlog/, whose files take the launcher some time to read. */
const RUNS = "runs";
const LOG_NAME = "events.jsonl";
/** As in worker/, whose files take time, too. */
const STANDARD_INPUT = "-";
/** An address that one cannot connect to. */
const NO_ADDRESS = "127.0.0.1:0";

type Given = { readonly [K in typeof OPTIONS[number]]?: string };

/** Inputs of the rights besides the command line. */
export interface Surroundings {
  readonly cwd: string;
  readonly os: string;
  readonly env: (name: string) => string | undefined;
  /** The folder for temporary files. */
  readonly temporary: string;
  /** This program: what `train` starts workers with. */
  readonly deno: string;
  /** Addresses and names of this machine. */
  readonly ownHosts: () => readonly string[];
}

export type LaunchedTask = "train" | "coordinator" | "worker" | "relay";

interface Program {
  /** Relative to the root, as the lock. */
  readonly script: string;
  /** The packages that it needs, and no others, so that Deno fetches no more (scripts/packages/locks.ts). */
  readonly lock: string;
  readonly rights: (given: Given, around: Surroundings) => readonly string[];
}

const PROGRAMS: Readonly<Record<LaunchedTask, Program>> = {
  // It starts workers.
  train: { script: "tasks/train.ts", lock: "locks/runtime.lock", rights: trainRights },
  coordinator: { script: "coordinator/main.ts", lock: "locks/light.lock", rights: coordinatorRights },
  worker: { script: "worker/main.ts", lock: "locks/runtime.lock", rights: workerRights },
  relay: { script: "relay/main.ts", lock: "locks/light.lock", rights: relayRights },
};

export function isLaunched(task: string): task is LaunchedTask {
  return Object.hasOwn(PROGRAMS, task);
}

/** The arguments of `deno` that run a task with the rights that its own arguments need. */
export function commandOf(task: LaunchedTask, args: readonly string[], around: Surroundings): string[] {
  const { script, lock, rights } = PROGRAMS[task];
  const flags = [`--lock=${join(ROOT, lock)}`, "--frozen", "--no-prompt", ...rights(givenIn(args), around)];
  return ["run", "--quiet", ...flags, join(ROOT, script), ...args];
}

/**
 * Options by name, as the program itself will read them: `--out=DIR` or `--out DIR`, the last one counts, none after
 * `--`. A line that it will refuse needs no rights. (node:util would take a third of the launcher's time.)
 */
function givenIn(args: readonly string[]): Given {
  const given: Record<string, string> = {};
  const end = args.indexOf("--");
  const words = (end < 0 ? args : args.slice(0, end)).values();
  for (const word of words) {
    const [flag, inline] = word.split(/=(.*)/s, 2) as [string, string?];
    const name = OPTIONS.find((option) => flag === `--${option}`);
    const value = name === undefined ? undefined : inline ?? words.next().value;
    if (value !== undefined) given[name!] = value;
  }
  return given;
}

/** The arguments with the folder of the run in the place of its name, if there is such a run. */
export async function withRunFolder(args: readonly string[], runs = RUNS): Promise<readonly string[]> {
  const { resume } = givenIn(args);
  if (resume === undefined || isRun(resume)) return args;
  const { findRun } = await import("../../runlog/log/find_run.ts");
  const folder = await findRun(resume, runs).catch(() => null);
  if (folder === null) return args;
  const end = args.indexOf("--");
  // The last one counts.
  return args.toSpliced(end < 0 ? args.length : end, 0, `--resume=${folder}`);
}

function coordinatorRights(given: Given, around: Surroundings): string[] {
  const state = statePaths(around);
  return [
    ...runRights(given, around, state),
    ...doorRights(given, "7700"),
    V8,
  ];
}

/** Shared memory needs the right to call the C library, and so any native code; starting workers is as much. */
function trainRights(given: Given, around: Surroundings): string[] {
  return [
    ...runRights(given, around, statePaths(around)),
    ...doorRights(given, "0"),
    allow("run", [around.deno, ...given.hosts === undefined ? [] : ["ssh"]]),
    ...around.os === "linux" ? ["--allow-ffi"] : [],
    V8,
  ];
}

/** ONNX Runtime is native code, which no right of Deno's holds back. */
function workerRights(given: Given, around: Surroundings): string[] {
  const folders = [...statePaths(around), around.temporary];
  const { "token-file": token_file, "tls-ca": tls_ca, key, coordinator } = given;
  const token_path = token_file === STANDARD_INPUT ? undefined : token_file;
  return [
    allow("read", [
      ...codePaths(),
      ...folders,
      ...[token_path, tls_ca, key].flatMap((path) => present(path, around)),
    ]),
    allow("write", folders),
    `--allow-env=${VARIABLES.join(",")}`,
    SYSTEM,
    `--allow-net=${
      coordinator === undefined
        ? around.ownHosts().filter((host) => HOST.test(host)).join(",")
        : addressOf(coordinator)
    }`,
    "--allow-ffi",
  ];
}

/** No native code: it computes nothing. */
function relayRights(given: Given, around: Surroundings): string[] {
  const state = statePaths(around);
  const { host = "127.0.0.1", upstream = "" } = given;
  const files = ["token-file", "key", "allow-keys", "tls-ca", "tls-cert", "tls-key"] as const;
  const named = files.map((name) => given[name]);
  return [
    allow("read", [...codePaths(), ...state, ...named.flatMap((path) => present(path, around))]),
    allow("write", state),
    `--allow-env=${VARIABLES.join(",")}`,
    isEverywhere(host) ? `${SYSTEM},networkInterfaces` : SYSTEM,
    `--allow-net=${[...listeningAt(given), addressOf(upstream)].join(",")}`,
    V8,
  ];
}

/** Inputs and outputs of a run: its folder, its data, its configuration. */
function runRights(given: Given, around: Surroundings, also: readonly string[]): string[] {
  const { out, resume, config, hosts, "token-file": token_file, "read-token-file": read_token_file } = given;
  const all: Given = { ...configured(config, around), ...given };
  const run = absolute(resume ?? out ?? RUNS, around);
  const { data, labels } = { ...resume !== undefined && recordedPlaces(run), ...all };
  // A network's data may lie in files beside it.
  const networks = [all.generator, all.critic].flatMap((path) => present(path, around)).map(dirname);
  // A name that is none is looked for among all runs, to say so.
  const runs = resume === undefined || /[/\\]/.test(resume) || isRun(run) ? [] : [absolute(RUNS, around)];
  const places = [data, labels].flatMap((path) => path === undefined ? [] : [placeOf(path, around)]);
  const beside = labelFilesOf(places[0] ?? "");
  const keys = [given["tls-cert"], given["tls-key"], given["allow-keys"]];
  const named = [...places, ...beside, all.scale, config, token_file, read_token_file, hosts, ...keys];
  const files = [...named, warmStartOf(all, around)].flatMap((path) => present(path, around));
  const folders = [run, around.temporary, ...also];
  const written = present(given.tensorboard, around);
  return [
    allow("read", [...codePaths(), ...folders, ...runs, ...networks, ...files]),
    allow("write", [...folders, ...written]),
    `--allow-env=${VARIABLES.join(",")}`,
  ];
}

/** The run or file whose weights a run begins with; all runs where a name must be looked for among them. */
function warmStartOf({ "warm-start": wanted }: Given, around: Surroundings): string | undefined {
  if (wanted === undefined || /[/\\]/.test(wanted)) return wanted;
  try {
    Deno.statSync(absolute(wanted, around));
    return wanted;
  } catch {
    return RUNS;
  }
}

function isRun(folder: string): boolean {
  try {
    return Deno.statSync(join(folder, LOG_NAME)).isFile;
  } catch {
    return false;
  }
}

/** Where it listens, and where its log goes. */
function doorRights(given: Given, default_port: string): string[] {
  const { host = "127.0.0.1", port = default_port, "log-url": log_url } = given;
  const listens = listeningAt({ ...given, host, port });
  return [
    // Its addresses are told where it is reached by all of them.
    isEverywhere(host) ? `${SYSTEM},networkInterfaces` : SYSTEM,
    `--allow-net=${[...listens, ...log_url === undefined ? [] : [addressOf(log_url)]].join(",")}`,
  ];
}

/** Workers on this machine have a port of their own beside one with TLS. */
function listeningAt({ host = "127.0.0.1", port = "7700", "tls-cert": tls_cert }: Given): string[] {
  const door = addressAt(host.includes(":") ? `[${host}]` : host, port);
  return tls_cert === undefined ? [door] : [door, "127.0.0.1:0"];
}

/** The file that `--data` names: what follows a # may tell what to read of it, or belong to its name. */
function placeOf(data: string, around: Surroundings): string {
  try {
    Deno.lstatSync(absolute(data, around));
    return data;
  } catch {
    return placesOf(data).at(-1)!;
  }
}

/** Content of a `--config` file; nothing if the program will refuse it. */
function configured(path: string | undefined, around: Surroundings): Given {
  if (path === undefined) return {};
  try {
    // Throws for a pipe: what is in one is there once, and for the program.
    const bytes = readRegularSync(absolute(path, around));
    const source: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const named = Object.entries(source as object).filter(([name, value]) =>
      ["data", "labels", "generator", "critic", "scale", "warm_start"].includes(name) &&
      typeof value === "string"
    );
    return Object.fromEntries(named.map(([name, value]) => [name.replaceAll("_", "-"), value])) as Given;
  } catch {
    return {};
  }
}

function codePaths(): string[] {
  return CODE.map((folder) => join(ROOT, folder));
}

function statePaths(around: Surroundings): string[] {
  const folder = stateFolder(around.env, around.os);
  return folder === undefined ? [] : [absolute(folder, around)];
}

function absolute(path: string, { cwd }: Surroundings): string {
  return resolve(cwd, path);
}

function present(path: string | undefined, around: Surroundings): string[] {
  return path === undefined ? [] : [absolute(path, around)];
}

/** Commas divide paths: one that has any is allowed with what lies beside it. */
function allow(right: "read" | "write" | "run", paths: readonly string[]): string {
  const named = paths.map((path) => {
    let allowed = path;
    while (allowed.includes(",")) allowed = dirname(allowed);
    return allowed;
  });
  return `--allow-${right}=${[...new Set(named)].join(",")}`;
}

/** Host and port of an address: a coordinator's, or one that takes a log. */
function addressOf(url: string): string {
  const { hostname, port, protocol } = URL.parse(url) ?? { hostname: "", port: "", protocol: "" };
  return addressAt(hostname, port || (["wss:", "https:"].includes(protocol) ? "443" : "80"));
}

/** Text that is not an address needs no right: the program refuses it. */
function addressAt(host: string, port: string): string {
  const valid = HOST.test(host) && /^\d{1,5}$/.test(port) && Number(port) <= MAX_PORT;
  return valid ? `${host}:${port}` : NO_ADDRESS;
}
