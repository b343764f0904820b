/** The command line of `deno task simulate`. */
import type { Command } from "../../common/cli/options.ts";
import { RUN_OPTIONS } from "../../coordinator/config/options/run_options.ts";
import { MAX_WORKERS } from "./limits.ts";

export const OPTIONS = {
  workers: {
    kind: "number",
    integer: true,
    min: 1,
    max: MAX_WORKERS,
    default_text: "2",
    about: "Number of identical workers",
    group: "Workers",
  },
  device_step_ms: {
    kind: "number",
    min: 0,
    above_min: true,
    unit: "milliseconds",
    default_text: "none; required",
    about:
      "Time that a thread takes for one shard of a critic step; deno task inspect shows this time for a run",
    group: "Workers",
  },
  generator_step_ms: {
    kind: "number",
    min: 0,
    above_min: true,
    unit: "milliseconds",
    default_text: "--device-step-ms",
    about: "Time that a thread takes for one shard of a generator step",
    group: "Workers",
  },
  threads: {
    kind: "number",
    integer: true,
    min: 1,
    max: 1024,
    default: 1,
    about: "Threads or GPUs of each worker that compute at the same time",
    group: "Workers",
  },
  link: {
    kind: "string",
    value: "DOWN[:UP][/RTT[/JITTER]]",
    default_text: "local: on the coordinator's machine",
    about: "Link of each worker, e.g. 1gbit or 100mbit:20mbit/20ms",
    group: "Workers",
  },
  rtt: {
    kind: "string",
    value: "TIME",
    default_text: "that of --link, or 0ms",
    about: "Round trip between each worker and the coordinator, e.g. 20ms",
    group: "Workers",
  },
  worker: {
    kind: "string",
    value: "KEY=VALUE,…",
    repeated: true,
    default_text: "none",
    about:
      "Workers that differ from each other, instead of --workers. Keys: name, count, link (or local), rtt, " +
      "step-ms, generator-step-ms, threads; the options above give the values that are left out",
    group: "Workers",
  },
  coordinator_link: {
    kind: "string",
    value: "DOWN[:UP]",
    default_text: "the sum of the workers' links",
    about: "Rate at which the coordinator receives and sends in total, e.g. 10gbit",
    group: "Coordinator",
  },
  cores: {
    kind: "number",
    integer: true,
    min: 1,
    max: 1024,
    default_text: "one for the coordinator, and one for each thread of local workers",
    about: "Cores of the coordinator's machine; local workers compute on them, too",
    group: "Coordinator",
  },
  coordinator_speed: {
    kind: "number",
    min: 0,
    above_min: true,
    default: 1,
    about: "Speed of the coordinator's processor, relative to machine A (docs/results/README.md)",
    group: "Coordinator",
  },
  preset: { ...RUN_OPTIONS.preset, default: "wgan", group: "Run" },
  batch: {
    ...RUN_OPTIONS.batch,
    default_text: "the preset's number of examples for each shard",
    group: "Run",
  },
  shards: {
    ...RUN_OPTIONS.shards,
    max: MAX_WORKERS,
    default_text: "the preset's (4), or one for each thread",
    group: "Run",
  },
  n_critic: { ...RUN_OPTIONS.n_critic, group: "Run" },
  wire: {
    ...RUN_OPTIONS.wire,
    default_text: "all are compared",
    about: "Simulate only this number format of gradients and weights",
    group: "Run",
  },
  wire_groups: {
    ...RUN_OPTIONS.wire_groups,
    max: MAX_WORKERS,
    default_text: "the fewest that give each worker one",
    group: "Run",
  },
  local_steps: {
    kind: "number",
    integer: true,
    min: 2,
    max: 10_000,
    repeated: true,
    unit: "critic steps",
    default_text: "5, 25 and 100",
    about: "Also predict workers that exchange weights only after this many steps of their own",
    group: "Run",
  },
  json: {
    kind: "boolean",
    about: "Print one JSON object on standard output, and nothing else",
    group: "Run",
  },
} as const;

export const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task simulate",
  about:
    "Plans a run over a network: simulates it with the coordinator's own code for rounds and for the assignment of " +
    "shards, on simulated links and processors and in simulated time. Prints how many images per second the run " +
    "would process, what limits it, and which --wire to use. docs/scale.md says how accurate this is.",
  options: OPTIONS,
  examples: [
    {
      line: "deno task simulate --workers 256 --link 1gbit --rtt 20ms --preset wgan-dcgan --device-step-ms 7",
      about: "a distant cluster",
    },
    {
      line: "deno task simulate --device-step-ms 5 --worker link=local --worker count=3,link=100mbit/10ms",
      about: "unequal workers",
    },
  ],
};
