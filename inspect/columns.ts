/** Text in columns. */

export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
  /** On a narrow line, columns are dropped in the order of this number, the largest first; 0 always stays. */
  readonly expendable?: number;
}

const GAP = "  ";

/** How many columns of a terminal a text takes. Colours are put on after the layout. */
function widthsOf(columns: readonly Column[], rows: readonly (readonly string[])[]): number[] {
  return columns.map(({ title }, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
}

/** Columns that fit into `width`, by index. */
function fitting(columns: readonly Column[], widths: readonly number[], width: number): number[] {
  let kept = columns.map((_, i) => i);
  const total = () => kept.reduce((sum, i) => sum + widths[i]! + GAP.length, -GAP.length);
  while (total() > width) {
    const worst = kept.reduce((a, b) =>
      (columns[b]!.expendable ?? 0) > (columns[a]!.expendable ?? 0) ? b : a
    );
    if ((columns[worst]!.expendable ?? 0) === 0) break;
    kept = kept.filter((i) => i !== worst);
  }
  return kept;
}

/** True if the columns that are never left out fit into `width`. */
export function fitsInto(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): boolean {
  const kept = widthsOf(columns, rows).filter((_, i) => (columns[i]!.expendable ?? 0) === 0);
  return kept.reduce((sum, one) => sum + one + GAP.length, -GAP.length) <= width;
}

/** Lays out a table: the line of titles, then the rows. Lines have no spaces at their end. */
export function layOut(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = Infinity,
): string[] {
  const widths = widthsOf(columns, rows);
  const kept = fitting(columns, widths, width);
  const line = (cells: readonly string[]) =>
    kept.map((i) => {
      const cell = cells[i]!;
      return columns[i]!.align === "left" ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!);
    }).join(GAP).trimEnd();
  return [line(columns.map(({ title }) => title)), ...rows.map(line)];
}
