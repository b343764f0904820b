/** What can happen to a job, each done to a real one: `deno task slurm-proof` runs them one after another. */
import { setTimeout as delay } from "node:timers/promises";
import { join } from "node:path";
import { compareSteps } from "../compare_steps.ts";
import { summarize } from "../../inspect/run_folders.ts";
import { LOG_NAME } from "../../runlog/records.ts";
import { readRun } from "../../runlog/log/reader.ts";
import type { SlurmCluster } from "./cluster.ts";

const LOOK_MS = 100;
/** Longer than anything takes here. */
const DEADLINE_MS = 600_000;
const ENDED = ["COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL"];

/** A cluster, a clone of wagon, and a run of each length that was trained there without Slurm. */
export interface Site {
  readonly cluster: SlurmCluster;
  readonly clone: string;
  /** Options of all runs, but for their length. */
  readonly run_args: readonly string[];
  readonly steps: { readonly short: number; readonly long: number };
  readonly local: { readonly short: string; readonly long: string };
}

export interface Outcome {
  /** Times that Slurm started the job again. */
  readonly restarts: number;
  /** Steps made again after a resume. */
  readonly made_again: number;
  /** From the start of a job that Slurm started again to its first step, the longest, in seconds. */
  readonly start_s: number | null;
  /** True if every step has the same weights as the local run's. */
  readonly same: boolean;
}

export interface Scenario {
  readonly name: string;
  /** What is done, in words. */
  readonly about: string;
  readonly run: (site: Site) => Promise<Outcome>;
  /** The run must last. */
  readonly is_long?: boolean;
}

async function until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  const deadline_ms = performance.now() + DEADLINE_MS;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > deadline_ms) throw new Error(`Waited ${DEADLINE_MS} ms in vain for: ${what}`);
    await delay(LOOK_MS);
  }
}

/** A job of the site and its run. */
class Job {
  readonly #starts_s: number[] = [];

  constructor(readonly site: Site, readonly number: string, readonly folder: string) {}

  static async submit(
    site: Site,
    { sbatch = [], script = "wagon", args = [], long = false, folder }: {
      readonly sbatch?: readonly string[];
      readonly script?: string;
      readonly args?: readonly string[];
      readonly long?: boolean;
      readonly folder?: string;
    } = {},
  ): Promise<Job> {
    const { cluster, clone, run_args, steps } = site;
    const run = args.includes("--resume")
      ? args
      : [...run_args, "--steps", `${long ? steps.long : steps.short}`, ...args];
    const number = await cluster.must("sbatch", [
      "--parsable",
      // Options of the command line would be those of the first part of a heterogeneous job.
      ...script === "wagon" ? ["--nodes=2", "--cpus-per-task=1"] : [],
      ...sbatch,
      ...[`deploy/slurm/${script}.sbatch`, ...run],
    ], clone);
    return new Job(site, number, folder ?? join(clone, "runs", `slurm-${number}`));
  }

  /** The last step in the log; 0 before there is one. */
  async step(): Promise<number> {
    if (!await Deno.stat(join(this.folder, LOG_NAME)).catch(() => null)) return 0;
    let step = 0;
    for await (const record of readRun(this.folder)) if (record.type === "step") step = record.step;
    return step;
  }

  /** Waits until `look` finds something while the job is there. */
  async until<T>(
    what: string,
    look: (job: Readonly<Record<string, string>>) => Promise<T | null>,
  ): Promise<T> {
    return await until(`job ${this.number} ${what}`, async () => {
      const job = await this.site.cluster.job(this.number) ?? {};
      const found = await look(job);
      if (found === null && ENDED.includes(job["JobState"] ?? "")) {
        throw new Error(
          `Job ${this.number} must be ${what}, found ${job["JobState"]}:\n${await this.#output()}`,
        );
      }
      return found;
    });
  }

  /** Waits for so many steps more than there are. */
  async trains(more = 20): Promise<number> {
    const before = await this.step();
    return await this.until("training", async () => {
      const step = await this.step();
      return step >= before + more ? step : null;
    });
  }

  /** Waits until Slurm has put it back so many times. */
  async putBack(times: number): Promise<void> {
    await this.until("put back", (job) => Promise.resolve(Number(job["Restarts"]) >= times ? true : null));
  }

  /** Waits until Slurm has started it so many times again, and for its first step after that. */
  async restarted(times: number): Promise<void> {
    const begin_ms = await this.until("started again", (job) => {
      const runs = Number(job["Restarts"]) >= times && job["JobState"] === "RUNNING";
      return Promise.resolve(runs ? performance.now() : null);
    });
    const before = await this.step();
    await this.until("resumed", async () => await this.step() > before ? true : null);
    this.#starts_s.push((performance.now() - begin_ms) / 1000);
  }

  /** Waits for its end, which must be a good one unless told otherwise. */
  async ended(state = "COMPLETED"): Promise<Readonly<Record<string, string>>> {
    const found = await this.site.cluster.jobIn(this.number, ENDED, DEADLINE_MS);
    if (found["JobState"] === state) return found;
    throw new Error(
      `Job ${this.number} must be ${state}, found ${found["JobState"]}:\n${await this.#output()}`,
    );
  }

