/** Range of the values of a data set, as the networks see them. */
import type { ValueRange } from "../../runlog/value_range.ts";
import { type ExampleBytes, floatsIn, piecesOf } from "./files/example_bytes.ts";
import type { DataSet } from "./data_set.ts";

/** Over all values of all examples; bytes as the numbers in [-1, 1] that they stand for. */
export function valuesOf({ bytes, encoding }: Pick<DataSet, "bytes" | "encoding">): ValueRange {
  return encoding === "uint8" ? ofBytes(bytes) : ofFloats(bytes);
}

function ofBytes(bytes: ExampleBytes): ValueRange {
  const counts = new Float64Array(256);
  for (const piece of piecesOf(bytes, 1)) {
    for (let i = 0; i < piece.length; i++) counts[piece[i]!]!++;
  }
  const tones = [...counts.keys()].filter((tone) => counts[tone]! > 0);
  const valueOf = (tone: number) => tone / 127.5 - 1;
  const mean = tones.reduce((sum, tone) => sum + counts[tone]! * valueOf(tone), 0) / bytes.length;
  const squares = tones.reduce((sum, tone) => sum + counts[tone]! * (valueOf(tone) - mean) ** 2, 0);
  return {
    min: valueOf(tones[0]!),
    max: valueOf(tones.at(-1)!),
    mean,
    sd: Math.sqrt(squares / bytes.length),
  };
}

function ofFloats(bytes: ExampleBytes): ValueRange {
  const count = bytes.length / 4;
  let min = Infinity, max = -Infinity, sum = 0;
  for (const values of floatsIn(bytes)) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value < min) min = value;
      if (value > max) max = value;
      sum += value;
    }
  }
  const mean = sum / count;
  let squares = 0;
  for (const values of floatsIn(bytes)) {
    for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2;
  }
  return { min, max, mean, sd: Math.sqrt(squares / count) };
}
