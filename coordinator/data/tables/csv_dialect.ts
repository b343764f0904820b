/** How a CSV file is written, by its first rows: what is between cells, and what is before fractions. */
import { type Decimal, hasThousands, isBlank, isComment, isMissing, isWord, numberOf } from "./csv_cell.ts";
import { cellsOf, type Delimiter, type TextPiece } from "./csv_text.ts";

export interface Dialect {
  readonly delimiter: Delimiter;
  readonly decimal: Decimal;
}

/** In the order in which they are tried: of two that fit as well, the first is taken. */
const DELIMITERS: Readonly<Record<Decimal, readonly Delimiter[]>> = {
  point: [";", ",", "\t", "|", " "],
  comma: [";", "\t", "|", " ", ","],
};
/** Rows that are looked at. */
const SAMPLE_ROWS = 200;
/** Excel's line that says what is between cells. */
const SEP_LINE = /^sep=([;,|\t])$/i;

/** The first line of Excel's files that names the delimiter; null if there is none. */
export function sepLineOf({ text }: TextPiece): Delimiter | null {
  const [first = ""] = text.split("\n", 1);
  return (SEP_LINE.exec(first.trimEnd())?.[1] ?? null) as Delimiter | null;
}

/** The dialect under which most cells are numbers. */
export function dialectOf(piece: TextPiece, given: Partial<Dialect>): Dialect {
  const head: TextPiece = { ...piece, text: firstLines(piece.text) };
  let best: Dialect & { score: number } = {
    delimiter: given.delimiter ?? ",",
    decimal: given.decimal ?? "point",
    score: 0,
  };
  for (const decimal of given.decimal ? [given.decimal] : (["point", "comma"] as const)) {
    for (const delimiter of given.delimiter ? [given.delimiter] : DELIMITERS[decimal]) {
      if (delimiter !== " " && !head.text.includes(delimiter)) continue;
      const score = shareOfNumbers(cellsOf(head, delimiter), decimal);
      if (score > best.score) best = { delimiter, decimal, score };
      if (score === 1) return { delimiter, decimal };
    }
  }
  return { delimiter: best.delimiter, decimal: best.decimal };
}

/** Whole rows where no end of a line is quoted; else the last may be cut, which a sample can bear. */
function firstLines(text: string): string {
  let end = 0;
  for (let i = 0; i < SAMPLE_ROWS; i++) {
    const next = text.indexOf("\n", end);
    if (next < 0) return text;
    end = next + 1;
  }
  const head = text.slice(0, end - 1);
  return head.split('"').length % 2 === 1 ? head : text;
}

/** Counts cells of rows that are not words. Cells that are nearly numbers do not count against a dialect. */
function shareOfNumbers({ rows, wrong }: ReturnType<typeof cellsOf>, decimal: Decimal): number {
  if (wrong !== null) return 0;
  let numbers = 0, cells = 0;
  for (const row of rows) {
    if (isBlank(row) || isComment(row) || row.every(isWord)) continue;
    cells += row.length;
    if (row.length > 1) { for (const cell of row) numbers += likeness(cell, decimal); }
  }
  return cells === 0 ? 0 : numbers / cells;
}

/** How much of a number a cell is, 0 to 1. */
function likeness(cell: string, decimal: Decimal): number {
  if (!Number.isNaN(numberOf(cell, decimal))) return 1;
  return hasThousands(cell, decimal) ? 0.9 : isMissing(cell) ? 0.5 : 0;
}
