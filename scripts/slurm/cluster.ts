/**
 * A real Slurm cluster on this machine: munged, slurmctld and several slurmd from the distribution's packages, on
 * loopback, with all their files in one folder.
 */
import { setTimeout as delay } from "node:timers/promises";
import { freePorts } from "../proofs/free_ports.ts";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";

const PROGRAMS = [
  "munged",
  "slurmctld",
  "slurmd",
  "sbatch",
  "srun",
  "scontrol",
  "squeue",
  "scancel",
  "sinfo",
];
/** Where Debian keeps servers, which need not be in the path. */
const SERVERS = ["/usr/sbin", "/usr/local/sbin"];
const READY_MS = 30_000;
const LOOK_MS = 250;

export interface ClusterOptions {
  /** For all files of the cluster; must be there. */
  readonly folder: string;
  readonly nodes: number;
  /** Processors of each node; the machine need not have as many. */
  readonly cpus: number;
  /** Seconds for which Slurm holds a job back that it has put into its queue again: this and two more. At least 5. */
  readonly cred_expire_s: number;
  /** Seconds between SIGTERM and SIGKILL of a job that is to end. */
  readonly kill_wait_s: number;
}

function folders(): string[] {
  return [...(Deno.env.get("PATH") ?? "").split(":"), ...SERVERS];
}

/** The programs of Slurm that are not installed. */
export function missingPrograms(): string[] {
  return PROGRAMS.filter((name) =>
    !folders().some((folder) => {
      try {
        return Deno.statSync(join(folder, name)).isFile;
      } catch {
        return false;
      }
    })
  );
}

function slurmConf({ folder, nodes, cpus, cred_expire_s, kill_wait_s }: ClusterOptions): string {
  const [controller, ...ports] = freePorts(nodes + 1);
  const user = userInfo().username;
  const at = (name: string) => join(folder, name);
  return `ClusterName=wagon
SlurmctldHost=${hostname()}(127.0.0.1)
SlurmctldPort=${controller}
SlurmUser=${user}
SlurmdUser=${user}
AuthType=auth/munge
AuthInfo=socket=${at("munge.socket")},cred_expire=${cred_expire_s}
CredType=cred/munge
StateSaveLocation=${at("state")}
SlurmdSpoolDir=${at("%n")}
SlurmctldPidFile=${at("slurmctld.pid")}
SlurmdPidFile=${at("%n.pid")}
SlurmctldLogFile=${at("slurmctld.log")}
SlurmdLogFile=${at("%n.log")}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0,bf_interval=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=1
ReturnToService=1
KillWait=${kill_wait_s}
SlurmdTimeout=30
InactiveLimit=0
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
${
    ports.map((port, i) =>
      `NodeName=n${i + 1} NodeHostname=${hostname()} NodeAddr=127.0.0.1 Port=${port} CPUs=${cpus}`
    )
      .join("\n")
  }
PartitionName=low Nodes=ALL Default=YES MaxTime=INFINITE State=UP PriorityTier=1
PartitionName=high Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=10
`;
}

