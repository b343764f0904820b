import assert from "node:assert/strict";
import { CHUNK, CURVES, History, type HistoryRow, MAX_STRETCHES } from "../../../coordinator/live/history.ts";
import { stepFacts } from "./step_facts.ts";

/** Values of step `step`: a slow wave with noise that depends on the step alone. */
const values = (step: number) => ({
  gap: Math.sin(step / 900) + Math.sin(step * 12.9898) % 0.3,
  loss_critic: Math.cos(step / 700),
  loss_generator: step % 5 === 0 ? Math.sin(step / 300) : NaN,
});

function filled(num_steps: number): History {
  const history = new History();
  for (let step = 1; step <= num_steps; step++) history.add(stepFacts(step, values(step)));
  return history;
}

/** The row that stretches of `width` steps must have, from its definition. */
function expectedRow(first: number, last: number): HistoryRow {
  const short = (value: number) => Number(value.toPrecision(5));
  const steps = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  return [
    last,
    ...CURVES.flatMap((curve) => {
      const found = steps.map((step) => values(step)[curve]).filter((value) => !Number.isNaN(value));
      if (found.length === 0) return [null, null, null];
      const mean = found.reduce((a, b) => a + b) / found.length;
      return [mean, Math.min(...found), Math.max(...found)].map(short);
    }),
  ];
}

/** Compares rows; means may differ in their last digit, as they are added up in another order. */
function assertRows(found: readonly HistoryRow[], expected: readonly HistoryRow[]): void {
  assert.deepEqual(found.map(([step]) => step), expected.map(([step]) => step));
  found.forEach((row, i) =>
    row.forEach((value, j) => {
      const wanted = expected[i]![j]!;
      if (value === null || wanted === null) return assert.equal(value, wanted);
      assert.ok(Math.abs(value - wanted) <= 2e-5 * Math.max(1e-3, Math.abs(wanted)), `row ${i}, column ${j}`);
    })
  );
}

Deno.test("a short run's curves are its steps as they were", () => {
  const { rows } = filled(100);
  assertRows(rows, Array.from({ length: 100 }, (_, i) => expectedRow(i + 1, i + 1)));
});

Deno.test("a long run's curves are stretches with mean, least and greatest value", () => {
  const { rows } = filled(3000);
  // 1024 are joined to 512 of 2, those at 2048 steps to 512 of 4.
  const expected = [];
  for (let first = 1; first <= 3000; first += 4) expected.push(expectedRow(first, Math.min(3000, first + 3)));
  assertRows(rows, expected);
});

Deno.test("curves of a million steps are at most so many rows and bytes, and reach to the last step", () => {
  const history = filled(1_000_000);
  const { rows, chunks } = history;
  assert.ok(rows.length > MAX_STRETCHES / 2 - 1 && rows.length <= MAX_STRETCHES, `${rows.length} rows`);
  assert.equal(rows.at(-1)![0], 1_000_000);
  // Measured: 77,226 characters.
  const size = chunks.join("").length;
  assert.ok(size < 120_000, `${size} characters`);
});

Deno.test("chunks hold all rows, and full ones are the same text until stretches are joined", () => {
  const history = filled(MAX_STRETCHES - 1);
  const before = history.chunks;
  assert.deepEqual(before.flatMap((text) => JSON.parse(text)), history.rows);
  assert.ok(before.every((text) => JSON.parse(text).length <= CHUNK));
  history.add(stepFacts(MAX_STRETCHES, values(MAX_STRETCHES)));
  const after = history.chunks;
  assert.deepEqual(after.slice(0, -1), before.slice(0, -1));
  assert.notEqual(after.at(-1), before.at(-1));
  history.add(stepFacts(MAX_STRETCHES + 1, values(MAX_STRETCHES + 1)));
  assert.deepEqual(history.chunks.flatMap((text) => JSON.parse(text)), history.rows);
  assert.equal(history.rows.length, MAX_STRETCHES / 2 + 1);
});

Deno.test("steps that a resume takes back leave the curves, and their chunks are written anew", () => {
  const history = filled(500);
  void history.chunks;
  history.takeBackAfter(200);
  assertRows(history.rows, Array.from({ length: 200 }, (_, i) => expectedRow(i + 1, i + 1)));
  for (let step = 201; step <= 300; step++) history.add(stepFacts(step, { ...values(step), loss_critic: 7 }));
  assert.deepEqual(history.chunks.flatMap((text) => JSON.parse(text)), history.rows);
  assert.equal(history.rows.at(-1)![4], 7);
});
