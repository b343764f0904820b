/**
 * `deno task slurm-proof`: jobs of deploy/slurm on a real Slurm of this machine, with everything that happens to jobs, each
 * beside a local run, step by step.
 */
import { join } from "node:path";
import { parseOptions, runMain } from "../../common/cli/cli.ts";
import type { Command } from "../../common/cli/options.ts";
import { UserError } from "../../common/errors.ts";
import { taskCommand } from "../../tasks/task_command.ts";
import { cloneInto } from "./clone.ts";
import { missingPrograms, SlurmCluster } from "./cluster.ts";
import { type Outcome, type Scenario, SCENARIOS, type Site } from "./scenarios.ts";

const OPTIONS = {
  only: {
    kind: "string",
    value: "NAME",
    repeated: true,
    about: `Only these: ${SCENARIOS.map(({ name }) => name).join(", ")}`,
  },
  steps: { kind: "number", integer: true, min: 100, default: 4_000, about: "Length of most runs" },
  long_steps: {
    kind: "number",
    integer: true,
    min: 100,
    default: 60_000,
    about: "Length of the run that meets time limits",
  },
  cred_expire: {
    kind: "number",
    integer: true,
    min: 5,
    default: 5,
    unit: "seconds",
    about: "Time that Slurm waits before it starts a job again, minus two seconds",
  },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task slurm-proof",
  about:
    "Runs jobs on a Slurm cluster that it starts on this machine, preempts, requeues and stops them, and compares " +
    "every step with a run without Slurm. Needs Debian's munge, slurmctld and slurmd.",
  options: OPTIONS,
  examples: [{ line: "deno task slurm-proof", about: "about eight minutes on two cores" }],
};

/** Small networks: what is measured is everything around the training. */
const RUN = ["--preset", "strokes", "--dataset", "strokes", "--sample-every", "0", "--shards", "4"];

async function trainLocally(folder: string, out: string, steps: number): Promise<string> {
  const args = [...taskCommand("train"), ...RUN, "--steps", `${steps}`, "--out", out];
  const options = { args, cwd: folder, stdin: "null", stdout: "null", stderr: "piped" } as const;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), options).output();
  if (!success) throw new Error(`The local run must train: found ${new TextDecoder().decode(stderr)}`);
  return join(folder, out);
}

function rowOf({ name, about }: Scenario, { restarts, made_again, start_s, same }: Outcome): string {
  const start = start_s === null ? "" : `${start_s.toFixed(1)} s`;
  return `| ${name} | ${about} | ${restarts} | ${made_again} | ${start} | ${same ? "yes" : "**no**"} |`;
}

async function main(args: readonly string[]): Promise<number> {
  const { only, steps, long_steps, cred_expire } = parseOptions(COMMAND, args).values;
  const missing = missingPrograms();
  if (missing.length > 0) {
    throw new UserError(
      `Cannot start Slurm: ${missing.join(", ")} must be installed (Debian: munge slurmctld slurmd)`,
    );
  }
  const chosen = SCENARIOS.filter(({ name }) => only.length === 0 || only.includes(name));
  const folder = await Deno.makeTempDir({ prefix: "wagon-slurm-" });
  try {
    const clone = join(folder, "clone"), slurm = join(folder, "slurm");
    await cloneInto(clone);
    await Deno.mkdir(slurm);
    const short = await trainLocally(folder, "short", steps);
    const is_long = chosen.some((scenario) => scenario.is_long);
    const long = is_long ? await trainLocally(folder, "long", long_steps) : short;
    const options = { folder: slurm, nodes: 3, cpus: 2, cred_expire_s: cred_expire, kill_wait_s: 30 };
    const env = { HOME: folder, WAGON_STATE_DIR: join(folder, "state") };
    await using cluster = await SlurmCluster.start(options, env);
    const site: Site = {
      cluster,
      clone,
      run_args: RUN,
      steps: { short: steps, long: long_steps },
      local: { short, long },
    };
    console.log(await cluster.must("sinfo", ["--version"]));
    console.log("| job | what happens | restarts | steps made again | start to first step | same weights |");
    console.log("| --- | --- | --- | --- | --- | --- |");
    let code = 0;
    for (const scenario of chosen) {
      const outcome = await scenario.run(site);
      console.log(rowOf(scenario, outcome));
      if (!outcome.same) code = 1;
    }
    return code;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) await runMain(main);