/** What a program printed and how it ended. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class SlurmCluster implements AsyncDisposable {
  readonly #folder: string;
  readonly #env: Record<string, string>;
  readonly #daemons: Deno.ChildProcess[] = [];
  /** Time in which a job that is cancelled has ended. */
  readonly #cancel_ms: number;

  private constructor({ folder, kill_wait_s }: ClusterOptions, env: Record<string, string>) {
    this.#folder = folder;
    this.#cancel_ms = (kill_wait_s + 10) * 1_000;
    this.#env = { PATH: folders().join(":"), SLURM_CONF: join(folder, "slurm.conf"), ...env };
  }

  /** Starts a cluster; `env` are variables of its daemons and of what they run. Throws where it is not up in time. */
  static async start(options: ClusterOptions, env: Record<string, string> = {}): Promise<SlurmCluster> {
    const { folder, nodes } = options;
    await Deno.writeTextFile(join(folder, "slurm.conf"), slurmConf(options));
    for (const name of ["state", ...Array.from({ length: nodes }, (_, i) => `n${i + 1}`)]) {
      await Deno.mkdir(join(folder, name));
    }
    const key = crypto.getRandomValues(new Uint8Array(128));
    await Deno.writeFile(join(folder, "munge.key"), key, { mode: 0o600 });
    const cluster = new SlurmCluster(options, env);
    try {
      await cluster.#startDaemons(nodes);
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #startDaemons(nodes: number): Promise<void> {
    const file = (name: string) => join(this.#folder, name);
    const munge = ["key", "log", "pid", "seed"].map((kind) => `--${kind}-file=${file(`munge.${kind}`)}`);
    // --force: the folder may be nobody else's to read, and the socket in it as well.
    this.#daemon("munged", [
      "--foreground",
      "--force",
      "--num-threads=1",
      `--socket=${file("munge.socket")}`,
      ...munge,
    ]);
    await this.#until("munged", () => Deno.stat(file("munge.socket")).then(() => true, () => false));
    this.#daemon("slurmctld", ["-D", "-i"]);
    for (let i = 1; i <= nodes; i++) this.#daemon("slurmd", ["-D", "-N", `n${i}`]);
    await this.#until("nodes", async () => {
      const { code, stdout } = await this.run("sinfo", ["--noheader", "--partition=low", "--format=%D %T"]);
      return code === 0 && stdout.trim() === `${nodes} idle`;
    });
  }

  #daemon(program: string, args: readonly string[]): void {
    const quiet = { stdin: "null", stdout: "null", stderr: "null" } as const;
    const options = { args: [...args], env: this.#env, ...quiet };
    this.#daemons.push(new Deno.Command(this.#pathOf(program), options).spawn());
  }

  /** Deno finds programs by its own PATH. */
  #pathOf(program: string): string {
    const path = folders().map((folder) => join(folder, program)).find((path) => {
      try {
        return Deno.statSync(path).isFile;
      } catch {
        return false;
      }
    });
    if (path === undefined) throw new Error(`${program} must be installed: found none`);
    return path;
  }

  async #until(what: string, there: () => Promise<boolean>): Promise<void> {
    const deadline_ms = performance.now() + READY_MS;
    while (!await there()) {
      if (performance.now() > deadline_ms) {
        throw new Error(`Slurm's ${what} must be there within ${READY_MS} ms:\n${await this.logs()}`);
      }
      await delay(LOOK_MS);
    }
  }

  /** The last lines of the daemons' logs. */
  async logs(lines = 15): Promise<string> {
    const names = [...Deno.readDirSync(this.#folder)].map(({ name }) => name).filter((name) =>
      name.endsWith(".log")
    );
    const texts = await Promise.all(names.map(async (name) => {
      const text = await Deno.readTextFile(join(this.#folder, name));
      return `== ${name}\n${text.trimEnd().split("\n").slice(-lines).join("\n")}`;
    }));
    return texts.join("\n");
  }

  /** Variables by which Slurm's programs find this cluster. */
  get env(): Readonly<Record<string, string>> {
    return this.#env;
  }

  /** Runs a program of Slurm, in a folder. */
  async run(program: string, args: readonly string[], cwd = this.#folder): Promise<Said> {
    const options: Deno.CommandOptions = { args: [...args], env: this.#env, cwd, stdin: "null" };
    const { code, stdout, stderr } = await new Deno.Command(this.#pathOf(program), options).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  }

  /** Runs a program of Slurm, which must succeed; what it printed. */
  async must(program: string, args: readonly string[], cwd?: string): Promise<string> {
    const { code, stdout, stderr } = await this.run(program, args, cwd);
    if (code !== 0) throw new Error(`${program} ${args.join(" ")} must succeed: found ${code}, ${stderr}`);
    return stdout.trim();
  }

  /** Fields of a job, as scontrol shows them; null where Slurm knows it no more. */
  async job(job: string): Promise<Readonly<Record<string, string>> | null> {
    const { code, stdout } = await this.run("scontrol", ["show", "job", job, "--oneliner"]);
    if (code !== 0) return null;
    return Object.fromEntries(
      stdout.trim().split("\n")[0]!.split(" ").map((field) => field.split(/=(.*)/s, 2) as [string, string]),
    );
  }

  /** Waits until a job is in one of these states; its fields. */
  async jobIn(
    job: string,
    states: readonly string[],
    within_ms: number,
  ): Promise<Readonly<Record<string, string>>> {
    const deadline_ms = performance.now() + within_ms;
    for (;;) {
      const found = await this.job(job);
      if (found !== null && states.includes(found["JobState"]!)) return found;
      if (performance.now() > deadline_ms) {
        throw new Error(
          `Job ${job} must be ${states.join(" or ")} within ${within_ms} ms, found ${
            JSON.stringify(found)
          }\n${await this.logs()}`,
        );
      }
      await delay(LOOK_MS);
    }
  }

  /** Ends all jobs and daemons. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.run("scancel", ["--user", userInfo().username]).catch(() => null);
    // Whoever is left behind goes on.
    const deadline_ms = performance.now() + this.#cancel_ms;
    while (performance.now() < deadline_ms) {
      const { code, stdout } = await this.run("squeue", ["--noheader"]).catch(() => ({
        code: 1,
        stdout: "",
      }));
      if (code !== 0 || stdout.trim() === "") break;
      await delay(LOOK_MS);
    }
    // The last started first: a slurmd ends its jobs' processes.
    for (const daemon of this.#daemons.toReversed()) {
      try {
        daemon.kill("SIGTERM");
      } catch {
        // It has ended by itself.
      }
      const timer = setTimeout(() => daemon.kill("SIGKILL"), 5_000);
      await daemon.status;
      clearTimeout(timer);
    }
  }
}
