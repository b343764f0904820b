/** The text of a CSV file in pieces of whole rows, whatever its size, encoding and ends of lines. */
// @ts-types="@types/papaparse"
import Papa from "papaparse";
import { refuse } from "../files/data_file.ts";

/** Longest row that is read, in characters. */
const MAX_ROW_CHARS = 1 << 25;

/** Whole rows, with "\n" between them. */
export interface TextPiece {
  readonly text: string;
  /** Line of the first row, counted from 1. */
  readonly first_line: number;
}

export interface Rows {
  readonly rows: readonly (readonly string[])[];
  /** Line in which a row begins. */
  lineOf(index: number): number;
}

/** The delimiter of cells. " ": any number of spaces and tabs. */
export type Delimiter = ";" | "," | "\t" | "|" | " ";

/**
 * UTF-8, or UTF-16 where the file begins with its byte order mark. Throws {@linkcode UserError} for a row that never
 * ends, and for what is no text.
 */
export async function* textPieces(
  file: string,
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<TextPiece> {
  let first_line = 1;
  let row: string[] = [], row_chars = 0, inside = false;
  for await (const chunk of decoded(pieces)) {
    if (chunk.includes("\0")) {
      refuse(file, `text is required, found a zero byte after line ${first_line}; save it as UTF-8`);
    }
    const cut = lastRowEnd(chunk, inside);
    inside = cut.inside;
    if (cut.end < 0) {
      row.push(chunk);
      row_chars += chunk.length;
      if (row_chars > MAX_ROW_CHARS) refuseLongRow(file, first_line, inside);
      continue;
    }
    const text = row.join("") + chunk.slice(0, cut.end);
    yield { text, first_line };
    first_line += countLines(text) + 1;
    row = [chunk.slice(cut.end + 1)];
    row_chars = row[0]!.length;
  }
  const text = row.join("");
  if (text !== "") yield { text, first_line };
}

function refuseLongRow(file: string, line: number, inside: boolean): never {
  const found = inside ? `one with a quote that is not closed` : "a longer one";
  refuse(file, `lines of at most ${MAX_ROW_CHARS} characters are required, found ${found} in line ${line}`);
}

/** Decoded, every end of a line made "\n". */
async function* decoded(pieces: AsyncIterable<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let decoder: TextDecoder | null = null;
  let held = "";
  for await (const piece of pieces) {
    decoder ??= decoderFor(piece);
    let text = held + decoder.decode(piece, { stream: true });
    // Its "\n" may be in the next piece.
    held = text.endsWith("\r") ? "\r" : "";
    if (held !== "") text = text.slice(0, -1);
    if (text !== "") yield text.includes("\r") ? text.replaceAll(/\r\n?/g, "\n") : text;
  }
  const text = held + (decoder?.decode() ?? "");
  if (text !== "") yield text.replaceAll(/\r\n?/g, "\n");
}

function decoderFor([first, second]: Uint8Array): TextDecoder {
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le");
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be");
  return new TextDecoder();
}

/** End of the last whole row of a text, -1 if there is none; and whether that end is within quotes. */
function lastRowEnd(text: string, inside: boolean): { readonly end: number; readonly inside: boolean } {
  let end = -1;
  for (let from = 0;;) {
    const quote = text.indexOf('"', from);
    const to = quote < 0 ? text.length : quote;
    if (!inside) {
      const found = text.slice(from, to).lastIndexOf("\n");
      if (found >= 0) end = from + found;
    }
    if (quote < 0) return { end, inside };
    inside = !inside;
    from = quote + 1;
  }
}

/** Ends of lines in a text. */
function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

/** The cells of each row. Throws {@linkcode UserError} for quotes that do not enclose whole cells. */
export function rowsOf(file: string, piece: TextPiece, delimiter: Delimiter): Rows {
  const { wrong, ...rows } = cellsOf(piece, delimiter);
  if (wrong === null) return rows;
  const line = rows.lineOf(wrong);
  refuse(file, `quotes around whole cells are required, found others in line ${line}; correct it`);
}

/** The cells of each row, and the first row whose quotes do not enclose whole cells, if any. */
export function cellsOf(
  { text, first_line }: TextPiece,
  delimiter: Delimiter,
): Rows & { readonly wrong: number | null } {
  const even = delimiter === " " ? text.replaceAll(/^[ \t]+|[ \t]+$/gm, "").replaceAll(/[ \t]+/g, " ") : text;
  const { data, errors } = Papa.parse<string[]>(even, { delimiter, newline: "\n", quoteChar: '"' });
  const quoted = text.includes('"');
  const lineOf = (index: number) => {
    let line = first_line + index;
    // A row with a quoted end of a line in it is longer than a line.
    if (quoted) { for (let i = 0; i < index; i++) for (const cell of data[i]!) line += countLines(cell); }
    return line;
  };
  return { rows: data, lineOf, wrong: errors.find(({ type }) => type === "Quotes")?.row ?? null };
}
