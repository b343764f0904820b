/** `deno task slurm`: writes the script of a Slurm job that trains, and submits it. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseOptions, runMain } from "../common/cli/cli.ts";
import type { Command, OptionTable, Values } from "../common/cli/options.ts";
import { UserError } from "../common/errors.ts";
import { readNamed } from "../common/files/named_file.ts";
import { writeFile } from "../common/files/write_file.ts";
import { cleanLine } from "../common/text/foreign_text.ts";
import { wordsIn } from "../common/text/words_in.ts";
import { COORDINATOR_OPTIONS, TRAIN_OPTIONS } from "../coordinator/config/options/options.ts";
import { type Directive, jobScript } from "./slurm/job_script.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const SCRIPTS = "deploy/slurm";
/** Scripts, tokens and addresses of jobs. */
const JOBS = "runs/slurm";

const OPTIONS = {
  nodes: { kind: "string", value: "N", about: "Nodes of the workers", group: "The job" },
  time: { kind: "string", value: "TIME", about: "Time limit, e.g. 4:00:00 or 2-00:00:00", group: "The job" },
  partition: { kind: "string", about: "Partition", group: "The job" },
  account: { kind: "string", about: "Account", group: "The job" },
  qos: { kind: "string", about: "Quality of service", group: "The job" },
  job_name: { kind: "string", about: "Name of the job", group: "The job" },
  ntasks_per_node: { kind: "string", value: "N", about: "Workers on each node", group: "The job" },
  cpus_per_task: { kind: "string", value: "N", about: "Processors of each worker", group: "The job" },
  gpus_per_task: { kind: "string", value: "N", about: "GPUs of each worker", group: "The job" },
  mem: { kind: "string", value: "SIZE", about: "Memory on each node", group: "The job" },
  sbatch: {
    kind: "string",
    value: "OPTION",
    repeated: true,
    about: "Another option of sbatch, e.g. --sbatch=--constraint=a100",
    group: "The job",
  },
  hetjob: {
    kind: "boolean",
    about: "Give the coordinator its own processors, in a heterogeneous job",
    group: "What it runs",
  },
  array: {
    kind: "string",
    value: "LIST",
    about: "Start several runs, e.g. 1-8; %a in the options of train stands for the number of each run",
    group: "What it runs",
  },
  sweep: {
    kind: "string",
    value: "FILE",
    about: "Start one run for each line of FILE, which contains further options of train",
    group: "What it runs",
  },
  join: {
    kind: "string",
    value: "JOB",
    about: "Start more workers for the run of this job, instead of a new run",
    group: "What it runs",
  },
  dry_run: { kind: "boolean", about: "Print the script, and submit nothing", group: "What it runs" },
} as const satisfies OptionTable;

type Given = Values<typeof OPTIONS>;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task slurm",
  about: "Trains in a Slurm job: writes the job script and submits it. Everything after -- is passed to " +
    "deno task train. Run it in a shell on a login node (docs/on-slurm.md).",
  positionals: [{ name: "-- OPTIONS", about: "Options of deno task train", repeated: true }],
  options: OPTIONS,
  examples: [
    { line: "deno task slurm", about: "train on drawn letters, on two nodes" },
    {
      line: "deno task slurm --nodes 4 --time 4:00:00 -- --data images-idx3-ubyte.gz",
      about: "train on your images; after four hours, the run continues in another job",
    },
    { line: "deno task slurm --array 1-8 -- --seed %a", about: "eight runs" },
    { line: "deno task slurm --join 1234 --nodes 2", about: "start two more workers for job 1234" },
  ],
};

/** What the job says itself, and who says it in the place of an option of train. */
const DECIDED: Readonly<Record<string, string>> = {
  host: "workers find the coordinator by themselves",
  port: "the port follows from the number of the job",
  token_file: "the job makes a token of its own",
  auto_resume: "a job that starts again resumes its run",
  workers: "give --nodes and --ntasks-per-node before --",
  gpu: "give --gpus-per-task before --",
  cpu: "without --gpus-per-task workers compute on processors",
};

/** Options for each part of a heterogeneous job, and those for its workers. */
const EVERYWHERE = ["time", "partition", "account", "qos", "job_name", "array"] as const;
const FOR_WORKERS = ["nodes", "ntasks_per_node", "cpus_per_task", "gpus_per_task", "mem"] as const;

/** Refuses options that the coordinator would refuse once the job runs. Throws {@linkcode UserError}. */
function checkTrainOptions(words: readonly string[], where: string): void {
  const options = { ...TRAIN_OPTIONS, ...COORDINATOR_OPTIONS };
  const name = `deno task slurm ${where}`;
  const { given } = parseOptions({ name, about: "", options }, words.map((word) => word.replace("%a", "1")));
  for (const [option, instead] of Object.entries(DECIDED)) {
    if (!(option in given)) continue;
    throw new UserError(
      `Cannot use --${option.replaceAll("_", "-")} ${where}: the job decides that; ${instead}`,
    );
  }
}

function directives(values: Given, names: readonly (keyof Given)[]): Directive[] {
  return names.flatMap((name) => {
    const value = values[name] as string | undefined;
    if (value === undefined) return [];
    const flag = name.replaceAll("_", "-");
    if (/^[\x21-\x7e]+$/.test(value)) return [{ name: flag, value }];
    throw new UserError(`Option --${flag} must be one word: found ${JSON.stringify(value)}`);
  });
}

