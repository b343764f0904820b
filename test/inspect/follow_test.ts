import assert from "node:assert/strict";
import { follow, statusLine } from "../../inspect/follow.ts";
import type { Summary } from "../../runlog/summary/summary.ts";
import { end, joined, runRecord, stepRecord, steps, toLines } from "../runlog/log/example_log.ts";

/** Watches a log that grows by these texts, one before each look. */
async function watched(texts: readonly string[], now_ms = Date.now): Promise<string[]> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/events.jsonl`;
    const left = [...texts];
    const grow = () => Deno.writeTextFile(path, left.shift()!, { append: true });
    await grow();
    const shown: string[] = [];
    const again = async () => {
      if (left.length === 0) return false;
      await grow();
      return true;
    };
    const show = (summary: Summary) => void shown.push(statusLine(summary));
    await follow(folder, { now_ms, again, show });
    return shown;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a run is watched to its end, and shown whenever it has changed", async () => {
  const half = JSON.stringify(stepRecord(4));
  assert.deepEqual(
    await watched([
      toLines([runRecord(), joined(1)]),
      toLines(steps(1, 3)),
      half.slice(0, 50),
      half.slice(50) + "\n",
      toLines([end(4)]),
      "never read\n",
    ]),
    [
      "running: 0 of 30 steps, estimate -, losses - and -, - images/s, 1 worker",
      // Worker 2 is known only by its work.
      "running: 3 of 30 steps, estimate 0.02, losses -0.02 and -, 800 images/s, 2 workers",
      "running: 4 of 30 steps, estimate 0.025, losses -0.025 and -, 800 images/s, 2 workers",
      "finished: 4 of 30 steps, estimate 0.025, losses -0.025 and -, 800 images/s, All steps are done",
    ],
  );
});

Deno.test("a log that nobody writes to any more is shown once", async () => {
  const much_later = () => Date.now() + 3_600_000;
  const shown = await watched([toLines([runRecord(), ...steps(1, 3)]), toLines(steps(4, 5))], much_later);
  assert.deepEqual(shown, ["unknown: 3 of 30 steps, estimate 0.02, losses -0.02 and -, 800 images/s"]);
});
