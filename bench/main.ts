/** `deno task bench`: measures, prints tables, and keeps them in bench/results with hardware and versions. */
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseOptions, runMain } from "../common/cli/cli.ts";
import type { Command, OptionTable, Values } from "../common/cli/options.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { Bench, BenchContext } from "./context.ts";
import { type Environment, environment, load } from "./report/environment.ts";
import { benchCoordinator } from "./coordinator.ts";
import { benchDevices } from "./devices.ts";
import { benchFar, MODES, TEAMS } from "./far.ts";
import type { Shaping } from "./far/far_run.ts";
import { parseLink } from "../common/link.ts";
import { benchFrames } from "./frames.ts";
import { benchGradients } from "./gradients.ts";
import { prepareImages } from "./images.ts";
import { benchLocalSteps } from "./local/local_steps.ts";
import { benchLive } from "./live.ts";
import { benchLongLog } from "./long_log.ts";
import { findPython, type Python } from "./peers/python.ts";
import { type Section, sectionText } from "./report/report.ts";
import { benchSteps } from "./steps.ts";
import { benchUpdate } from "./update.ts";

const BENCHES: Readonly<Record<string, Bench>> = {
  gradients: benchGradients,
  devices: benchDevices,
  update: benchUpdate,
  frames: benchFrames,
  steps: benchSteps,
  coordinator: benchCoordinator,
  far: benchFar,
  "local-steps": benchLocalSteps,
  live: benchLive,
  log: benchLongLog,
};

const RESULTS = fileURLToPath(new URL("results", import.meta.url));
/** Share of the cores; above it, times mean little. */
const BUSY_SHARE = 0.25;

const LINKS = ["1gbit", "100mbit", "20mbit/40ms", "20mbit/300ms"];
const QUICK_LINK = "1gbit/1ms";

const OPTIONS = {
  only: {
    kind: "choice",
    choices: Object.keys(BENCHES),
    repeated: true,
    default_text: "all",
    about: "Run only this benchmark",
  },
  quick: {
    kind: "boolean",
    about: "Only test that it works: few repetitions; results are kept only with --out",
  },
  data: {
    kind: "string",
    value: "PATH",
    default_text: "noise of the size of MNIST",
    about: "IDX file of 28 x 28 images, or a folder with one, for whole steps",
  },
  python: {
    kind: "string",
    value: "COMMAND",
    default: "python3",
    about: "Python with PyTorch, for comparisons; without it they are left out",
  },
  rounds: {
    kind: "number",
    integer: true,
    min: 1,
    default_text: "21; 3 with --quick",
    about: "Repetitions of the small benchmarks, in turns",
  },
  run_rounds: {
    kind: "number",
    integer: true,
    min: 1,
    default_text: "3; 1 with --quick",
    about: "Repetitions of whole runs, in turns",
  },
  steps: {
    kind: "number",
    integer: true,
    min: 20,
    unit: "critic steps",
    default_text: "600; 40 with --quick",
    about: "Length of a whole run; a sixth of it is warm-up",
  },
  log_steps: {
    kind: "number",
    integer: true,
    min: 1_000,
    unit: "critic steps",
    default_text: "1000000; 20000 with --quick",
    about: "Length of the log that inspect opens; it also opens a tenth of this log",
  },
  links: {
    kind: "string",
    value: "DOWN[:UP][/RTT[/JITTER]]",
    repeated: true,
    default_text: `${LINKS.join(", ")}; ${QUICK_LINK} with --quick`,
    about: "Put workers behind this link, e.g. 20mbit:5mbit/40ms/5ms",
  },
  links_by: {
    kind: "choice",
    choices: ["relay", "tbf"],
    repeated: true,
    default_text: "both, tbf where root and the kernel allow",
    about: "How to simulate links: by a relay in user space, or by namespaces and the kernel",
  },
  teams: {
    kind: "choice",
    choices: Object.keys(TEAMS),
    repeated: true,
    default_text: "all",
    about: "Run with so many near and far workers; one near worker alone always runs, too",
  },
  modes: {
    kind: "choice",
    choices: MODES.map(({ name }) => name),
    repeated: true,
    default_text: "float32 and int8; float32 with --quick",
    about: "Send gradients and weights over links as --wire does",
  },
  far_seconds: {
    kind: "number",
    min: 1,
    unit: "seconds",
    default_text: "40; 4 with --quick",
    about: "Length of a run over a link; half of it is warm-up",
  },
  sweep: {
    kind: "string",
    value: "DIR",
    default_text: "a folder that is removed in the end",
    about: "Folder in which local-steps keeps finished runs; it does not repeat runs that are there",
  },
  sweep_steps: {
    kind: "number",
    integer: true,
    min: 400,
    unit: "critic steps",
    default_text: "5000, 2000 for dcgan; 400 with --quick",
    about: "Length of the runs of local-steps, a multiple of 400",
  },
  seeds: {
    kind: "number",
    integer: true,
    min: 1,
    max: 100,
    default_text: "3; 1 with --quick",
    about: "Seeds of the runs of local-steps",
  },
  budget: {
    kind: "number",
    min: 0,
    unit: "minutes",
    default_text: "60; 1 with --quick",
    about: "Time after which local-steps starts no further run; --sweep lets it continue later",
  },
  against: {
    kind: "string",
    value: "DIR",
    default_text: "nothing",
    about: "Another checkout of wagon, to compare its update with this one's",
  },
  out: {
    kind: "string",
    value: "DIR",
    default_text: "bench/results",
    about: "Where the results are kept, as Markdown and JSON",
  },
} as const satisfies OptionTable;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task bench",
  about: "Measures the speed of wagon, and compares it with its limits and with PyTorch, if Python has it. " +
    "bench/README.md explains each figure.",
  options: OPTIONS,
  examples: [
    { line: "deno task bench --quick", about: "test that all benchmarks work" },
    { line: "deno task bench --only steps --data mnist", about: "measure whole steps on your images" },
  ],
};

