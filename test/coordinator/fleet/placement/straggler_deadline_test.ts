import assert from "node:assert/strict";
import { StragglerDeadline } from "../../../../coordinator/fleet/placement/straggler_deadline.ts";

const after = (arrivals_ms: readonly number[]) => {
  const deadline = new StragglerDeadline();
  for (const elapsed_ms of arrivals_ms) deadline.arrived(elapsed_ms);
  return deadline;
};
const repeat = (values: readonly number[], times: number) =>
  Array.from({ length: times }, () => values).flat();

Deno.test("before anything is measured the deadline is generous: kernels are being compiled", () => {
  assert.equal(new StragglerDeadline().late_ms, 60_000);
  assert.equal(new StragglerDeadline().give_up_ms, 300_000);
});

Deno.test("where the probe promises long answers the first deadline is eight times that, an hour at most", () => {
  assert.equal(new StragglerDeadline(5_000).late_ms, 60_000);
  assert.equal(new StragglerDeadline(50_000).late_ms, 400_000);
  assert.equal(new StragglerDeadline(50_000).give_up_ms, 2_000_000);
  assert.equal(new StragglerDeadline(1e9).late_ms, 3_600_000);
  const measured = new StragglerDeadline(50_000);
  for (let i = 0; i < 64; i++) measured.arrived(2_000);
  assert.equal(measured.late_ms, 8_000);
});

Deno.test("quick answers do not make it hasty: at least a second", () => {
  assert.equal(after(repeat([5], 64)).late_ms, 1_000);
});

Deno.test("steady slow answers: four times the median", () => {
  assert.equal(after(repeat([2_000], 64)).late_ms, 8_000);
});

Deno.test("unsteady answers: the median and twelve times their deviation", () => {
  assert.equal(after(repeat([1_000, 2_000, 3_000], 22).slice(0, 64)).late_ms, 2_000 + 12 * 1_000);
});

Deno.test("only the last 64 answers count, and single outliers do not", () => {
  assert.equal(
    after([...repeat([90_000], 100), ...repeat([2_000], 60), 90_000, 2_000, 2_000, 2_000]).late_ms,
    8_000,
  );
});