/** The lines of a sweep that count, checked. Throws {@linkcode UserError}. */
async function sweepLines(file: string): Promise<string[]> {
  const { text, is_pipe } = await readNamed(file).catch((error: Error) => {
    throw new UserError(
      `Cannot read sweep ${file}: a readable file is required, found ${error.message}; check --sweep`,
    );
  });
  if (is_pipe) {
    throw new UserError(
      `Cannot use sweep ${file}: a file that each job can read is required, found a pipe; write it to a file`,
    );
  }
  const lines = text.split("\n").filter((line) => !/^\s*(#|$)/.test(line));
  if (lines.length === 0) {
    throw new UserError(`Cannot use sweep ${file}: a line for each run is required, found none`);
  }
  for (const [i, line] of lines.entries()) {
    const words = wordsIn(line);
    if (words === null) throw new UserError(`Cannot read line ${i + 1} of ${file}: a quote is not closed`);
    checkTrainOptions(words, `in line ${i + 1} of ${file}`);
  }
  return lines;
}

/** The script for these options. Throws {@linkcode UserError}. */
async function scriptFor(values: Given, train: readonly string[]): Promise<string> {
  const { join: job, sweep, array, hetjob, sbatch } = values;
  if (job !== undefined && (train.length > 0 || hetjob || sweep !== undefined || array !== undefined)) {
    throw new UserError("Option --join starts workers, which take no options of a run: leave the others out");
  }
  if (sweep !== undefined && array !== undefined) {
    throw new UserError("Options --sweep and --array exclude each other: leave one out");
  }
  checkTrainOptions(train, "behind --");
  for (const words of sbatch) {
    if (/^-[\x20-\x7e]+$/.test(words)) continue;
    throw new UserError(`Option --sbatch must be an option of sbatch: found ${JSON.stringify(words)}`);
  }
  const lines = sweep === undefined ? [] : await sweepLines(sweep);
  const file = job !== undefined ? "workers" : hetjob ? "wagon-hetjob" : "wagon";
  return jobScript({
    template: await Deno.readTextFile(join(ROOT, SCRIPTS, `${file}.sbatch`)),
    folder: ROOT.replace(/(?<=.)\/$/, ""),
    everywhere: directives(
      { ...values, ...sweep !== undefined && { array: `1-${lines.length}` } },
      EVERYWHERE,
    ),
    workers: directives(values, FOR_WORKERS),
    verbatim: sbatch,
    args: job !== undefined
      ? [job]
      : [...train, ...sweep === undefined ? [] : [`@${await Deno.realPath(sweep)}`]],
  });
}

/** Runs a program; what it printed. Throws {@linkcode UserError} where it fails or is not there. */
async function runProgram(program: string, args: readonly string[], missing: string): Promise<string> {
  const options: Deno.CommandOptions = { args: [...args], cwd: ROOT, stdin: "null" };
  const { success, stdout, stderr } = await new Deno.Command(program, options).output().catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UserError(`Cannot find ${program}: ${missing}`);
  });
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (!success) {
    const said = text(stderr).replaceAll(/\s*\n\s*/g, "; ");
    throw new UserError(`Cannot submit: ${program} says ${cleanLine(said)}`);
  }
  return text(stdout);
}

/** Nodes may have no network beyond the cluster: Deno downloads here what programs need. */
async function downloadPackages(): Promise<void> {
  for (const task of ["worker", "coordinator"]) {
    await runProgram(Deno.execPath(), ["task", "--quiet", task, "--help"], "Deno is required");
  }
}

async function submit(script: string): Promise<string> {
  await downloadPackages();
  await Deno.mkdir(join(ROOT, JOBS), { recursive: true });
  const written = join(ROOT, JOBS, `${crypto.randomUUID()}.sbatch`);
  await writeFile(written, script);
  try {
    const missing = "run this on a login node of the cluster, or see the script with --dry-run";
    // A cluster's name may follow.
    const [job] = (await runProgram("sbatch", ["--parsable", written], missing)).split(";");
    await Deno.rename(written, join(ROOT, JOBS, `${job}.sbatch`));
    return job!;
  } catch (error) {
    await Deno.remove(written);
    throw error;
  }
}

/** The script for a command line. Throws {@linkcode UserError}. */
export function slurmScript(args: readonly string[]): Promise<string> {
  const { values, positionals } = parseOptions(COMMAND, args);
  return scriptFor(values, positionals);
}

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseOptions(COMMAND, args);
  const script = await slurmScript(args);
  if (values.dry_run) return console.log(script.trimEnd());
  const job = await submit(script);
  const many = values.array !== undefined || values.sweep !== undefined;
  const of_each = many ? `${job}_NUMBER` : job;
  const lines = [
    `Submitted job ${job}, as ${JOBS}/${job}.sbatch says; its output goes to slurm-${of_each}.out`,
    ...values.join === undefined
      ? [
        `To watch: tail -F slurm-${of_each}.out, and once it runs: deno task inspect slurm-${of_each} --follow`,
      ]
      : [],
    `To stop, with the run saved: scancel ${job}`,
  ];
  console.log(lines.join("\n"));
}

if (import.meta.main) await runMain(main);
