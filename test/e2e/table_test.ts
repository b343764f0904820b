/** A table as people have it trains with real processes: what was decided about it is said, and the run goes on with it. */
import assert from "node:assert/strict";
import { decodePng } from "../../pictures/png.ts";
import { ofType, recordsOf } from "./log.ts";
import { Workplace } from "./workplace.ts";

/** Ages and incomes behind row numbers, as a spreadsheet in German writes them. */
const ROWS = Array.from({ length: 24 }, (_, i) => `${i + 1};${18 + i * 7 % 60};${10_000 + i * 3500},5`);

Deno.test("a table's index, decimals and range are said at the start, and recorded", async () => {
  await using place = await Workplace.open();
  await Deno.writeTextFile(place.path("people.csv"), `"";"age";"income"\r\n${ROWS.join("\r\n")}\r\n`);
  const out = place.path("run");
  const options = ["--batch", "8", "--shards", "1", "--workers", "1", "--n-critic", "1"];
  const first = await place.run("train", [
    "--data",
    "people.csv#decimal=comma",
    "--out",
    out,
    "--steps",
    "1",
    ...options,
  ]);
  assert.equal(first.code, 0, first.stderr);
  const flat = first.stderr.replace(/\s+/g, " ");
  assert.ok(flat.includes("24 examples of 2 numbers"), flat);
  assert.ok(
    flat.includes(
      "people.csv: line 1 used as the header (no name, age, income); column 1 left out, it counts the rows (1 to 24)",
    ),
    flat,
  );
  assert.ok(
    flat.includes(
      "Values from 18 to 90500, mean 25100, standard deviation 30400: far outside -1 to 1, use --scale minmax",
    ),
    flat,
  );
  const [run] = ofType(await recordsOf(out), "run");
  assert.deepEqual([run!.data.values?.min, run!.data.values?.max], [18, 90_500.5]);
  assert.deepEqual(run!.data.columns, ["age", "income"]);
  // Both the run's picture and that of its generator are drawn as a table: two histograms and a pair.
  const [sample] = ofType(await recordsOf(out), "sample");
  const drawn = await place.run("sample", [out, "--grid", "grid.png"]);
  assert.equal(drawn.code, 0, drawn.stderr);
  for (const file of [`${out}/${sample!.file}`, place.path("grid.png")]) {
    const { width, height, channels } = decodePng(await Deno.readFile(file));
    assert.deepEqual([width, height, channels], [800, 800, 3], file);
  }
  // What was said behind # belongs to the run.
  const second = await place.run("train", ["--resume", out, "--steps", "2", "--workers", "1"]);
  assert.equal(second.code, 0, second.stderr);
});
