/**
 * Jobs of deploy/slurm on a real Slurm of one machine and three nodes. Skipped, and counted so, where Slurm is not
 * installed; `deno task slurm-proof` has the tests that take minutes.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { compareSteps } from "../../scripts/compare_steps.ts";
import { cloneInto } from "../../scripts/slurm/clone.ts";
import { missingPrograms, SlurmCluster } from "../../scripts/slurm/cluster.ts";
import { exposures } from "../e2e/exposed.ts";
import { lastStep, logged } from "../e2e/log.ts";
import { SMALL, Workplace } from "../e2e/workplace.ts";

/** A few seconds, so that a job still trains when it is met on a busy machine. */
const STEPS = 2_000;
const RUN = ["--shards", "2", "--batch", "16", "--steps", `${STEPS}`];
const DEADLINE_MS = 120_000;

Deno.test({
  name: "Slurm: jobs that are left alone, put back into the queue and signalled end in a local run's weights",
  ignore: missingPrograms().length > 0,
  fn: async () => {
    await using place = await Workplace.open();
    const clone = place.path("clone"), folder = place.path("slurm");
    await Promise.all([cloneInto(clone), Deno.mkdir(folder)]);
    const args = ["--data", place.images, ...SMALL, ...RUN];
    const options = { folder, nodes: 3, cpus: 1, cred_expire_s: 5, kill_wait_s: 30 };
    const local = place.run("train", [...args, "--out", "local", "--workers", "1"]);
    await using cluster = await SlurmCluster.start(options, {
      HOME: place.folder,
      WAGON_STATE_DIR: place.path("state"),
      WAGON_TOKEN: "a token of the login shell",
    });
    const submit = (...sbatch: string[]) =>
      cluster.must("sbatch", [
        ...["--parsable", "--nodes=1", "--cpus-per-task=1", ...sbatch],
        ...["deploy/slurm/wagon.sbatch", ...args],
      ], clone);
    const runOf = (job: string) => join(clone, "runs", `slurm-${job}`);
    /** Waits until a job trains. */
    const trains = async (job: string) => {
      const deadline_ms = performance.now() + DEADLINE_MS;
      while (!await Deno.stat(join(runOf(job), "events.jsonl")).catch(() => null)) {
        assert.ok(performance.now() < deadline_ms, await cluster.logs());
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await logged(runOf(job), "a step", (records) => lastStep(records) > 0);
    };

    const [requeued, signalled] = [await submit(), await submit()];
    // Each is met while it trains, however long the other one takes to begin.
    await Promise.all([
      trains(requeued).then(() => cluster.must("scontrol", ["requeue", requeued])),
      trains(signalled).then(() => cluster.must("scancel", ["--signal=USR1", signalled])),
    ]);
    // As on a login node: one command.
    const login = [Deno.execPath(), "task", "--quiet", "--config", join(clone, "deno.json"), "slurm"];
    const task = await place.startCommand(
      [...login, "--nodes", "1", "--cpus-per-task", "1", "--", ...args],
      "deno task slurm",
      { ...cluster.env },
    ).end();
    const [, plain] = /^Submitted job (\d+), /.exec(task.stdout) ?? assert.fail(task.stderr);
    const jobs = [plain!, requeued, signalled] as const;
    // It is kept for the next start.
    const token_file = join(clone, "runs", "slurm", requeued, "token");
    assert.equal((await Deno.stat(token_file)).mode! & 0o777, 0o600);
    const token = await Deno.readTextFile(token_file);
    assert.match(token, /^[0-9a-f]{40}$/);
    const seen = () => exposures(token, join(clone, "runs"), folder);
    assert.deepEqual(await seen(), []);

    const ended = await Promise.all(
      jobs.map((job) => cluster.jobIn(job, ["COMPLETED", "FAILED"], DEADLINE_MS)),
    );
    const outputs = await Promise.all(jobs.map((job) => Deno.readTextFile(join(clone, `slurm-${job}.out`))));
    assert.deepEqual(
      ended.map(({ JobState, Restarts }) => [JobState, Restarts]),
      [["COMPLETED", "0"], ["COMPLETED", "1"], ["COMPLETED", "1"]],
      outputs.join("\n"),
    );
    assert.equal((await local).code, 0);
    for (const job of jobs) {
      const compared = await compareSteps(place.path("local"), runOf(job));
      assert.deepEqual([compared.steps, compared.differing], [STEPS, []]);
      assert.equal((await place.inspect(runOf(job))).state, "finished");
    }
    assert.deepEqual([await seen(), outputs.filter((text) => text.includes(token))], [[], []]);
  },
});
