/** job.sh and worker.sh of deploy/slurm, with programs in the place of Slurm and Deno that say how they were called. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { lacks } from "../e2e/installed.ts";
import { inTempDir } from "../temp_dir.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const ignore = Deno.build.os !== "linux" || lacks("bash", "taskset");

/** Programs by name; each notes its call, and then does this. */
const PROGRAMS: Readonly<Record<string, string>> = {
  scontrol: `case "$1 $2" in
    "show hostnames") echo n1; echo n2 ;;
    "show node") echo "NodeName=n1 Arch=x86_64 NodeAddr=10.0.0.1 NodeHostName=n1" ;;
  esac`,
  // Only the coordinator's step runs something.
  srun: `while [ "$1" != deno ] && [ "$1" != bash ]; do shift; done; [ "$1" = bash ] || exec "$@"`,
  deno: `case "$*" in
    *" inspect "*) printf '{\\n  "state": "%s",\\n  "steps": %s\\n}\\n' "$STATE" "$STEPS" ;;
    *" keys "*) [ -z "\${NO_KEYS:-}" ] || { echo "Cannot write wagon.key: no room"; exit 2; } ;;
    *" worker "*) [ -z "\${RENEWED:-}" ] || { echo new > place/wagon.crt; touch place/ended; }; exit "\${CODE:-0}" ;;
    *) exit "\${CODE:-0}" ;;
  esac`,
};

interface Called {
  readonly code: number;
  readonly output: string;
  /** How programs were called, each as one line. */
  readonly calls: readonly string[];
  readonly deno: (task: string) => string;
}

class Bench {
  constructor(readonly folder: string) {}

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  static in(test: (bench: Bench) => Promise<void>): () => Promise<void> {
    return () =>
      inTempDir(async (folder) => {
        const bench = new Bench(folder);
        for (const name of ["bin", "deploy/slurm", "home"]) {
          await Deno.mkdir(bench.path(name), { recursive: true });
        }
        for (const path of ["finish.sh", "slurm/job.sh", "slurm/worker.sh"]) {
          await Deno.copyFile(`${ROOT}deploy/${path}`, bench.path("deploy", path));
        }
        for (const [name, action] of Object.entries(PROGRAMS)) {
          const text = `#!/usr/bin/env bash\necho "${name} $*" >> "$CALLS"\n${action}\n`;
          await Deno.writeTextFile(bench.path("bin", name), text, { mode: 0o755 });
        }
        await test(bench);
      });
  }

  async bash(words: readonly string[], env: Record<string, string>): Promise<Called> {
    const calls = this.path("calls");
    await Deno.writeTextFile(calls, "");
    const { code, stdout, stderr } = await new Deno.Command(words[0]!, {
      args: words.slice(1),
      cwd: this.folder,
      clearEnv: true,
      env: {
        PATH: `${this.path("bin")}:${Deno.env.get("PATH")}`,
        HOME: this.path("home"),
        CALLS: calls,
        ...env,
      },
      stdin: "null",
    }).output();
    const lines = (await Deno.readTextFile(calls)).trimEnd().split("\n");
    const output = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
    const deno = (task: string) => lines.find((line) => line.startsWith(`deno task --quiet ${task} `)) ?? "";
    return { code, output, calls: lines, deno };
  }

  job(args: readonly string[], env: Record<string, string> = {}): Promise<Called> {
    const slurm = { SLURM_JOB_ID: "20007", SLURM_JOB_NODELIST: "n[1-2]", STATE: "finished", STEPS: "9" };
    return this.bash(["bash", "deploy/slurm/job.sh", ...args], { ...slurm, ...env });
  }
}

