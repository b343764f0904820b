/** Tables of points as programs and people write them: read right, or refused by line and column. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { readFile } from "../files.ts";
import { FLAT, german, plain, POINTS, table, utf16 } from "./csv_tables.ts";

/** Files that are read as POINTS; what is said of them. `part`: what follows the name. */
const RIGHT: Record<string, { text: string | Uint8Array; name?: string; part?: string; note?: string }> = {
  "commas": { text: plain },
  "semicolons": { text: table(([x, y]) => `${x};${y}`) },
  "tabs": { text: table(([x, y]) => `${x}\t${y}`), name: "p.tsv" },
  "bars": { text: table(([x, y]) => `${x}|${y}`) },
  "blanks": { text: table(([x, y]) => `  ${x}   ${y} `), name: "p.txt" },
  "blanks of savetxt": {
    text: table(([x, y]) => `${x.toExponential(18)} ${y.toExponential(18)}`, "# x y\n"),
    name: "p.txt",
    note: "1 line of comments skipped",
  },
  "commas and blanks": { text: table(([x, y]) => `${x}, ${y}`) },
  "commas and tabs": { text: table(([x, y]) => `${x},\t${y}`) },
  "no end of the last line": { text: plain.trimEnd() },
  "CRLF": { text: table(([x, y]) => `${x},${y}`, "", "\r\n") },
  "CR alone": { text: table(([x, y]) => `${x},${y}`, "", "\r") },
  "ends of lines of three kinds": {
    text: POINTS.map(([x, y], i) => `${x},${y}${["\n", "\r\n", "\r"][i % 3]}`).join(""),
  },
  "a byte order mark": {
    text: "\ufeff" + table(([x, y]) => `${x};${y}`, "x;y\n"),
    note: "line 1 used as the header (x, y)",
  },
  "UTF-16, little-endian": { text: utf16(table(([x, y]) => `${x}\t${y}`, "", "\r\n"), false) },
  "UTF-16, big-endian": { text: utf16(plain, true) },
  "blank lines": { text: table(([x, y]) => `${x},${y}`, "\n \n", "\n\n") },
  "lines of empty cells": { text: plain + ",\n,\n" },
  "a comma at each end": {
    text: table(([x, y]) => `${x},${y},`),
    note: "empty cells at the ends of lines left out",
  },
  "commas at each end, in the header too": {
    text: table(([x, y]) => `${x},${y},,`, "x,y,,\n"),
    note: "line 1 used as the header (x, y); empty cells at the ends of lines left out",
  },
  "comments": {
    text: table(([x, y], i) => `${x},${y}${i === 3 ? "\n# three, so far\n  % and more" : ""}`),
    note: "2 lines of comments skipped",
  },
  "quotes": {
    text: table(([x, y]) => `"${x}","${y}"`, '"x","y"\n'),
    note: "line 1 used as the header (x, y)",
  },
  "quotes behind blanks": { text: table(([x, y]) => `${x}, "${y}"`) },
  "a header with an end of a line in it": {
    text: table(([x, y]) => `"${x}",${y}`, '"x\nin m",y\n'),
    note: "line 1 used as the header (x in m, y)",
  },
  "two lines of header": {
    text: table(([x, y]) => `${x},${y}`, "x,y\nm,kg\n"),
    note: "lines 1, 2 used as the header (m, kg)",
  },
  "names that are the same": {
    text: table(([x, y]) => `${x},${y}`, "a,a\n"),
    note: "line 1 used as the header (a, a)",
  },
  "names between which there is something else": {
    text: table(([x, y]) => `${x} ${y}`, "x,y\n"),
    name: "p.txt",
    note: "line 1 used as the header (x, y)",
  },
  "Excel's sep=": { text: table(([x, y]) => `${x};${y}`, "sep=;\n") },
  "decimal commas": {
    text: table(([x, y]) => `${german(x)};${german(y)}`),
    note: "commas read as decimal commas",
  },
  "decimal commas between tabs": {
    text: table(([x, y]) => `${german(x)}\t${german(y)}`, "x\ty\n"),
    note: "line 1 used as the header (x, y); commas read as decimal commas",
  },
  "decimal commas in quotes": {
    text: table(([x, y]) => `"${german(x)}","${german(y)}"`),
    note: "commas read as decimal commas",
  },
  "decimal commas, as was said": {
    text: table(([x, y]) => `${german(x)};${german(y)}`),
    part: "#decimal=comma",
  },
  "a header of numbers, as was said": {
    text: table(([x, y]) => `${x},${y}`, "0,1\n"),
    part: "#header=yes",
    note: "line 1 used as the header (0, 1)",
  },
  "pandas' index": {
    text: table(([x, y], i) => `${i},${x},${y}`, ",0,1\n"),
    note: "line 1 used as the header (no name, 0, 1); column 1 left out, it counts the rows (0 to 8)",
  },
  "pandas' index, saved twice": {
    text: table(([x, y], i) => `${i},${x},${y}`, "Unnamed: 0,a,b\n"),
    note: "line 1 used as the header (Unnamed: 0, a, b); column 1 left out, it counts the rows (0 to 8)",
  },
  "a slice's index": {
    text: table(([x, y], i) => `${i + 500},${x},${y}`, ",a,b\n"),
    note: "line 1 used as the header (no name, a, b); column 1 left out, it counts the rows (500 to 508)",
  },
  "an index of decimals, called so": {
    text: table(([x, y], i) => `${i}.0;${x};${y}`, "index;a;b\n"),
    note: "line 1 used as the header (index, a, b); column 1 left out, it counts the rows (0 to 8)",
  },
  "R's row names": {
    text: table(([x, y], i) => `"${i + 1}",${x},${y}`, '"","x","y"\n'),
    note: "line 1 used as the header (no name, x, y); column 1 left out, it counts the rows (1 to 9)",
  },
  "R's row names, whose header is shorter": {
    text: table(([x, y], i) => `"${i + 1}" ${x} ${y}`, '"x" "y"\n'),
    name: "p.txt",
    note: "line 1 used as the header (no name, x, y); column 1 left out, it counts the rows (1 to 9)",
  },
  "R's row names in German": {
    text: table(([x, y], i) => `"${i + 1}";${german(x)};${german(y)}`, '"";"x";"y"\n'),
    note:
      "line 1 used as the header (no name, x, y); column 1 left out, it counts the rows (1 to 9); commas read " +
      "as decimal commas",
  },
  "columns by number": {
    text: table(([x, y], i) => `${i},a,${x},${y}`, "n,label,x,y\n"),
    part: "#columns=3-4",
    note: "line 1 used as the header (n, label, x, y)",
  },
  "columns by name": {
    text: table(([x, y]) => `${y},2020-01-01,${x}`, "y,day,x\n"),
    part: "#columns=x,y",
    note: "line 1 used as the header (y, day, x)",
  },
  "columns up to the last": { text: table(([x, y]) => `cat,${x},${y}`), part: "#columns=2-" },
  "a column of labels beside numbers for names": {
    text: table(([x, y], i) => `${i};${x};${y}`, "1;2;3\n"),
    part: "#columns=2,3#header=yes",
    note: "line 1 used as the header (1, 2, 3)",
  },
  "gzip'ed": { text: new Uint8Array(gzipSync(plain)), name: "p.csv.gz" },
  "gzip'ed in two members": {
    text: Uint8Array.of(...gzipSync(plain.slice(0, 30)), ...gzipSync(plain.slice(30))),
    name: "p.csv.gz",
  },
};

