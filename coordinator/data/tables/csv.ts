/** Reader of points as text: a line each, numbers with commas, semicolons, tabs, bars or blanks between them. */
import type { Content } from "../files/content.ts";
import { layoutOf, SAMPLE_ROWS } from "./csv_layout.ts";
import { Table } from "./csv_table.ts";
import { withCategories } from "./one_hot.ts";
import { tableColumns } from "./table_columns.ts";
import { rowsOf, type TextPiece, textPieces } from "./csv_text.ts";
import { noteOn } from "./csv_words.ts";
import { refuse } from "../files/data_file.ts";
import type { CsvSettings } from "../files/data_path.ts";
import type { DataSet } from "../data_set.ts";
import type { Reading } from "../data_source.ts";
import { pointsOf } from "../arrays/npy.ts";

/** Text in which there must be the first rows. */
const SAMPLE_CHARS = 1 << 23;

/**
 * The points of a text, read piece by piece. Empty lines and comments (# or %) are passed over, lines of words before
 * the first numbers are a header. A line is said of what was taken for a header, left out or passed over. Throws
 * {@linkcode UserError} naming line and column of what is no number, and where it cannot be told what is meant.
 */
export async function parseCsv(
  content: Content,
  name: string,
  settings: CsvSettings,
  { say, progress }: Pick<Reading, "say" | "progress">,
): Promise<DataSet> {
  const { file } = content;
  const pieces = textPieces(file, content.pieces());
  const first = await samplePiece(pieces);
  if (first === null) refuse(file, "at least one line of numbers is required, found none");
  const [layout, rest] = layoutOf(file, first, settings);
  const table = new Table(file, layout, () => content.taken_bytes / content.packed_bytes);
  const megabytes = Math.ceil(content.packed_bytes / 1e6);
  const told = (done: number) => progress(done, megabytes, "megabyte");
  told(0);
  table.add(rowsOf(file, rest, layout.delimiter));
  for await (const piece of pieces) {
    table.add(rowsOf(file, piece, layout.delimiter));
    told(Math.min(Math.floor(content.taken_bytes / 1e6), megabytes - 1));
  }
  const values = table.finish();
  told(megabytes);
  const note = noteOn(layout, table.facts());
  if (note !== "") say(`${name}: ${note}`);
  const labels = table.labels && { labels: table.labels.finish() };
  if (layout.categories.size > 0) {
    return { ...withCategories(file, name, layout, table.categories, values), ...labels };
  }
  const columns = tableColumns(layout);
  return {
    ...pointsOf(file, name, layout.take.length, values),
    ...columns !== null && { columns },
    ...labels,
  };
}

/** The first pieces as one, so many that a sample of rows is in it; null where there is no text. */
async function samplePiece(pieces: AsyncGenerator<TextPiece>): Promise<TextPiece | null> {
  const texts: string[] = [];
  let chars = 0, lines = 0, first_line = 1;
  while (chars < SAMPLE_CHARS && lines < 2 * SAMPLE_ROWS) {
    const { value, done } = await pieces.next();
    if (done) break;
    if (texts.length === 0) first_line = value.first_line;
    texts.push(value.text);
    chars += value.text.length;
    lines += value.text.split("\n", 2 * SAMPLE_ROWS).length;
  }
  return texts.length === 0 ? null : { text: texts.join("\n"), first_line };
}