Deno.test({
  name: "a job: address, port, token and folder follow from its number; complete, it leaves no token behind",
  ignore,
  fn: Bench.in(async (bench) => {
    const { code, output, deno, calls } = await bench.job(["--note", "two words"], {
      SLURM_CPUS_PER_TASK: "4",
      STATE: "running",
    });
    assert.deepEqual([code, output], [0, "Saved at step 9: back into the queue\n"]);
    const place = bench.path("runs/slurm/20007");
    assert.match(await Deno.readTextFile(join(place, "token")), /^[0-9a-f]{40}$/);
    assert.deepEqual([
      (await Deno.stat(place)).mode! & 0o777,
      (await Deno.stat(join(place, "token"))).mode! & 0o777,
    ], [
      0o700,
      0o600,
    ]);
    assert.equal(
      deno("coordinator"),
      "deno task --quiet coordinator --exact --give-up-after 600 --note two words --out runs/slurm-20007 " +
        "--host 0.0.0.0 --port 10007 --token-file runs/slurm/20007/token " +
        "--tls-cert runs/slurm/20007/wagon.crt --tls-key runs/slurm/20007/wagon.key",
    );
    assert.equal(deno("keys"), "deno task --quiet keys --force --tls 10.0.0.1,n1 --out runs/slurm/20007");
    const workers = calls.find((line) => line.startsWith("srun") && line.includes("worker.sh"));
    assert.match(workers!, / --cpus-per-task=4 .* bash deploy\/slurm\/worker\.sh runs\/slurm\/20007$/);
    assert.equal(calls.at(-1), "scontrol requeue 20007");

    const again = await bench.job([], { SLURM_RESTART_COUNT: "1" });
    assert.match(again.deno("coordinator"), / --out runs\/slurm-20007 --auto-resume --host /);
    assert.deepEqual([...Deno.readDirSync(place)].map(({ name }) => name).sort(), ["ended", "idle", "step"]);
  }),
});

Deno.test({
  name: "a job that comes no further is not put back into the queue; one whose coordinator fails, neither",
  ignore,
  fn: Bench.in(async (bench) => {
    const interrupted = { STATE: "interrupted", STEPS: "9" };
    assert.equal((await bench.job([], interrupted)).code, 0);
    for (let idle = 1; idle < 3; idle++) {
      const { code, calls } = await bench.job([], { ...interrupted, SLURM_RESTART_COUNT: `${idle}` });
      assert.deepEqual([code, calls.at(-1)], [0, "scontrol requeue 20007"]);
    }
    const stuck = await bench.job([], { ...interrupted, SLURM_RESTART_COUNT: "3" });
    assert.deepEqual([stuck.code, stuck.output, stuck.calls.includes("scontrol requeue 20007")], [
      1,
      "Stopped at step 9, with no step in three starts: not put back into the queue; give the job more time\n",
      false,
    ]);
    const moved = await bench.job([], { ...interrupted, STEPS: "10", SLURM_RESTART_COUNT: "4" });
    assert.deepEqual([moved.code, moved.calls.at(-1)], [0, "scontrol requeue 20007"]);
    const failed = await bench.job([], { ...interrupted, CODE: "2" });
    assert.deepEqual([failed.code, failed.output], [2, "The coordinator ended with exit code 2\n"]);
    assert.ok(!failed.calls.includes("scontrol requeue 20007"));
  }),
});

