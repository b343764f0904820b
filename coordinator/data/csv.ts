/** Parser of points as text: a line each, numbers with commas, semicolons, tabs or blanks between them. */
import { refuse } from "./data_file.ts";
import type { DataSet } from "./data_set.ts";
import { pointsOf } from "./npy.ts";

export const CSV_NAME = /\.(csv|tsv|txt)$/i;

/**
 * The points of a text. Empty lines are passed over, and the first line may be names. Throws {@linkcode UserError}
 * naming the line where another has something else.
 */
export function parseCsv(file: string, name: string, content: Uint8Array): DataSet {
  const lines = new TextDecoder().decode(content).split(/\r\n|\r|\n/);
  const values: number[] = [];
  let dimension = 0;
  lines.forEach((line, i) => {
    if (line.trim() === "") return;
    const row = cellsOf(line).map((cell) => cell === "" ? NaN : Number(cell));
    if (dimension === 0 && values.length === 0 && row.every(Number.isNaN)) return;
    dimension ||= row.length;
    if (row.length !== dimension) {
      refuse(file, `${dimension} numbers in each line are required, found ${row.length} in line ${i + 1}`);
    }
    const odd = row.findIndex((value) => !Number.isFinite(value));
    if (odd >= 0) {
      refuse(
        file,
        `finite numbers are required, found ${JSON.stringify(cellsOf(line)[odd])} in line ${i + 1}`,
      );
    }
    values.push(...row);
  });
  if (values.length === 0) refuse(file, "at least one line of numbers is required, found none");
  return pointsOf(file, name, dimension, Float32Array.from(values));
}

function cellsOf(line: string): string[] {
  const text = line.trim();
  const mark = [";", ",", "\t"].find((candidate) => text.includes(candidate));
  return text.split(mark ?? /\s+/).map((cell) => cell.trim());
}
