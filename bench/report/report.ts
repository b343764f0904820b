/** Result of a benchmark, and its text: Markdown that also reads well in a terminal. */
import type { Spread } from "./statistics.ts";

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A requirement, and what was found. */
export interface Verdict {
  /** E.g. "Median step of 2 workers over the bare computing of its shards: at most 2". */
  readonly requirement: string;
  readonly found: string;
  readonly reached: boolean;
}

export interface Section {
  readonly title: string;
  /** Measurement and method, in a sentence or two. */
  readonly about: string;
  readonly tables: readonly Table[];
  readonly verdicts?: readonly Verdict[];
  /** Notes for readers, e.g. what was left out and why. */
  readonly notes?: readonly string[];
  /** All samples, for the JSON file. */
  readonly samples: unknown;
}

/** A table as Markdown, its columns aligned: the first to the left, the others to the right. */
export function tableText({ title, columns, rows }: Table): string {
  const widths = columns.map((column, i) =>
    Math.max(3, ...[column, ...rows.map((row) => row[i]!)].map(({ length }) => length))
  );
  const line = (cells: readonly string[]) =>
    "| " +
    `${cells.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join(" | ")} ` +
    "|";
  const rule = widths.map((width, i) => i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`);
  return [`**${title}**`, "", line(columns), line(rule), ...rows.map(line)].join("\n");
}

/** A section as Markdown, without a newline at its end. */
export function sectionText({ title, about, tables, verdicts = [], notes = [] }: Section): string {
  const blocks = [`## ${title}`, about, ...tables.map(tableText)];
  if (verdicts.length > 0) {
    blocks.push(
      verdicts.map(({ requirement, found, reached }) =>
        `- ${reached ? "Reached" : "NOT REACHED"}. ${requirement}; found ${found}`
      ).join("\n"),
    );
  }
  if (notes.length > 0) blocks.push(notes.map((note) => `- ${note}`).join("\n"));
  return blocks.join("\n\n");
}

/** Three significant digits, at most four of them decimals, without an exponent. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  return value.toFixed(Math.max(0, Math.min(4, 2 - exponent)));
}

/** E.g. "3.82 [3.79, 3.91]": median and quartiles. */
export function spreadText({ median, low, high }: Spread): string {
  return `${digits(median)} [${digits(low)}, ${digits(high)}]`;
}
