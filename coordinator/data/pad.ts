/** Images brought to the size that a network takes: bordered by a background value, never scaled. */
import { UserError } from "../../common/errors.ts";
import { type DataSet, dataSetOf } from "./data_set.ts";

/** Recorded with the run: a border is a part of its data. */
export interface Padding {
  /** Rows and columns after it; null: images stay as they are. */
  readonly pad_to: number | null;
  /** Value of the border's pixels, 0 to 255 (for MNIST and its kin, 0 is the background). */
  readonly pad_value: number;
}

/** Shape of an example after padding: [rows, columns] or [channels, rows, columns]. Throws {@linkcode UserError}. */
export function paddedShape(example_shape: readonly number[], { pad_to }: Padding): readonly number[] {
  if (pad_to === null) return example_shape;
  const [rows, columns] = example_shape.slice(-2);
  if (rows === undefined || columns === undefined || rows > pad_to || columns > pad_to) {
    const found = columns === undefined
      ? `points of ${example_shape.join(" x ")} numbers`
      : `${columns} x ${rows}`;
    throw new UserError(
      `Cannot pad examples to ${pad_to} x ${pad_to}: images of at most that size are required, found ${found}; ` +
        "use a larger --pad-to, or other data",
    );
  }
  return [...example_shape.slice(0, -2), pad_to, pad_to];
}

/** The same images in the middle of larger ones; an odd row or column more goes to the lower or right border. */
export function padImages(data: DataSet, padding: Padding): DataSet {
  const shape = paddedShape(data.example_shape, padding);
  const [rows, columns] = data.example_shape.slice(-2) as [number, number];
  const side = padding.pad_to;
  if (side === null || (rows === side && columns === side)) return data;
  if (data.encoding !== "uint8") {
    throw new UserError(
      `Cannot pad examples to ${side} x ${side}: images of bytes are required, found numbers of ${columns} x ${rows}; ` +
        "give the array that size with NumPy's pad, and name it with --data",
    );
  }
  const num_planes = data.bytes.length / (rows * columns);
  const bytes = new Uint8Array(num_planes * side * side).fill(padding.pad_value);
  const top = Math.floor((side - rows) / 2), left = Math.floor((side - columns) / 2);
  for (let plane = 0; plane < num_planes; plane++) {
    for (let row = 0; row < rows; row++) {
      const from = (plane * rows + row) * columns;
      bytes.set(data.bytes.subarray(from, from + columns), (plane * side + top + row) * side + left);
    }
  }
  const { labels, skipped } = data;
  const more = { ...labels && { labels }, ...skipped && { skipped } };
  return { ...dataSetOf(data.name, shape, data.encoding, bytes), ...more };
}
