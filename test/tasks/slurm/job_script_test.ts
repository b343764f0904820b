import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type JobScript, jobScript } from "../../../tasks/slurm/job_script.ts";

const FOLDER = fileURLToPath(new URL("../../../deploy/slurm/", import.meta.url));
const PLAIN = { folder: "/home/me/wagon", everywhere: [], workers: [], verbatim: [], args: [] };

async function script(file: string, more: Partial<JobScript> = {}): Promise<string[]> {
  const template = await Deno.readTextFile(`${FOLDER}${file}.sbatch`);
  return jobScript({ ...PLAIN, template, ...more }).split("\n");
}

Deno.test("a job's script has the directives given in the place of its own, and the options of its run", async () => {
  const lines = await script("wagon", {
    everywhere: [{ name: "time", value: "4:00:00" }, { name: "partition", value: "gpu" }],
    workers: [{ name: "nodes", value: "4" }, { name: "gpus-per-task", value: "2" }],
    verbatim: ["--constraint=a100"],
    args: ["--data", "my images.gz", "--note", "it's $HOME", "--lr=1e-4"],
  });
  assert.equal(lines[0], "#!/usr/bin/env bash");
  assert.deepEqual(lines.filter((line) => line.startsWith("#SBATCH")), [
    "#SBATCH --job-name=wagon",
    "#SBATCH --nodes=4",
    "#SBATCH --ntasks-per-node=1",
    "#SBATCH --cpus-per-task=2",
    "#SBATCH --time=4:00:00",
    "#SBATCH --signal=USR1@60",
    "#SBATCH --requeue",
    "#SBATCH --open-mode=append",
    "#SBATCH --chdir=/home/me/wagon",
    "#SBATCH --partition=gpu",
    "#SBATCH --gpus-per-task=2",
    "#SBATCH --constraint=a100",
  ]);
  assert.deepEqual(lines.slice(-2), [
    `exec bash deploy/slurm/job.sh --data 'my images.gz' --note 'it'\\''s $HOME' --lr=1e-4`,
    "",
  ]);
});

Deno.test("in a heterogeneous job limits are for both parts, and nodes for the workers", async () => {
  const lines = await script("wagon-hetjob", {
    everywhere: [{ name: "time", value: "5" }],
    workers: [{ name: "nodes", value: "8" }],
  });
  const at = lines.indexOf("#SBATCH hetjob");
  const [first, second] = [lines.slice(0, at), lines.slice(at)];
  assert.ok(first.includes("#SBATCH --time=5") && second.includes("#SBATCH --time=5"));
  assert.ok(!first.join().includes("--nodes") && second.includes("#SBATCH --nodes=8"));
  assert.ok(first.includes("#SBATCH --chdir=/home/me/wagon"));
});

Deno.test("a script for more workers names the job", async () => {
  const lines = await script("workers", { args: ["1234"] });
  assert.ok(lines.includes("place=runs/slurm/1234"));
  assert.ok(!lines.join("\n").includes("${1"));
});
