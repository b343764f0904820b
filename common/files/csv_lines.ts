/** Numbers as a CSV file (RFC 4180), with a line of names. */

import type { TableColumn } from "../values/table.ts";

/** Names of the values of an example without named columns: their places, e.g. "0" or "1,0" for [2, 1]. */
export function csvNames(example_shape: readonly number[]): string[] {
  return example_shape.reduce<string[]>(
    (names, extent) =>
      names.flatMap((name) =>
        Array.from({ length: extent }, (_, i) => name === "" ? `${i}` : `${name},${i}`)
      ),
    [""],
  );
}

/** A cell, in quotes where it has a comma, a quote or the end of a line in it. */
export function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** `values`: lines of `names.length` numbers, as few digits as tell float32 numbers apart. */
export function csvLines(names: readonly string[], values: Float32Array, size = names.length): string {
  const lines = [names.map(csvCell).join(",")];
  for (let at = 0; at + size <= values.length; at += size) {
    lines.push(Array.from(values.subarray(at, at + size), shortest).join(","));
  }
  return lines.join("\n") + "\n";
}

/** Rows of a table, categories by their names. `rows`: [n, columns], categories as their numbers. */
export function tableLines(table: readonly TableColumn[], rows: Float32Array): string {
  const lines = [table.map(({ name }) => csvCell(name)).join(",")];
  for (let at = 0; at + table.length <= rows.length; at += table.length) {
    lines.push(
      table.map(({ categories }, i) => {
        const value = rows[at + i]!;
        return categories ? csvCell(categories[value]!) : shortest(value);
      }).join(","),
    );
  }
  return lines.join("\n") + "\n";
}

function shortest(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(value);
}
