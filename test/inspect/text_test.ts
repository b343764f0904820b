import assert from "node:assert/strict";
import fc from "fast-check";
import { layOut } from "../../inspect/columns.ts";
import { ago, bytes, count, figure, milliseconds, percent, setting } from "../../inspect/numbers.ts";
import { bar, chart, sparkline } from "../../inspect/sparkline.ts";
import { paint, terminalOf } from "../../common/terminal/terminal.ts";

Deno.test("numbers as people read them", () => {
  assert.deepEqual([0, 999, 1000, 1280000, 3.6, null, NaN].map(count), [
    "0",
    "999",
    "1,000",
    "1,280,000",
    "4",
    "-",
    "-",
  ]);
  assert.deepEqual([0, 0.09087, -12.345, 0.00012, 1.234e-7, 1234.5, 2.5e7, null].map(figure), [
    "0",
    "0.0909",
    "-12.3",
    "0.00012",
    "1.23e-7",
    "1,235",
    "2.50e+7",
    "-",
  ]);
  assert.deepEqual([0.304, 9.94, 9.96, 123.4, null].map(milliseconds), [
    "0.30 ms",
    "9.94 ms",
    "10.0 ms",
    "123.4 ms",
    "-",
  ]);
  assert.deepEqual([5e-5, 0.01, 64, 0, -2e-4, "paper", true].map(setting), [
    "5e-5",
    "0.01",
    "64",
    "0",
    "-2e-4",
    "paper",
    "true",
  ]);
  assert.equal(percent(0.568), "57 %");
  assert.deepEqual([0, 999, 16_000_000, 999_600, 1.26e9].map(bytes), [
    "0 B",
    "999 B",
    "16 MB",
    "1 MB",
    "1.26 GB",
  ]);
});

Deno.test("how long ago something was", () => {
  const hour = 3_600_000;
  assert.deepEqual([0, 59_999, 60_000, hour, 47 * hour, 48 * hour, NaN].map((ms) => ago(0, ms)), [
    "just now",
    "just now",
    "1 min ago",
    "1 h ago",
    "47 h ago",
    "2 d ago",
    "-",
  ]);
});

Deno.test("a curve keeps to its scale, its first line is the upper", () => {
  assert.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7, 8], true), "▁▁▂▃▄▅▆▇█");
  assert.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7, 8], false), "__.:-=+*#");
  assert.equal(sparkline([3, null, 3], true), "▄ ▄");
  assert.equal(sparkline([null], true), "");
  assert.deepEqual(chart([0, 2, 4, 6, 8, null], 2, 0, 8, true), ["   ▄█ ", "▁▄███ "]);
});

Deno.test("every value of a curve is drawn, whatever the range", () => {
  const values = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 });
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 5 }), fc.boolean(), (values, rows, unicode) => {
      const lines = chart(values, rows, Math.min(...values), Math.max(...values), unicode);
      assert.equal(lines.length, rows);
      for (const line of lines) assert.equal(line.length, values.length);
      assert.ok(!lines.at(-1)!.includes(" "), "the lowest line has no blank");
      assert.ok(!lines.join("").includes("undefined"));
    }),
    { seed: 3 },
  );
});

Deno.test("bars are between nothing and their width", () => {
  assert.deepEqual([-1, 0, 0.5, 1, 7].map((share) => bar(share, 4, false)), ["", "", "##", "####", "####"]);
  assert.equal(bar(1, 2, true), "██");
});

Deno.test("columns are in line; the expendable ones give way, the most expendable first", () => {
  const columns = [
    { title: "RUN", align: "left" },
    { title: "STEPS", align: "right", expendable: 1 },
    { title: "WHAT", align: "left", expendable: 2 },
  ] as const;
  const rows = [["a-long-name", "7", "wgan"], ["b", "20,000", ""]];
  assert.deepEqual(layOut(columns, rows), [
    "RUN           STEPS  WHAT",
    "a-long-name       7  wgan",
    "b            20,000",
  ]);
  assert.deepEqual(layOut(columns, rows, 25), layOut(columns, rows));
  assert.deepEqual(layOut(columns, rows, 24), [
    "RUN           STEPS",
    "a-long-name       7",
    "b            20,000",
  ]);
  assert.deepEqual(layOut(columns, rows, 3), ["RUN", "a-long-name", "b"]);
});

Deno.test("what a terminal can show follows its surroundings", () => {
  const usual = { env: { LANG: "en_US.UTF-8" }, is_terminal: true, columns: 120, os: "linux" };
  assert.deepEqual(terminalOf(usual), { colour: true, unicode: true, width: 120 });
  assert.deepEqual(terminalOf({ ...usual, is_terminal: false }), {
    colour: false,
    unicode: true,
    width: Infinity,
  });
  assert.deepEqual(terminalOf({ ...usual, columns: null }).width, 80);
  const of = (env: Record<string, string>, os = "linux") => {
    const { colour, unicode } = terminalOf({ ...usual, env, os });
    return [colour, unicode];
  };
  assert.deepEqual(of({ LANG: "C.utf8", NO_COLOR: "1" }), [false, true]);
  assert.deepEqual(of({ LANG: "C.utf8", NO_COLOR: "" }), [true, true]);
  assert.deepEqual(of({ LANG: "C.utf8", TERM: "dumb" }), [false, false]);
  assert.deepEqual(of({ LANG: "C.utf8", LC_ALL: "C" }), [true, false]);
  assert.deepEqual(of({}), [true, false]);
  assert.deepEqual(of({}, "darwin"), [true, true]);
});

Deno.test("paint colours only where there is colour", () => {
  assert.equal(paint({ colour: false, unicode: true, width: 80 }, "red", "failed"), "failed");
  assert.equal(paint({ colour: true, unicode: true, width: 80 }, "red", "failed"), "\x1b[31mfailed\x1b[39m");
});