for (const [what, { text, name = "p.csv", part = "", note }] of Object.entries(RIGHT)) {
  Deno.test(`a table is read right: ${what}`, async () => {
    const { shape, values, notes, error } = await readFile(name, text, part);
    assert.equal(error, undefined);
    assert.deepEqual(shape, [9, 2]);
    assert.deepEqual(values, [...Float32Array.from(FLAT)]);
    assert.deepEqual(notes, note === undefined ? [] : [`${name}: ${note}`]);
  });
}

Deno.test("numbers of all notations, and columns that only look like an index", async () => {
  const notations = "1,+2.5,-3e2\n.5,5.,1E-3\n-0,1e-300,00012.50\n";
  const { values } = await readFile("a.csv", notations);
  assert.deepEqual(values, [...Float32Array.of(1, 2.5, -300, 0.5, 5, 0.001, -0, 0, 12.5)]);
  // Counts, but in fewer rows than make it sure; and kept, as was said.
  assert.deepEqual((await readFile("a.csv", "0,5\n1,3\n2,9\n")).shape, [3, 2]);
  const counting = table(([x, y], i) => `${i},${x},${y}`);
  assert.deepEqual((await readFile("a.csv", counting, "#columns=1-3")).shape, [9, 3]);
  assert.deepEqual((await readFile("a.csv", table(([x, y]) => `${x},${y}`, "0,1\n"), "#header=no")).shape, [
    10,
    2,
  ]);
});

const DOUBT =
  'decimal points or thousands: it is unclear which, found "1.234" in line 2; for decimal points say ' +
  "--data F#decimal=point, else leave the points out";
const TAKEN = "points read as decimal points; remove them if they separate thousands";
/** If cells are not separated by commas, a point may be a thousands separator; other cells tell. */
const POINTS_OR_THOUSANDS: Record<string, { text: string; part?: string; says: string }> = {
  "one group of digits behind each point": { text: "9.999;2.500\n1.234;5.678\n", says: TAKEN },
  "the same, and it was said": { text: "9.999;2.500\n1.234;5.678\n", part: "#decimal=point", says: "" },
  "whole numbers below a thousand beside them": { text: "999;2.500\n1.234;5.678\n", says: DOUBT },
  "the same between tabs": { text: "999\t2.500\n1.234\t5.678\n", says: DOUBT },
  "the same, and it was said to be decimal": {
    text: "999;2.500\n1.234;5.678\n",
    part: "#decimal=point",
    says: "",
  },
  "whole numbers in another column": { text: "9.999;25\n1.234;56\n", says: TAKEN },
  "a number below one": { text: "999;0.500\n1.234;5.678\n", says: "" },
  "another number of digits": { text: "999;2.5\n1.234;5.678\n", says: "" },
  "a whole number above a thousand": { text: "9999;2.500\n1.234;5.678\n", says: "" },
  "commas between cells": { text: "999,2.500\n1.234,5.678\n", says: "" },
};

for (const [what, { text, part = "", says }] of Object.entries(POINTS_OR_THOUSANDS)) {
  Deno.test(`points or thousands: ${what}`, async () => {
    const { error = "", notes } = await readFile("p.csv", text, part);
    assert.equal(error.replace("Cannot read data file F: ", "") + notes.join().replace("p.csv: ", ""), says);
  });
}
