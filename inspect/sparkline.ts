/** Curves made of characters. */

const BLOCKS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/** From low to high, for terminals that know only ASCII. */
const ASCII = ["_", ".", ":", "-", "=", "+", "*", "#"];
const LEVELS = 8;

type Points = readonly (number | null)[];

/** Lowest and highest value; null where there is none. */
export function rangeOf(values: Points): { low: number; high: number } | null {
  const present = values.filter((value) => value !== null);
  if (present.length === 0) return null;
  return { low: Math.min(...present), high: Math.max(...present) };
}

/**
 * A curve of `rows` lines, the upper first, one character for each value; missing values are blank. The scale
 * goes from `low` to `high` in 8 levels a line, and what is on the scale never is wholly blank.
 */
export function chart(values: Points, rows: number, low: number, high: number, unicode: boolean): string[] {
  const signs = unicode ? BLOCKS : ASCII;
  const top = rows * LEVELS;
  const heights = values.map((value) => {
    if (value === null) return 0;
    const share = high > low ? (value - low) / (high - low) : 0.5;
    return Math.min(top, Math.max(1, Math.ceil(share * top)));
  });
  return Array.from({ length: rows }, (_, row) => {
    const below = (rows - 1 - row) * LEVELS;
    const line = heights.map((height) =>
      height <= below ? " " : signs[Math.min(LEVELS, height - below) - 1]!
    );
    return line.join("");
  });
}

/** A curve of one line, scaled to its own range. */
export function sparkline(values: Points, unicode: boolean): string {
  const range = rangeOf(values);
  return range ? chart(values, 1, range.low, range.high, unicode)[0]! : "";
}

/** A curve of at most `width` points: means of neighbours. */
export function downsampled(values: Points, width: number): Points {
  const each = Math.ceil(values.length / Math.max(1, width));
  if (each <= 1) return values;
  return Array.from({ length: Math.ceil(values.length / each) }, (_, i) => {
    const present = values.slice(i * each, (i + 1) * each).filter((value) => value !== null);
    return present.length === 0 ? null : present.reduce((sum, value) => sum + value, 0) / present.length;
  });
}

/** A bar of at most `width` characters. */
export function bar(share: number, width: number, unicode: boolean): string {
  return (unicode ? "█" : "#").repeat(Math.round(Math.max(0, Math.min(1, share)) * Math.max(0, width)));
}
