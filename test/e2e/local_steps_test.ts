/** Rounds of local steps in processes: the same weights whoever computes which learner, and however often. */
import assert from "node:assert/strict";
import type { Summary } from "../../runlog/summary/summary.ts";
import type { Child } from "./child.ts";
import { lastStep, logged, ofType, recordsOf } from "./log.ts";
import { Workplace } from "./workplace.ts";

const STEPS = 30;
const ROUND = 5;
/** An epoch is 12 steps: rounds go over its end. A generator step follows every second step. */
const LEARNERS = ["--shards", "8", "--batch", "16", "--learners", "4", "--local-steps", `${ROUND}`];

/** Starts workers, one with each number of threads. */
function crewOf(place: Workplace, threads: readonly number[]): Child[] {
  return threads.map((count) => place.start("worker", ["--threads", `${count}`]));
}

/** What the log says of rounds: six of five steps, and each step at a time of its own. */
async function checkLog(run: string): Promise<void> {
  const records = await recordsOf(run);
  const rounds = ofType(records, "round");
  assert.deepEqual(
    rounds.map(({ step, steps }) => [step, steps]),
    [5, 10, 15, 20, 25, 30].map((s) => [s, 5]),
  );
  const times = ofType(records, "step").map(({ time_ms }) => time_ms);
  assert.deepEqual(times, times.toSorted((a, b) => a - b));
  assert.equal(new Set(times).size, STEPS);
}

Deno.test("learners on 1, 2 and 3 workers, and on 4 in processes of their own, end in the same weights", async () => {
  await using place = await Workplace.open();
  const args = [...LEARNERS, "--steps", `${STEPS}`];
  const apart = place.path("apart");
  const coordinator = place.coordinate(apart, [...args, "--min-workers", "4"]);
  const crew = crewOf(place, [1, 1, 1, 1]);
  assert.equal((await coordinator.end()).code, 0, coordinator.said);
  for (const worker of crew) assert.equal((await worker.end()).code, 0, worker.said);
  const summaries: Summary[] = [await place.inspect(apart)];
  for (const workers of ["1", "2", "3"]) {
    summaries.push(await place.train(workers, [...args, "--workers", workers]));
    await checkLog(place.path(workers));
  }
  await checkLog(apart);
  assert.deepEqual(summaries.map(({ workers }) => workers.length), [4, 1, 2, 3]);
  for (const { state, steps, bits, generator_steps, workers, weights_sha256 } of summaries) {
    assert.deepEqual([state, steps, bits, generator_steps], ["finished", STEPS, "exact", STEPS / 2]);
    assert.equal(weights_sha256, summaries[0]!.weights_sha256);
    const computed = workers.reduce((sum, { shards_computed }) => sum + shards_computed, 0);
    assert.equal(computed, 8 * (STEPS + generator_steps));
  }
});

Deno.test("killed workers and a killed coordinator cost learners time and no bits, momentum included", async () => {
  await using place = await Workplace.open();
  const outer = ["--outer-lr", "0.7", "--outer-momentum", "0.8"];
  const run = place.path("killed");
  const endless = [...LEARNERS, ...outer, "--steps", "1000000", "--checkpoint-every", "20"];
  const coordinator = place.coordinate(run, [...endless, "--min-workers", "2"]);
  const [victim] = crewOf(place, [1, 1]) as [Child];
  await coordinator.line(/Worker 2 joined/);
  const first = await logged(run, "a round", (records) => lastStep(records) >= 2 * ROUND);
  await victim.kill();
  const other = place.start("worker", ["--threads", "2"]);
  await coordinator.line(/Worker 3 joined/);
  const later = lastStep(first) + 20 * ROUND;
  await logged(run, `step ${later}`, (records) => lastStep(records) >= later);
  await coordinator.kill();
  await other.kill();
  const steps = Math.ceil(lastStep(await recordsOf(run)) / ROUND) * ROUND + 2 * ROUND;
  const resumed = place.start("coordinator", ["--resume", run, "--port", "0", "--steps", `${steps}`]);
  assert.equal((await resumed.end()).code, 0, resumed.said);

  const whole = place.path("whole");
  await place.train(whole, [...LEARNERS, ...outer, "--steps", `${steps}`]);
  const [found, expected] = [await place.inspect(run), await place.inspect(whole)];
  assert.deepEqual([found.state, found.steps, found.incarnations], ["finished", steps, 2]);
  assert.equal(found.weights_sha256, expected.weights_sha256);
  assert.deepEqual(
    [found.loss_critic, found.loss_generator, found.wasserstein_estimate],
    [expected.loss_critic, expected.loss_generator, expected.wasserstein_estimate],
  );
});

Deno.test("a run of local steps stops between rounds on Ctrl-C, and says so", async () => {
  await using place = await Workplace.open();
  const run = place.path("stopped");
  const coordinator = place.coordinate(run, [...LEARNERS, "--steps", "1000000"]);
  place.start("worker", ["--threads", "1"]);
  await coordinator.line(/Worker 1 joined/);
  await coordinator.line(
    /\n4 learners, each making 5 critic steps independently, then averaged; the results depend on that\n/,
  );
  await logged(run, "a round", (records) => lastStep(records) >= ROUND);
  coordinator.signal("SIGINT");
  assert.equal((await coordinator.end()).code, 130, coordinator.said);
  const { steps } = await place.inspect(run);
  assert.equal(steps % ROUND, 0);
  const wrong = await place.run("train", ["--resume", run, "--steps", `${steps + 7}`]);
  assert.deepEqual([wrong.code, wrong.stderr], [
    2,
    `Cannot train ${steps + 7} steps in rounds of 5: --steps must be a multiple of --local-steps 5, found ${
      steps + 7
    }; take --steps ${steps + 5} or ${steps + 10}\n`,
  ]);
});
