/** Tables that are refused, by line and column. */
import assert from "node:assert/strict";
import { readFile } from "../files.ts";
import { german, plain, table, utf16 } from "./csv_tables.ts";

const COUNTED = "column 1 has each of the whole numbers 0 to 8 once and may be an index";
const OUT_OR_IN = "leave it out with --data F#columns=2-3, or keep it with --data F#columns=1-3";

const i3 = (y: number) => String(Math.round(Math.abs(y) * 100));

/** Files that are refused, and what is said after "Cannot read data file F: ". */
const REFUSED: Record<string, { text: string | Uint8Array; name?: string; part?: string; error: string }> = {
  "a header of 0, 1": {
    text: table(([x, y]) => `${x},${y}`, "0,1\n"),
    error:
      "line 1 (0, 1) may be a header of numbers or the first example; say which: --data F#header=yes or --data " +
      "F#header=no",
  },
  "a header of years": {
    text: table(([x, y]) => `${x};${y};1.5`, "2019;2021;2024\n"),
    error: "line 1 (2019, 2021, 2024) may be a header of numbers or the first example; say which: --data " +
      "F#header=yes or --data F#header=no",
  },
  "a header of wavelengths": {
    text: table(([x, y], i) => `${x},${y},${i},2,7`, "400.5,401.0,401.5,402.0,402.5\n"),
    error:
      "line 1 (400.5, 401.0, 401.5, 402.0, …) may be a header of numbers or the first example; say which: " +
      "--data F#header=yes or --data F#header=no",
  },
  "whole numbers under 0, 1, 2": {
    text: table((_, i) => `${i * 5 % 7},${i * 3 % 5},${i * i % 11}`, "0,1,2\n"),
    error:
      "line 1 (0, 1, 2) may be a header of numbers or the first example; say which: --data F#header=yes or " +
      "--data F#header=no",
  },
  "a header of years over whole numbers": {
    text: table((_, i) => `${i * 5 % 7},${i * 3 % 5 + 30_000}`, "2019,2020\n"),
    error:
      "line 1 (2019, 2020) may be a header of numbers or the first example; say which: --data F#header=yes or " +
      "--data F#header=no",
  },
  "a header of tens over whole numbers": {
    text: table((_, i) => `${i * 5 % 7},${i * 3 % 5},${i * i % 11}`, "10,20,30\n"),
    error:
      "line 1 (10, 20, 30) may be a header of numbers or the first example; say which: --data F#header=yes or " +
      "--data F#header=no",
  },
  "a header that pandas told apart": {
    text: table(([x, y]) => `${x},${y},0.5`, "0,1,1.1\n"),
    error:
      "line 1 (0, 1, 1.1) may be a header of numbers or the first example; say which: --data F#header=yes or " +
      "--data F#header=no",
  },
  "a header of dates": {
    text: table(([x, y]) => `${x},${y}`, "2020-01-01,2020-01-02\n"),
    error:
      'finite numbers are required, found "2020-01-01" in line 1, column 1; correct it, or if line 1 is a header ' +
      "say --data F#header=yes",
  },
  "names and numbers in one line": {
    text: table(([x, y]) => `${x},${y},3`, "x,2019,2020\n"),
    error:
      'finite numbers are required, found "x" in line 1, column 1; correct it, or if line 1 is a header say ' +
      "--data F#header=yes, or use other columns with --data F#columns=2-3",
  },
  "row numbers without a name": {
    text: table(([x, y], i) => `${i},${x},${y}`),
    error: `${COUNTED}: ${OUT_OR_IN}`,
  },
  "row numbers out of order": {
    text: table(([x, y], i) => `${i * 4 % 9},${x},${y}`),
    error: `${COUNTED}: ${OUT_OR_IN}`,
  },
  "row numbers under another name": {
    text: table(([x, y], i) => `${i},${x},${y}`, "t,x,y\n"),
    error: `column 1 (t) has each of the whole numbers 0 to 8 once and may be an index: ${OUT_OR_IN}`,
  },
  "an index out of order": {
    text: table(([x, y], i) => `${i * 4 % 9},${x},${y}`, ",x,y\n"),
    error: `column 1 has no name and may be an index: ${OUT_OR_IN}`,
  },
  "an index with gaps": {
    text: table(([x, y], i) => `${i * i},${x},${y}`, "id,x,y\n"),
    error: `column 1 (id) has rising whole numbers and may be an index: ${OUT_OR_IN}`,
  },
  "an index and one column": {
    text: table(([x], i) => `${i},${x}`),
    error:
      `${COUNTED}, and without it there is no point of at least 2 numbers: keep it with --data F#columns=1-2, or ` +
      "give other data",
  },
  "a named index and one column": {
    text: table(([x], i) => `${i};${x}`, ";x\n"),
    error:
      "column 1 counts the rows, and without it there is no point of at least 2 numbers: keep it with --data " +
      "F#columns=1-2, or give other data",
  },
  "an index that ends in the middle": {
    text: ",x,y\n" +
      Array.from({ length: 300 }, (_, i) => `${i < 250 ? i : 0},${i % 7 / 4},${i % 5 / 4}\n`).join(""),
    error: `column 1 counts the rows before line 252 and not that one, and may be an index: ${OUT_OR_IN}`,
  },
  "row numbers without a name at the end": {
    text: table(([x, y], i) => `${x},${y},${i + 1}`, "x,y,\n"),
    error:
      "column 3 has no name and may be an index: leave it out with --data F#columns=1-2, or keep it with --data " +
      "F#columns=1-3",
  },
  "an index that was saved twice": {
    text: table(([x, y], i) => `${i},${i},${x},${y},1.5`, ",Unnamed: 0,x,y,z\n"),
    error:
      'columns 1 and 2 ("", "Unnamed: 0") may be indexes: leave them out with --data F#columns=3-5, or say which ' +
      "columns to take, for example --data F#columns=2-5",
  },
  "decimal commas between commas": {
    text: table(([x, y]) => `${german(x)},${y < 0 ? "-0" : "0"},${i3(y)}`).replaceAll("-1,125", "-1,0625"),
    error:
      'whole numbers may be the parts of decimal ones, found "0625" in line 1; write decimal points, or say ' +
      "--data F#decimal=point if they are whole",
  },
  "row names in words": {
    text: '"","x","y"\n"Mazda RX4",1.5,2\n"Datsun 710",3,4\n',
    error: `column 1 has no name and may be an index: ${OUT_OR_IN}`,
  },
  "one name less than numbers": {
    text: table(([x, y]) => `${x},${y}`, "x\n"),
    error:
      "column 1 has no name and may be an index, and without it there is no point of at least 2 numbers: keep it " +
      "with --data F#columns=1-2, or give other data",
  },
  "more names than numbers": {
    text: table(([x, y]) => `${x},${y}`, "x,y,z\n"),
    error:
      "as many names as numbers are required, found 3 names in line 1 and 2 numbers in line 2; correct line 1, or " +
      "put # in front of it",
  },
  "eleven lines of words": {
    text: table(([x, y]) => `${x},${y}`, "low,high\n".repeat(11)),
    error: "at most 10 header lines may come before the numbers, found 11 from line 1 on; put # in front " +
      "of lines without data, or remove them",
  },
  "amounts of money": {
    text: "$1.50,$2.50\n$3.50,$4.50\n",
    error:
      'finite numbers are required, found "$1.50" in line 1, column 1; write it as a bare number, or if line 1 is ' +
      "a header say --data F#header=yes",
  },
  "a missing value": {
    text: "x,y\n1.5,2\nNA,4\n",
    error:
      'finite numbers are required, found "NA" in line 3, column 1 (x); fill it in, or leave the line out',
  },
  "NaN": {
    text: "1.5,2\n3,NaN\n",
    error: 'finite numbers are required, found "NaN" in line 2, column 2; fill it in, or leave the line out',
  },
  "infinity": {
    text: "1.5,2\n3,-inf\n",
    error: 'finite numbers are required, found "-inf" in line 2, column 2; fill it in, or leave the line out',
  },
  "missing values alone in the first line": {
    text: "NaN,NaN\n1.5,2\n",
    error:
      'finite numbers are required, found "NaN" in line 1, column 1; fill it in, or leave the line out, or if line ' +
      "1 is a header say --data F#header=yes",
  },
  "an empty cell": {
    text: "1.5,2,3\n4,,6\n",
    error:
      'finite numbers are required, found "" in line 2, column 2; fill it in, or leave the line out, or use other ' +
      "columns with --data F#columns=1,3",
  },
  "a number past float32": {
    text: "1.5,2\n3,-1e39\n",
    error:
      'finite numbers in the range of float32 are required, found "-1e39" in line 2, column 2; correct it',
  },
  "thousands": {
    text: '"1,234.5",2\n3,4\n',
    error:
      'finite numbers are required, found "1,234.5" in line 1, column 1; remove thousands separators, or ' +
      "if line 1 is a header say --data F#header=yes",
  },
  "a decimal comma among decimal points": {
    text: "x;y\n0.5;1.5\n0,5;2.5\n",
    error: 'finite numbers are required, found "0,5" in line 3, column 1 (x); correct it',
  },
  "a late decimal comma among whole numbers": {
    text: "x;y\n" + "1;2\n".repeat(300) + "0,5;2,5\n",
    error:
      'finite numbers are required, found "0,5" in line 302, column 1 (x); correct it, or for decimal commas say ' +
      "--data F#decimal=comma",
  },
  "thousands and decimal commas": {
    text: "0,5;1,5\n2,5;1.234,5\n",
    error: 'finite numbers are required, found "1.234,5" in line 2, column 2; remove thousands separators',
  },
  "thousands in German": {
    text: "x;y\n1.234,50;2.345,5\n",
    error:
      'finite numbers are required, found "1.234,50" in line 2, column 1 (x); remove thousands separators',
  },
  "thousands in Swiss": {
    text: "x;y\n1'234.50;2’345.5\n",
    error:
      `finite numbers are required, found "1'234.50" in line 2, column 1 (x); remove thousands separators`,
  },
  "lists of Python": {
    text: "[1.5, 2]\n[3, 4]\n",
    error:
      'finite numbers are required, found "[1.5" in line 1, column 1; correct it, or if line 1 is a header say ' +
      "--data F#header=yes",
  },
  "commas that may be either": {
    text: "1,234;5,678\n9,123;4,567\n",
    error:
      'decimal commas or thousands: it is unclear which, found "1,234" in line 1; for decimal commas say ' +
      "--data F#decimal=comma, else leave the commas out",
  },
  "points after commas": {
    text: "0,5;1,5\n0,5;1.5\n2,5;3,5\n",
    error:
      'finite numbers are required, found "1.5" in line 2, column 2; write all numbers with decimal commas and ' +
      "nothing else",
  },
  "rows of two lengths": {
    text: "1.5,2\n\n3,4,5\n",
    error:
      "2 numbers in each line are required, found 3 in line 3; correct it, or put # in front of it to leave it out",
  },
  "a number where lines end empty": {
    text: "1.5,2,\n3,4,5\n".repeat(1) + "6,7,\n",
    error:
      'finite numbers are required, found "" in line 1, column 3; fill it in, or leave the line out, or if line 1 ' +
      "is a header say --data F#header=yes, or use other columns with --data F#columns=1-2",
  },
  "a late number where lines end empty": {
    text: "1.5,2,\n".repeat(300) + "3,4,5\n",
    error:
      "2 numbers in each line are required, found 3 in line 301; correct it, or put # in front of it to leave it " +
      "out",
  },
  "a word behind a quoted end of a line": {
    text: '"x\n(m)",y\n1.5,2\nthree,4\n',
    error:
      'finite numbers are required, found "three" in line 4, column 1 (x (m)); correct it, or make the column one of categories with --categories x (m)',
  },
  "escapes for a terminal": {
    text: "1.5,2\n\x1b]0;x\x07,4\n",
    error: 'finite numbers are required, found "\ufffd]0;x\ufffd" in line 2, column 1; correct it',
  },
  "a quote in the middle": {
    text: '1.5,2\n"3"x,4\n',
    error: "quotes around whole cells are required, found others in line 2; correct it",
  },
  "UTF-16 without a mark": {
    text: utf16(plain, false).subarray(2),
    error: "text is required, found a zero byte after line 1; save it as UTF-8",
  },
  "names alone": { text: "x,y\n", error: "at least one line of numbers is required, found none" },
  "blank lines alone": { text: "\n\n\n", error: "at least one line of numbers is required, found none" },
  "nothing": {
    text: "",
    error: "a file with content is required, found an empty one; download it again",
  },
  "single numbers": { text: "1.5\n2\n", error: "points of at least 2 numbers are required, found 1" },
  "a column that is not there": {
    text: plain,
    part: "#columns=2-3",
    error: "columns of 1 to 2 are required after #columns=, found 2-3",
  },
  "a name that is not there": {
    text: table(([x, y]) => `${x},${y}`, "x,y\n"),
    part: "#columns=x,z",
    error:
      'a name of a column is required after #columns=, found "z" among "x", "y"; give a name or a number',
  },
  "a column twice": {
    text: plain,
    part: "#columns=1,1-2",
    error: "each column once is required, found 1,1-2 after #columns=",
  },
};

for (const [what, { text, name = "p.csv", part = "", error }] of Object.entries(REFUSED)) {
  Deno.test(`a table is refused: ${what}`, async () => {
    const outcome = await readFile(name, text, part);
    assert.equal(outcome.error, `Cannot read data file F: ${error}`);
    assert.ok(outcome.is_users);
  });
}

Deno.test("what is said behind # is checked", async () => {
  const { error, is_users } = await readFile("p.csv", plain, "#header=maybe");
  assert.equal(
    error,
    "Cannot read data F#header=maybe: after # header=yes, header=no, decimal=comma, decimal=point or columns=2-4 is " +
      'required, found "header=maybe"',
  );
  assert.ok(is_users);
});
