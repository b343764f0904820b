import assert from "node:assert/strict";
import { parseOptions } from "../../../common/cli/cli.ts";
import { bestGroups, type Found } from "../../../simulation/best_groups.ts";
import type { Length } from "../../../simulation/measure.ts";
import { COMMAND } from "../../../tasks/simulate/options.ts";
import { planOf } from "../../../tasks/simulate/plan.ts";
import { reportJson, reportLines } from "../../../tasks/simulate/report.ts";

const LENGTH: Length = { warmup_ms: 20_000, measured_ms: 10_000, fewest_steps: 5, most_events: 1e6 };

async function simulated(line: string) {
  const plan = planOf(parseOptions(COMMAND, line.split(" ")).values);
  const [first, ...more] = plan.setups;
  const found: [Found, ...Found[]] = [await bestGroups(first, LENGTH)];
  for (const setup of more) found.push(await bestGroups(setup, LENGTH));
  return { plan, found };
}

async function report(line: string, columns = 100): Promise<string[]> {
  const { plan, found } = await simulated(line);
  return reportLines(plan, found, columns);
}

/** Cells of the table's lines, by their first. */
function rows(lines: readonly string[]): Map<string, string[]> {
  const table = lines.filter((line) => /^--/.test(line)).map((line) => line.split(/ {2,}/));
  return new Map(table.map(([mode, ...cells]) => [mode!, cells]));
}

Deno.test("a report names the run, the modes with their figures, what limits it and which mode to use", async () => {
  const lines = await report("--workers 2 --link 100mbit/20ms --device-step-ms 5 --local-steps 25");
  assert.equal(
    lines[0],
    "wgan: 64 examples a step in 4 shards of 16 (the preset has 64 in 4), 5 critic steps for each",
  );
  const table = rows(lines);
  assert.deepEqual([...table.keys()], [
    "--wire float32",
    "--wire bfloat16 --wire-groups 2",
    "--wire int8 --wire-groups 2",
    "--local-steps 25",
  ]);
  const speeds = [...table.values()].slice(0, 3).map(([speed]) => Number(speed!.replace(",", "")));
  assert.deepEqual(speeds.toSorted((a, b) => a - b), speeds, "each faster than the one before");
  assert.equal(table.get("--wire float32")!.at(-1), "a worker's link");
  assert.equal(table.get("--local-steps 25")!.at(-1), "(predicted)");
  assert.match(lines.join(" "), / Use --wire int8 --wire-groups 2: [\d.]+ times the images a second of /);
  assert.ok(lines.every((line) => line.length <= 100), "within the terminal");
});

Deno.test("where nothing is gained by other modes, the report says so, and who is a spare worker and why", async () => {
  const lines = await report(
    "--device-step-ms 5 --worker name=near --worker name=far,link=20mbit/40ms",
    1_000,
  );
  assert.equal(lines.at(-1), "Use --wire float32: nothing else makes 10 % more images a second.");
  const working = lines.find((line) => line.includes("spare"))!;
  assert.match(
    working,
    /^1 worker of 2 compute, the others are spare; shards of a step: near 4.00, far 0\. .* % shorter /,
  );
  assert.equal(rows(lines).get("--wire float32")!.at(-1), "computing");
});

Deno.test("--json has the figures of the table, and is valid JSON", async () => {
  const { plan, found } = await simulated(
    "--workers 2 --link 100mbit/20ms --device-step-ms 5 --local-steps 25",
  );
  const table = rows(reportLines(plan, found, 200));
  const { modes, best, workers, preset } = JSON.parse(reportJson(plan, found));
  assert.deepEqual([preset, workers], ["wgan", 2]);
  assert.deepEqual(modes.map(({ option }: { option: string }) => option), [...table.keys()]);
  assert.ok(table.has(best));
  for (const { option, images_per_second, step_bytes, is_predicted, limited_by } of modes) {
    const [speed, , megabytes] = table.get(option)!;
    assert.ok(Math.abs(Number(speed!.replace(",", "")) / images_per_second - 1) < 0.02, option);
    assert.equal(is_predicted, option === "--local-steps 25");
    assert.equal(limited_by, is_predicted ? null : "worker_link");
    if (step_bytes !== null) assert.ok(Math.abs(Number(megabytes) / (step_bytes / 1e6) - 1) < 0.02, option);
  }
});
