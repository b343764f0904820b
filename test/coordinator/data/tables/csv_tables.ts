/** Points, and the texts of tables that have them. */

/** Nine points, so that a column that counts is no chance. */
export const POINTS = Array.from(
  { length: 9 },
  (_, i) => [(i * 7 % 9) / 4 - 1.125, 2.5 - (i * 5 % 9) * 0.75] as const,
);
export const FLAT = POINTS.flat();

export const table = (row: (point: readonly [number, number], i: number) => string, head = "", end = "\n") =>
  head + POINTS.map(row).join(end) + end;
export const german = (x: number) => String(x).replace(".", ",");
export const utf16 = (text: string, big: boolean) => {
  const bytes = new Uint8Array(2 * text.length + 2);
  const view = new DataView(bytes.buffer);
  [..."\ufeff" + text].forEach((char, i) => view.setUint16(2 * i, char.charCodeAt(0), !big));
  return bytes;
};
export const plain = table(([x, y]) => `${x},${y}`);
