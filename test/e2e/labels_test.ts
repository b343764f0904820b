/** Training with labels in processes: the same weights however many workers there are, through kills and a resume. */
import assert from "node:assert/strict";
import type { Child } from "./child.ts";
import { lastStep, logged, recordsOf } from "./log.ts";
import { summaryOf, trainHere } from "./train_here.ts";
import { Workplace } from "./workplace.ts";

const STEPS = 40;
/** A generator step follows every second step; an epoch is 9 steps, whose fakes are made ahead over its end. */
const OPTIONS = [
  // Without a preset: labels choose one that takes them.
  ...["--shards", "4", "--batch", "16", "--n-critic", "2"],
  ...["--holdout", "0.2", "--sample-every", "0", "--evaluate-every", "20"],
];

/** Points with three clusters, and the cluster of each beside them. */
async function table(place: Workplace): Promise<string> {
  const rows = Array.from({ length: 192 }, (_, i) => {
    const group = i % 3;
    return `${(group + 0.1 * Math.sin(i)).toFixed(4)},${["low", "mid", "top"][group]},${
      (0.2 * Math.cos(7 * i)).toFixed(4)
    }`;
  });
  const path = place.path("points.csv");
  await Deno.writeTextFile(path, `x,group,y\n${rows.join("\n")}\n`);
  return path;
}

Deno.test("labels: 1 and 3 workers, and workers and a coordinator that are killed, end in the same weights", async () => {
  await using place = await Workplace.open();
  const data = ["--data", await table(place), "--labels", "group", ...OPTIONS];
  const run = place.path("killed");
  const endless = ["--port", "0", "--out", run, ...data, "--steps", "1000000", "--checkpoint-every", "20"];
  const coordinator = place.start("coordinator", [...endless, "--min-workers", "2"]);
  const [victim, other] = [1, 2].map((threads) => place.start("worker", ["--threads", `${threads}`])) as [
    Child,
    Child,
  ];
  await coordinator.line(/\n3 classes: low \(\d+\), mid \(\d+\), top \(\d+\)\n/);
  await coordinator.line(/Worker 2 joined/);
  const first = await logged(run, "steps", (records) => lastStep(records) >= STEPS);
  await victim.kill();
  const later = lastStep(first) + 60;
  await logged(run, `step ${later}`, (records) => lastStep(records) >= later);
  await coordinator.kill();
  await other.kill();
  const steps = `${lastStep(await recordsOf(run)) + 20}`;
  place.start("worker", ["--threads", "1"]);
  const resumed = place.start("coordinator", ["--resume", run, "--port", "0", "--steps", steps]);
  assert.equal((await resumed.end()).code, 0, resumed.said);
  const found = await summaryOf(run);
  assert.deepEqual([found.state, found.incarnations], ["finished", 2]);
  for (const workers of ["1", "3"]) {
    const whole = await trainHere([
      ...data,
      "--workers",
      workers,
      "--steps",
      steps,
      "--out",
      place.path(workers),
    ]);
    assert.equal(whole.weights_sha256, found.weights_sha256, `${workers} workers`);
    assert.deepEqual([whole.bits, whole.workers.length], ["exact", Number(workers)]);
  }
});
