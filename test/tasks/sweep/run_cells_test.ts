/** Sweeps over runs that a function writes in the place of train. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { LOG_NAME, type RunRecord } from "../../../runlog/records.ts";
import { planSweep } from "../../../tasks/sweep/plan.ts";
import { runCells, writeTable } from "../../../tasks/sweep/run_cells.ts";
import { sweepTable } from "../../../tasks/sweep/sweep_table.ts";
import { end, runRecord, toLines } from "../../runlog/log/example_log.ts";

const PLAN = planSweep(["lr=0.1,0.2"], "1..2", []);

async function writeLog(folder: string, records: readonly RunRecord[]): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, LOG_NAME), toLines(records));
}

/** A run that is over; `covered`: of 8 modes. */
function over(reason: "finished" | "interrupted", covered: number, high_quality: number): RunRecord[] {
  const modes = { count: 8, covered, high_quality };
  return [runRecord(), { type: "evaluation", step: 9, sliced_wasserstein: 0.5, modes }, end(30, { reason })];
}

async function sweptIn(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "wagon-sweep-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("finished runs are skipped, others resumed, and one that fails is named and ends no other", () =>
  sweptIn(async (folder) => {
    await writeLog(join(folder, "lr=0.1_seed=1"), over("finished", 8, 0.9));
    await writeLog(join(folder, "lr=0.1_seed=2"), over("interrupted", 1, 0.1));
    // What a run leaves that was killed before its first record.
    await Deno.mkdir(join(folder, "lr=0.2_seed=1", "artifacts"), { recursive: true });
    const asked: string[] = [], said: string[] = [];
    const train = async (args: readonly string[]) => {
      asked.push(args.join(" ").replaceAll(folder, "DIR"));
      if (args.includes("--lr=0.2") && args.includes("1")) return 2;
      await writeLog(args.at(-1)!, over("finished", args.includes("--lr=0.2") ? 7 : 8, 0.75));
      return 0;
    };
    const { signal } = new AbortController();
    const sweep = { plan: PLAN, folder, train, say: (line: string) => void said.push(line), signal };
    assert.deepEqual(await runCells(sweep), ["lr=0.2_seed=1"]);
    assert.deepEqual(asked, [
      "--resume DIR/lr=0.1_seed=2",
      "--lr=0.2 --seed 1 --out DIR/lr=0.2_seed=1",
      "--lr=0.2 --seed 2 --out DIR/lr=0.2_seed=2",
    ]);
    assert.deepEqual(said.slice(0, 4), [
      "Sweep, run 1 of 4: lr=0.1, seed 1, is finished",
      "Sweep, run 2 of 4: lr=0.1, seed 2, continues",
      "Sweep, run 2 of 4: lr=0.1, seed 2: distance 0.5, 8 of 8 modes, 75 % high quality, 30 steps in 2 s",
      "Sweep, run 3 of 4: lr=0.2, seed 1, starts",
    ]);
    assert.equal(said[4], "Sweep, run 3 of 4: lr=0.2, seed 1, failed");
    const csv = (await Deno.readTextFile(join(folder, "table.csv"))).split("\n");
    assert.match(
      csv[0]!,
      /^lr,seed,state,steps,generator_steps,sliced_wasserstein,modes_covered,modes,high_quality,/,
    );
    assert.match(csv[1]!, /^0\.1,1,finished,30,6,0\.5,8,8,0\.9,.*,lr=0\.1_seed=1$/);
    assert.match(csv[3]!, /^0\.2,1,not begun,,,,,,,.*,lr=0\.2_seed=1$/);
    assert.deepEqual(sweepTable(await writeTable(sweep), 100).slice(0, 3), [
      "OPTIONS    RUNS  DISTANCE   MODES  HIGH QUALITY  TIME",
      "lr=0.1   2 of 2   0.5 ± 0  8 of 8  75 % to 90 %   2 s",
      "lr=0.2   1 of 2       0.5  7 of 8          75 %   2 s",
    ]);
  }));

Deno.test("a run that Ctrl-C or somebody else stops ends the sweep, for --resume to continue", () =>
  sweptIn(async (folder) => {
    const { signal } = new AbortController();
    const stopped = (code: number) => {
      const train = async (args: readonly string[]) => {
        await writeLog(args.at(-1)!, over("interrupted", 0, 0));
        return code;
      };
      return runCells({ plan: PLAN, folder, train, say: () => {}, signal });
    };
    assert.equal(await stopped(130), null);
    assert.equal(await stopped(0), null);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      "lr=0.1_seed=1",
      "table.csv",
    ]);
  }));

Deno.test("a run that is not finished counts in no figure", () =>
  sweptIn(async (folder) => {
    await writeLog(join(folder, "lr=0.1_seed=1"), over("finished", 8, 0.9));
    await writeLog(join(folder, "lr=0.1_seed=2"), over("interrupted", 1, 0.1));
    const lines = sweepTable(await writeTable({ plan: PLAN, folder }), 100);
    assert.equal(lines[1], "lr=0.1   1 of 2       0.5  8 of 8          90 %   2 s");
  }));

Deno.test("points without Gaussians have no modes, and points that have not begun come last", () => {
  const cell = (point: string, seed: number) => ({ values: [], point, seed, folder: "", args: [] });
  const lines = sweepTable([{ cell: cell("a", 1), summary: null }], 100);
  assert.deepEqual(lines.slice(0, 2), ["OPTIONS    RUNS  DISTANCE  TIME", "a        0 of 1         -     -"]);
});