  #output(): Promise<string> {
    return Deno.readTextFile(join(this.site.clone, `slurm-${this.number}.out`)).catch(() => "");
  }

  async outcome(length: "short" | "long" = "short"): Promise<Outcome> {
    const { local, steps } = this.site;
    const job = await this.site.cluster.job(this.number);
    const compared = await compareSteps(local[length], this.folder);
    const [expected, found] = await Promise.all(
      [local[length], this.folder].map((run) => summarize(run, Date.now())),
    );
    return {
      restarts: Number(job?.["Restarts"] ?? 0),
      made_again: compared.made_again,
      start_s: this.#starts_s.length === 0 ? null : Math.max(...this.#starts_s),
      same: found!.state === "finished" && found!.weights_sha256 === expected!.weights_sha256 &&
        compared.steps === steps[length] && compared.differing.length === 0,
    };
  }
}

/** Ends as a run must that was left alone. */
async function toItsEnd(job: Job, length: "short" | "long" = "short"): Promise<Outcome> {
  await job.ended();
  return await job.outcome(length);
}

async function downAndUp(site: Site, node: string, job: Job, act: () => Promise<void>): Promise<void> {
  await job.trains();
  await site.cluster.must("scontrol", ["update", `nodename=${node}`, "state=down", "reason=proof"]);
  try {
    await act();
  } finally {
    await site.cluster.must("scontrol", ["update", `nodename=${node}`, "state=resume"]);
  }
}

export const SCENARIOS: readonly Scenario[] = [
  { name: "plain", about: "a job of two nodes", run: async (site) => toItsEnd(await Job.submit(site)) },
  {
    name: "hetjob",
    about: "a heterogeneous job: the coordinator on a node of its own",
    run: async (site) => toItsEnd(await Job.submit(site, { script: "wagon-hetjob" })),
  },
  {
    name: "requeue",
    about: "`scontrol requeue` in mid-run",
    run: async (site) => {
      const job = await Job.submit(site);
      await job.trains();
      await site.cluster.must("scontrol", ["requeue", job.number]);
      await job.restarted(1);
      return await toItsEnd(job);
    },
  },
  {
    name: "signal",
    about: "`scancel --signal=USR1`",
    run: async (site) => {
      const job = await Job.submit(site);
      await job.trains();
      await site.cluster.must("scancel", ["--signal=USR1", job.number]);
      await job.restarted(1);
      return await toItsEnd(job);
    },
  },
  {
    name: "cancel",
    about: "`scancel`, then a job that resumes the run",
    run: async (site) => {
      const first = await Job.submit(site);
      await first.trains();
      await site.cluster.must("scancel", [first.number]);
      await first.ended("CANCELLED");
      const args = ["--resume", first.folder];
      return await toItsEnd(await Job.submit(site, { args, folder: first.folder }));
    },
  },
  {
    name: "node down",
    about: "the second node set down",
    run: async (site) => {
      const job = await Job.submit(site, { sbatch: ["--exclude=n3"] });
      await downAndUp(site, "n2", job, () => job.putBack(1));
      await job.restarted(1);
      return await toItsEnd(job);
    },
  },
  {
    name: "first node down",
    about: "the coordinator's node set down",
    run: async (site) => {
      const job = await Job.submit(site, { sbatch: ["--exclude=n3"] });
      await downAndUp(site, "n1", job, () => job.putBack(1));
      await job.restarted(1);
      return await toItsEnd(job);
    },
  },
  {
    name: "no-kill",
    about: "the second node of a job with `--no-kill` set down",
    run: async (site) => {
      const job = await Job.submit(site, { sbatch: ["--exclude=n3", "--no-kill"] });
      await downAndUp(site, "n2", job, async () => void await job.trains(100));
      return await toItsEnd(job);
    },
  },
  {
    name: "preemption",
    about: "a job of a partition of higher priority takes all nodes for a while",
    run: async (site) => {
      const job = await Job.submit(site);
      await job.trains();
      const args = ["--parsable", "--partition=high", "--nodes=3", "--exclusive", "--wrap=sleep 5"];
      const other = await site.cluster.must("sbatch", args, site.clone);
      await site.cluster.jobIn(other, ["COMPLETED"], DEADLINE_MS);
      await job.restarted(1);
      return await toItsEnd(job);
    },
  },
  {
    name: "more workers",
    is_long: true,
    about: "a second job's workers join; then the first is put back into the queue",
    run: async (site) => {
      const job = await Job.submit(site, { sbatch: ["--nodes=1"], long: true });
      await job.trains();
      const more = await site.cluster.must(
        "sbatch",
        ["--parsable", "--ntasks=1", "--cpus-per-task=1", "deploy/slurm/workers.sbatch", job.number],
        site.clone,
      );
      // The second may have to wait as a spare one, where it makes steps no shorter.
      const joined = (times: number) =>
        job.until("joined by both", async () => {
          let found = 0;
          for await (const { type } of readRun(job.folder)) if (type === "worker_joined") found++;
          return found >= times ? true : null;
        });
      await joined(2);
      await site.cluster.must("scontrol", ["requeue", job.number]);
      await job.restarted(1);
      await joined(4);
      const outcome = await toItsEnd(job, "long");
      await site.cluster.jobIn(more, ["COMPLETED"], DEADLINE_MS);
      return outcome;
    },
  },
  {
    name: "time limit",
    is_long: true,
    about: "a limit of one minute, until the run is complete",
    run: async (site) => {
      // Slurm sends it up to half a minute early.
      const job = await Job.submit(site, { sbatch: ["--time=1", "--signal=USR1@5"], long: true });
      await job.restarted(1);
      return await toItsEnd(job, "long");
    },
  },
];
