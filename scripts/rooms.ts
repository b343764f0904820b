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
    what: "small parts that any folder may use: errors, options, text, plain file formats",
    may: [],
  },
  {
    folder: "random",
    what: "Philox, normal numbers, permutations: all random numbers of a run",
    may: [],
  },
  {
    folder: "kernels",
    what: "WebAssembly (from AssemblyScript): sum, RMSProp and Adam, clipping, checksum",
    may: ["random"],
  },
  {
    folder: "wire",
    what: "the protocol: messages, frames, handshake, channel; also runs in a browser",
    may: ["common", "kernels"],
  },
  { folder: "onnx", what: "ONNX codec, typed graph, shapes, checker, text form, builder", may: ["common"] },
  {
    folder: "autodiff",
    what: "differentiation: the backward pass, gradient rules, passes over graphs",
    may: ["onnx", "common"],
  },
  {
    folder: "algorithm",
    what: "the mathematics that coordinator and workers both compute: schedule, update, local steps",
    may: ["models", "kernels", "random", "common"],
  },
  {
    folder: "models/nets",
    what: "the networks of the presets, as graphs",
    may: ["onnx", "random", "common"],
  },
  {
    folder: "models/objectives",
    what: "the losses, as graphs",
    may: ["onnx", "autodiff", "models/nets", "random", "common"],
  },
  {
    folder: "models/import",
    what: "reads ONNX files of other tools: versions, constants, weights",
    may: ["onnx", "autodiff", "models/nets", "common"],
  },
  {
    folder: "models",
    what: "layouts, manifest, and `artifacts.ts`, which makes training graphs of networks and losses",
    may: ["onnx", "autodiff", "models/nets", "models/objectives", "random", "common"],
  },
  {
    folder: "pictures",
    what: "draws and writes grids, scatter plots, labels and animations",
    may: ["common"],
  },
  { folder: "runlog/log", what: "the files of a log: text, segments and index", may: ["runlog", "common"] },
  {
    folder: "runlog/summary",
    what: "the summary of a log, in memory that does not grow with it",
    may: ["runlog", "runlog/log", "common"],
  },
  {
    folder: "runlog/doctor",
    what: "rules that find problems of a run",
    may: ["runlog", "runlog/log", "runlog/summary", "common"],
  },
  {
    folder: "runlog/export",
    what: "writes a log as CSV and as TensorBoard events",
    may: ["runlog", "runlog/log", "runlog/summary", "common"],
  },
  { folder: "runlog", what: "the records of a log, and checks of their fields", may: ["common"] },
  {
    folder: "worker/runtime",
    what: "the interface to ONNX Runtime: sessions with bound buffers",
    may: ["models", "wire", "common"],
  },
  {
    folder: "worker/devices",
    what: "finds, measures and checks execution providers",
    may: ["worker/runtime", "models", "wire", "random", "common"],
  },
  {
    folder: "worker/compute",
    what: "threads that compute leaves, and shared memory",
    may: ["algorithm", "worker/devices", "worker/runtime", "models", "wire", "kernels", "random", "common"],
  },
  {
    folder: "worker/connection",
    what: "what a worker does during a connection: artifacts, shards, requests, results",
    may: ["algorithm", "worker/compute", "worker/runtime", "models", "wire", "kernels", "random", "common"],
  },
  {
    folder: "worker",
    what: "the worker's program and its console",
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
    folder: "metrics",
    what: "figures that compare two sets of features: FID, KID, precision, recall, density, coverage",
    may: ["kernels", "random", "common"],
  },
  {
    folder: "classifier",
    what: "a small classifier of pictures, trained by this engine: its features are what metrics compare",
    may: ["algorithm", "models", "models/nets", "onnx", "kernels", "random", "common"],
  },
  {
    folder: "coordinator/data",
    what: "data sets: reads files, plans shards",
    may: ["kernels", "random", "runlog", "common"],
  },
  {
    folder: "coordinator/config",
    what: "settings of a run: options, presets, own networks",
    may: ["algorithm", "coordinator/data", ...MODELS, "onnx", "runlog", "common"],
  },
  {
    folder: "coordinator/fleet",
    what: "the workers of a run: joining, rounds, assignment of shards, shared memory",
    may: ["algorithm", "coordinator/data", "models", "wire", "kernels", "common"],
  },
  {
    folder: "coordinator/training",
    what: "the training loop: Algorithm 1, averaging, update, schedule",
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
    what: "measurements during training: held-out data, distances, gradients",
    may: [
      "metrics",
      "algorithm",
      "coordinator/data",
      "coordinator/config",
      "coordinator/fleet",
      "models",
      "random",
      "runlog",
      "common",
    ],
  },
  {
    folder: "coordinator/terminal",
    what: "what the coordinator prints",
    may: ["common"],
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
      "runlog/doctor",
      "runlog/export",
      "classifier",
      "pictures",
      "common",
    ],
  },
  {
    folder: "coordinator/live",
    what: "the server of the live page: access, snapshots, metrics",
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
    what: "the live page, which runs in browsers",
    may: ["coordinator/live", "inspect", "runlog", "runlog/doctor", "common"],
  },
  {
    folder: "coordinator",
    what: "the coordinator's program, from start to end",
    may: [
      "coordinator/data",
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
    folder: "relay",
    what: "the relay: a worker to the coordinator, a coordinator to its own workers",
    may: [
      "algorithm",
      "coordinator/data",
      "coordinator/fleet",
      "coordinator/training",
      "coordinator/terminal",
      "coordinator/run",
      "coordinator/live",
      "coordinator",
      "worker/connection",
      "worker/compute",
      "worker",
      "models",
      "wire",
      "kernels",
      "common",
    ],
  },
  {
    folder: "simulation",
    what: "simulated runs: the real fleet with simulated links, processors and clock",
    may: ["coordinator/data", "coordinator/fleet", "models", "models/nets", "wire", "kernels", "common"],
  },
  {
    folder: "inspect",
    what: "`deno task inspect` and the HTML report",
    may: ["runlog", "runlog/log", "runlog/summary", "runlog/doctor", "metrics", "models", "common"],
  },
  {
    folder: "library",
    what: "wagon as a library",
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
    what: "the page of `deno task page`, which draws samples in a browser",
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
  "metrics",
  "classifier/network.ts",
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
