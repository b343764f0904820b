/**
 * The rooms of the house: every folder with code, what lives there, and which rooms it may import. One table for the
 * check (check_imports.ts) and for the page (docs/architecture.md).
 */

export interface Room {
  /** The folder; the longest that a file's path begins with is the file's room. */
  readonly folder: string;
  readonly what: string;
  /** Rooms that its files may import, besides their own. */
  readonly may: readonly string[];
}

const MODELS = ["models", "models/nets", "models/objectives", "models/import"];

export const ROOMS: readonly Room[] = [
  {
    folder: "common",
    what: "small parts that any room may use: errors, options, text, files of plain formats",
    may: [],
  },
  {
    folder: "random",
    what: "Philox, normals, permutations: every random number of a run",
    may: [],
  },
  {
    folder: "kernels",
    what: "fused SIMD passes (AssemblyScript to WebAssembly): sum, RMSProp or Adam, clip, checksum",
    may: ["random"],
  },
  {
    folder: "wire",
    what: "messages, frames, handshake, channel: shared by both sides, runs in a browser",
    may: ["common", "kernels"],
  },
  { folder: "onnx", what: "ONNX codec, typed graph, shapes, checker, text form, builder", may: ["common"] },
  {
    folder: "autodiff",
    what: "the backward walk, the table of rules, the passes from graph to graph",
    may: ["onnx", "common"],
  },
  {
    folder: "algorithm",
    what: "schedule, optimizer's update, local steps: the mathematics that both sides compute",
    may: ["models", "kernels", "random", "common"],
  },
  { folder: "models/nets", what: "networks, as graphs", may: ["onnx", "random", "common"] },
  {
    folder: "models/objectives",
    what: "losses, as graphs",
    may: ["onnx", "autodiff", "models/nets", "random", "common"],
  },
  {
    folder: "models/import",
    what: "files of other tools as networks of ours: versions, constants, weights",
    may: ["onnx", "autodiff", "models/nets", "common"],
  },
  {
    folder: "models",
    what: "layouts, manifest, `artifacts.ts`: networks and objective to training artifacts",
    may: ["onnx", "autodiff", "models/nets", "models/objectives", "random", "common"],
  },
  { folder: "pictures", what: "grids, scatters, labels and animations, drawn and written", may: ["common"] },
  { folder: "runlog/log", what: "the log's file, its segments and its sidecar", may: ["runlog", "common"] },
  {
    folder: "runlog/summary",
    what: "a log's summary, in memory that does not grow with it",
    may: ["runlog", "runlog/log", "common"],
  },
  {
    folder: "runlog/doctor",
    what: "rules that find faults of a run",
    may: ["runlog", "runlog/log", "runlog/summary", "common"],
  },
  {
    folder: "runlog/export",
    what: "a log as CSV and as TensorBoard events",
    may: ["runlog", "runlog/log", "runlog/summary", "common"],
  },
  { folder: "runlog", what: "the records of a log, and the check of their shape", may: ["common"] },
  {
    folder: "worker/runtime",
    what: "the engine's interface to ONNX Runtime: sessions with bound buffers",
    may: ["models", "wire", "common"],
  },
  {
    folder: "worker/devices",
    what: "execution providers: found, measured, checked",
    may: ["worker/runtime", "models", "wire", "random", "common"],
  },
  {
    folder: "worker/compute",
    what: "threads, the engine that computes leaves, and shared memory",
    may: ["algorithm", "worker/devices", "worker/runtime", "models", "wire", "kernels", "random", "common"],
  },
  {
    folder: "worker/connection",
    what: "a connection's life: artifacts, shards, work, results",
    may: ["algorithm", "worker/compute", "worker/runtime", "models", "wire", "kernels", "random", "common"],
  },
  {
    folder: "worker",
    what: "the worker's program and its messages",
    may: [
      "worker/connection",
      "worker/compute",
      "worker/devices",
      "worker/runtime",
      "models",
      "wire",
      "kernels",
      "random",
      "common",
    ],
  },
  {
    folder: "coordinator/data",
    what: "data sets: readers of files, the shard plan",
    may: ["kernels", "random", "runlog", "common"],
  },
  {
    folder: "coordinator/config",
    what: "settings of a run: options, presets, own networks",
    may: ["algorithm", "coordinator/data", ...MODELS, "onnx", "runlog", "common"],
  },
  {
    folder: "coordinator/fleet",
    what: "the workers of a run: admission, rounds, placement, shared memory",
    may: ["algorithm", "coordinator/data", "models", "wire", "kernels", "common"],
  },
  {
    folder: "coordinator/training",
    what: "Algorithm 1: the loop, averaging, the update, the schedule",
    may: [
      "algorithm",
      "coordinator/config",
      "coordinator/fleet",
      "models",
      "wire",
      "kernels",
      "random",
      "common",
    ],
  },
  {
    folder: "coordinator/evaluation",
    what: "figures beside the training: held-out costs, distances, gradients",
    may: [
      "algorithm",
      "coordinator/data",
      "coordinator/config",
      "coordinator/fleet",
      "coordinator/training",
      "models",
      "random",
      "runlog",
      "common",
    ],
  },
  {
    folder: "coordinator/terminal",
    what: "messages for a person at the terminal",
    may: ["coordinator/data", "coordinator/training", "common"],
  },
  {
    folder: "coordinator/run",
    what: "one run: its folder, graphs, checkpoints and records",
    may: [
      "algorithm",
      "coordinator/data",
      "coordinator/config",
      "coordinator/fleet",
      "coordinator/training",
      "coordinator/evaluation",
      "coordinator/terminal",
      ...MODELS,
      "onnx",
      "wire",
      "kernels",
      "random",
      "runlog",
      "runlog/log",
      "runlog/summary",
      "runlog/export",
      "pictures",
      "common",
    ],
  },
  {
    folder: "coordinator/live",
    what: "the live page's server: access, snapshots, metrics",
    may: [
      "coordinator/fleet",
      "coordinator/terminal",
      "coordinator/run",
      "models/objectives",
      "runlog",
      "runlog/log",
      "runlog/summary",
      "runlog/doctor",
      "wire",
      "common",
    ],
  },
  {
    // A program of its own, which is bundled and sent to browsers.
    folder: "coordinator/live/page",
    what: "the live page itself, for browsers",
    may: ["coordinator/live", "inspect", "runlog", "runlog/doctor", "common"],
  },
  {
    folder: "coordinator",
    what: "the coordinator from start to end",
    may: [
      "coordinator/config",
      "coordinator/fleet",
      "coordinator/training",
      "coordinator/terminal",
      "coordinator/run",
      "coordinator/live",
      "models/objectives",
      "runlog",
      "runlog/doctor",
      "wire",
      "common",
    ],
  },
  {
    folder: "simulation",
    what:
      "runs by simulated time: the real fleet on simulated links, processors and clock; what physics allows",
    may: ["coordinator/data", "coordinator/fleet", "models", "models/nets", "wire", "kernels", "common"],
  },
  {
    folder: "inspect",
    what: "the command line over run folders, the HTML report",
    may: ["runlog", "runlog/log", "runlog/summary", "runlog/doctor", "models", "common"],
  },
  {
    folder: "library",
    what: "training, coordinating and working from a program",
    may: [
      "coordinator",
      "coordinator/config",
      "coordinator/data",
      "coordinator/run",
      "coordinator/terminal",
      "inspect",
      "models",
      "models/objectives",
      "onnx",
      "random",
      "runlog",
      "runlog/log",
      "runlog/summary",
      "wire",
      "worker",
      "worker/compute",
      "worker/connection",
      "worker/runtime",
      "common",
    ],
  },
  {
    folder: "sampler_page",
    what: "the page that draws in the browser, stripped of types by `deno task page`",
    may: ["random", "pictures", "common"],
  },
];

/** Exports of the package: these files import from every room, and no file of the project imports them. */
export const EXPORTS = "exports";

/**
 * Files and rooms of the functional core: they touch no clock, timer, file, socket or randomness of their own; those are
 * arguments.
 */
export const PURE: readonly string[] = [
  "random",
  "algorithm",
  "kernels/tree.ts",
  "onnx",
  "autodiff",
  "models",
  "runlog/doctor",
  "runlog/summary/summary.ts",
  "coordinator/data/plan.ts",
  "coordinator/fleet/round.ts",
  "coordinator/fleet/fence.ts",
  "coordinator/fleet/waiting.ts",
  "coordinator/fleet/answers/learner_check.ts",
  "coordinator/fleet/placement",
  "coordinator/training",
];