type BenchValues = Values<typeof OPTIONS>;

async function contextOf(values: BenchValues, python: Python | null, scratch: string): Promise<BenchContext> {
  const { quick } = values;
  const steps = values.steps ?? (quick ? 40 : 600);
  const images = await prepareImages(values.data ?? null, scratch);
  return {
    rounds: values.rounds ?? (quick ? 3 : 21),
    run_rounds: values.run_rounds ?? (quick ? 1 : 3),
    steps,
    warmup_steps: Math.floor(steps / 6),
    log_steps: values.log_steps ?? (quick ? 20_000 : 1_000_000),
    far: {
      links: (values.links.length > 0 ? values.links : quick ? [QUICK_LINK] : LINKS).map((text) =>
        parseLink(text)
      ),
      shapings: (values.links_by.length > 0 ? values.links_by : ["relay", "tbf"]) as Shaping[],
      teams: values.teams.length > 0 ? values.teams : Object.keys(TEAMS),
      modes: values.modes.length > 0 ? values.modes : quick ? ["float32"] : ["float32", "int8"],
      train_ms: 1_000 * (values.far_seconds ?? (quick ? 4 : 40)),
    },
    sweep: {
      folder: values.sweep === undefined ? join(scratch, "sweep") : resolve(values.sweep),
      budget_ms: 60_000 * (values.budget ?? (quick ? 1 : 60)),
      steps: values.sweep_steps ?? (quick ? 400 : null),
      seeds: values.seeds ?? (quick ? 1 : 3),
    },
    data_file: images.file,
    data_name: images.name,
    python,
    other_kernels: values.against === undefined ? null : await kernelsOf(values.against),
    scratch,
    say: (line) => console.error(`… ${line}`),
  };
}

/** The kernels of another checkout. Throws where it has none. */
async function kernelsOf(checkout: string): Promise<typeof Kernels> {
  const path = resolve(checkout, "kernels", "kernels.ts");
  return (await import(pathToFileURL(path).href) as { Kernels: typeof Kernels }).Kernels;
}

function configuration({ rounds, run_rounds, steps, warmup_steps, data_name }: BenchContext): string {
  return `${rounds} rounds; whole steps: ${run_rounds} rounds of ${steps} steps, ${warmup_steps} of them ` +
    `warm-up, on ${data_name}`;
}

/** The Python, if it can be used; says plainly why not. */
async function lookForPython(command: string): Promise<Python | null> {
  const found = await findPython(command);
  if (found.python === null) {
    console.error(`PyTorch is left out: ${command} cannot be used (${found.reason}); see --python`);
  }
  return found.python;
}

function reportText(when: string, facts: Environment, sections: readonly Section[]): string {
  return [
    `# Benchmarks of ${when}`,
    Object.entries(facts).map(([name, value]) => `- ${name}: ${value}`).join("\n"),
    ...sections.map(sectionText),
  ].join("\n\n") + "\n";
}

/** Six digits are more than any measurement here has. */
function shortened(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(6)) : value;
}

/** Writes both files, formatted as the gate wants them; returns the Markdown's path. */
async function keep(
  dir: string,
  when: string,
  text: string,
  facts: Environment,
  sections: readonly Section[],
) {
  const path = join(dir, when.replace(" ", "_").replace(":", ""));
  const samples = Object.fromEntries(sections.map(({ title, samples }) => [title, samples]));
  await Deno.mkdir(dir, { recursive: true });
  await Deno.writeTextFile(`${path}.md`, text);
  await Deno.writeTextFile(`${path}.json`, JSON.stringify({ when, environment: facts, samples }, shortened));
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", `${path}.md`, `${path}.json`] })
    .output();
  return `${path}.md`;
}

async function runBenches(values: BenchValues, context: BenchContext): Promise<Section[]> {
  const sections: Section[] = [];
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (values.only.length > 0 && !values.only.includes(name)) continue;
    sections.push(await bench(context));
    console.log(`\n${sectionText(sections.at(-1)!)}\n`);
  }
  return sections;
}

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseOptions(COMMAND, args);
  if (load() > BUSY_SHARE * navigator.hardwareConcurrency) {
    console.error(
      `This machine is busy (load ${load().toFixed(2)}): only ratios mean anything, and those little`,
    );
  }
  const scratch = await Deno.makeTempDir({ prefix: "wagon-bench-" });
  try {
    const python = await lookForPython(values.python);
    const context = await contextOf(values, python, scratch);
    const facts = { ...await environment(python), Configuration: configuration(context) };
    const when = new Date().toISOString().slice(0, 16).replace("T", " ");
    const sections = await runBenches(values, context);
    const dir = values.out ?? (values.quick ? null : RESULTS);
    if (dir === null) return;
    const text = reportText(`${when} UTC`, facts, sections);
    console.log(`Kept in ${await keep(dir, when, text, facts, sections)}`);
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

await runMain(main);