Deno.test({
  name: "a job takes its options from its place in an array, and runs go on where they are named",
  ignore,
  fn: Bench.in(async (bench) => {
    await Deno.writeTextFile(bench.path("sweep.txt"), `# rates\n\n--lr 1\n--lr 2 --note "it's $HOME"\n`);
    const array = { SLURM_ARRAY_JOB_ID: "50", SLURM_ARRAY_TASK_ID: "2" };
    const swept = await bench.job(["--seed", "%a", "@sweep.txt"], array);
    assert.match(
      swept.deno("coordinator"),
      / --seed 2 --lr 2 --note it's \$HOME --out runs\/slurm-50_2 --host .* --token-file runs\/slurm\/50_2\/token --tls-cert runs\/slurm\/50_2\/wagon\.crt --tls-key \S+$/,
    );
    const none = await bench.job(["@sweep.txt"], { ...array, SLURM_ARRAY_TASK_ID: "3" });
    assert.deepEqual([none.code, none.output], [
      2,
      "Cannot find options in line 3 of sweep.txt: see --array\n",
    ]);
    const resumed = await bench.job(["--resume=runs/mine", "--steps", "5"], { SLURM_RESTART_COUNT: "2" });
    assert.match(resumed.deno("coordinator"), / --resume=runs\/mine --steps 5 --host /);
    assert.match(resumed.deno("inspect"), / runs\/mine --json$/);
    const keyless = await bench.job([], { NO_KEYS: "1" });
    assert.deepEqual([keyless.code, keyless.output], [2, "Cannot write wagon.key: no room\n"]);
    assert.equal(keyless.deno("coordinator"), "");
    const latest = await bench.job(["--resume", "latest"]);
    assert.deepEqual([latest.code, latest.calls.some((line) => line.startsWith("srun"))], [2, false]);
  }),
});

Deno.test({
  name: "a worker gets the GPUs and the cores of its task, and the coordinator's address",
  ignore: ignore || navigator.hardwareConcurrency < 2,
  fn: Bench.in(async (bench) => {
    await Deno.mkdir(bench.path("place"));
    await Deno.writeTextFile(bench.path("place/address"), "10.0.0.1 10007 n1\n");
    const worker = async (env: Record<string, string>, ...before: readonly string[]) => {
      const words = [...before, "bash", "deploy/slurm/worker.sh", "place"];
      const called = await bench.bash(words, { SLURMD_NODENAME: "n2", SLURM_PROCID: "3", ...env });
      assert.equal(called.code, 0, called.output);
      return called.deno("worker").replace("deno task --quiet worker --coordinator ", "");
    };
    const tail = "--tls-ca place/wagon.crt --token-file place/token";
    assert.equal(
      await worker({ SLURM_CPUS_PER_TASK: "4" }),
      `wss://10.0.0.1:10007 ${tail} --threads 4 --name n2-3`,
    );
    assert.equal(
      await worker({ SLURMD_NODENAME: "n1" }, "taskset", "-c", "0"),
      `wss://127.0.0.1:10007 ${tail} --cores 0 --name n1-3`,
    );
    const gpus = { SLURM_GPUS_PER_TASK: "2", CUDA_VISIBLE_DEVICES: "4,7" };
    assert.equal(
      await worker(gpus, "taskset", "-c", "1"),
      `wss://10.0.0.1:10007 ${tail} --gpu 0,1 --require-gpu --cores 1 --name n2-3`,
    );
    // One of the login shell's is no GPU of the job.
    assert.equal(
      await worker({ CUDA_VISIBLE_DEVICES: "0" }, "taskset", "-c", "1"),
      `wss://10.0.0.1:10007 ${tail} --cores 1 --name n2-3`,
    );
  }),
});

Deno.test({
  name: "a worker that trying again does not mend ends; one of another job ends with the run",
  ignore,
  fn: Bench.in(async (bench) => {
    await Deno.mkdir(bench.path("place"));
    const run = (env: Record<string, string>, ...args: readonly string[]) =>
      bench.bash(["bash", "deploy/slurm/worker.sh", "place", ...args], env);
    const none = await run({});
    assert.deepEqual([none.code, none.calls], [0, [""]], "the coordinator is gone");
    await Deno.writeTextFile(bench.path("place/address"), "10.0.0.1 10007 n1\n");
    assert.equal((await run({ CODE: "2" })).code, 2);
    // Another certificate than the worker knew when it began: it is worth another try, if the run has not ended.
    assert.equal((await run({ CODE: "2", RENEWED: "1" })).code, 0);
    await Deno.writeTextFile(bench.path("place/ended"), "");
    const ended = await run({}, "--until-ended");
    assert.deepEqual([ended.code, ended.calls], [0, [""]]);
  }),
});
